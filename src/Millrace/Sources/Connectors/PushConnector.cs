using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>What other programs pushed to <c>POST /ingest/SOURCE</c> of our own server.</summary>
internal sealed class PushConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "push";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "push section",
        "What other programs push to POST /ingest/SOURCE.",
        new Key("max_load_mb", KeyKind.Number, "A load takes no more than that, in MiB, but at least one request; the others wait for the next one.") { Default = 1024, Minimum = 0.001 });

    /// <inheritdoc/>
    public Place? Read(Section section) => new PushPlace { MaxLoadBytes = (long)((section.Number("max_load_mb") ?? 1024) * (1 << 20)) };
}

/// <summary>The inbox of a source.</summary>
/// <remarks>The state is the number of the last request that was read. The inbox only grows, so that each environment reads it for itself.</remarks>
internal sealed record PushPlace : Place
{
    public long MaxLoadBytes { get; init; } = 1L << 30;

    /// <inheritdoc/>
    public override string Identity => "push";

    /// <inheritdoc/>
    public override string Format => "ndjson";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        var home = request.HomeFolder ?? throw new SourceException($"{request.Source.File} is pushed to, and so has rows only where a home is.");
        var folder = Inbox.FolderOf(home, request.Source.Key);
        var after = (long?)request.State?["sequence"] ?? 0;
        var last = after;
        var (bytes, requests, rows) = (0L, 0L, 0L);
        try
        {
            using (var file = request.Landing.Create("pushed.ndjson"))
            {
                foreach (var entry in InboxSegment.Read(folder, after))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (requests > 0 && bytes + entry.Bytes > MaxLoadBytes)
                        break;
                    entry.CopyTo(file);
                    (last, bytes, requests, rows) = (entry.Sequence, bytes + entry.Bytes, requests + 1, rows + entry.Rows);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"The inbox of {request.Source.Key.Name} cannot be read: {e.Message}", e);
        }

        if (requests == 0)
        {
            request.Landing.Withdraw("pushed.ndjson");
            return new FetchResult { State = request.State, Receipts = [] };
        }

        var landed = request.Landing.Files[^1];
        return new FetchResult
        {
            State = new JsonObject { ["sequence"] = last },
            Receipts = [new Receipt($"POST /ingest/{request.Source.Key.Name}", [landed.Name], landed.Bytes, landed.Hash, request.Time.GetUtcNow(), new Dictionary<string, string>
            {
                ["requests"] = requests.ToString(CultureInfo.InvariantCulture),
                ["rows"] = rows.ToString(CultureInfo.InvariantCulture),
                ["first_sequence"] = (after + 1).ToString(CultureInfo.InvariantCulture),
                ["last_sequence"] = last.ToString(CultureInfo.InvariantCulture),
            })],
        };
    }
}
