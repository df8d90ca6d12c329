using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Sources.Formats;

/// <summary>What one load asks a format to read.</summary>
internal sealed record ReadRequest
{
    /// <summary>The contract, and the format's own options.</summary>
    public required SourceDefinition Source { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<InputFile> Files { get; init; }

    /// <summary>A folder for unpacked and converted copies; it need not exist, and is deleted after the load.</summary>
    public required string Scratch { get; init; }

    /// <summary>The engine that will run the reader's SQL.</summary>
    public required DuckConnection Connection { get; init; }

    /// <summary>The columns of the version that the rows come to, where earlier loads made it wider than the contract; null for a new table.</summary>
    public Schema? Standing { get; init; }

    /// <summary>Stops a long copy.</summary>
    public CancellationToken CancellationToken { get; init; }
}
