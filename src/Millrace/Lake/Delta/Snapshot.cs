using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>A table at one version: its columns and its files. Immutable.</summary>
public sealed partial class Snapshot
{
    internal Snapshot(string folder, LogReplay state)
    {
        Folder = folder;
        Version = state.Version;
        EntryHash = state.EntryHash;
        CommitTime = state.Time;
        Protocol = state.Protocol ?? throw Incomplete("protocol");
        Metadata = state.Metadata ?? throw Incomplete("metaData");
        if (Protocol.Unreadable(Metadata.Configuration) is { } feature)
            throw new LakeException($"The table '{folder}' needs the Delta feature '{feature}' to be read, which Millrace does not "
                + "support yet.");

        Files = state.Files;
        Tombstones = [.. state.Tombstones.Values];
        Marks = [.. state.Transactions.Values];
        Transactions = state.Transactions.ToDictionary(t => t.Key, t => t.Value.Version);
        if (Files.FirstOrDefault(f => f.HasDeletionVector) is { } marked)
            throw new LakeException($"The file '{marked.Path}' of the table '{folder}' has a deletion vector (Delta feature "
                + "'deletionVectors'), which Millrace does not support yet.");
        Schema = ReadSchema();
    }

    /// <summary>The table's folder, absolute.</summary>
    public string Folder { get; }

    public long Version { get; }

    /// <summary>SHA-256 of the version's log entry, lower-case hexadecimal; null where only a checkpoint of it is left.</summary>
    public string? EntryHash { get; }

    /// <summary>When the version was committed; default where only a checkpoint of it is left.</summary>
    public DateTimeOffset CommitTime { get; }

    public TableProtocol Protocol { get; }

    public Schema Schema { get; }

    /// <summary>Columns whose values stand in the log and not in the files.</summary>
    public IReadOnlyList<string> PartitionColumns => Metadata.PartitionColumns;

    /// <summary>The table's properties, such as <c>delta.appendOnly</c>.</summary>
    public IReadOnlyDictionary<string, string> Configuration => Metadata.Configuration;

    /// <summary>The files in the order in which they came.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    /// <summary>The newest transaction of each application.</summary>
    public IReadOnlyDictionary<string, long> Transactions { get; }

    /// <summary>Rows of the table; null when the statistics of some file do not say.</summary>
    public long? RowCount => Files.Aggregate((long?)0, (sum, file) => sum + file.Rows);

    internal TableMetadata Metadata { get; }

    internal IReadOnlyList<Tombstone> Tombstones { get; }

    internal IReadOnlyList<TransactionMark> Marks { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Folder}@{Version}";

    private Schema ReadSchema()
    {
        if (Metadata.SchemaString.Length == 0)
            throw new LakeException($"The table '{Folder}' has no columns at version {Version}: its writer created it without a "
                + "schema and gave none since.");
        try
        {
            return Schema.FromDelta(Metadata.SchemaString);
        }
        catch (Exception e) when (e is FormatException or JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new LakeException($"The schema of the table '{Folder}' cannot be read: {e.Message}", e);
        }
    }

    private LakeException Incomplete(string action) =>
        new($"The log of the table '{Folder}' up to version {Version} has no {action} action, so that it describes no table. Put "
            + "the first entries of its log back from a copy.");
}
