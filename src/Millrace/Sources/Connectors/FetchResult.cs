using System.Text.Json.Nodes;

namespace Millrace.Sources.Connectors;

/// <summary>What a fetch brought.</summary>
internal sealed record FetchResult
{
    /// <summary>What the next fetch is given as its state. It is committed in the same Delta commit as the rows. Null: the place needs none.</summary>
    public JsonObject? State { get; init; }

    /// <summary>True when the landed rows are all that the place holds, so that they replace what stands; false when they come in addition.</summary>
    public bool IsWhole { get; init; }

    /// <summary>What was read, in order.</summary>
    public required IReadOnlyList<Receipt> Receipts { get; init; }

    /// <summary>Tells the place that the rows stand, once they do: an acknowledged message, a moved replication slot. It may happen twice, and may
    /// fail to happen; the next fetch then gets the same rows again.</summary>
    public Action? Acknowledge { get; init; }

    /// <summary>In place of <see cref="Acknowledge"/> when the rows do not stand: gives back what the place holds open for this fetch, such as
    /// messages. Never throws.</summary>
    public Action? Abandon { get; init; }
}

/// <summary>Provenance of one thing that was read: one file, page, query or batch of messages.</summary>
/// <param name="Name">What was read, without secrets: a URL without user and query secrets, a bucket and key, a table.</param>
/// <param name="Landed">The landing's files that hold it.</param>
/// <param name="Bytes">Bytes as they came.</param>
/// <param name="Hash">SHA-256 of the landed bytes, lower-case hex.</param>
/// <param name="At">When it was read.</param>
/// <param name="Details">What else identifies it: ETag, Last-Modified, log position, first and last offset.</param>
internal sealed record Receipt(
    string Name, IReadOnlyList<string> Landed, long Bytes, string Hash, DateTimeOffset At, IReadOnlyDictionary<string, string> Details);
