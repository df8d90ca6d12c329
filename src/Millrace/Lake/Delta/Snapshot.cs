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
        if (Protocol.Unreadable() is { } feature)
            throw new LakeException($"The table '{folder}' needs the Delta feature '{feature}' to be read, which Millrace does not "
                + "support yet.");

        Files = state.Files;
        Tombstones = [.. state.Tombstones.Values];
        Marks = [.. state.Transactions.Values];
        Transactions = state.Transactions.ToDictionary(t => t.Key, t => t.Value.Version);
        if (Metadata.Provider != "parquet")
            throw new LakeException($"The table '{folder}' has files of the format '{Metadata.Provider}' at version {Version}. Delta Lake "
                + "knows only 'parquet'.");
        CheckVectors();
        Stored = ReadSchema();
    }

    /// <summary>The table's folder, absolute.</summary>
    public string Folder { get; }

    public long Version { get; }

    /// <summary>SHA-256 of the version's log entry, lower-case hexadecimal; null where only a checkpoint of it is left.</summary>
    public string? EntryHash { get; }

    /// <summary>When the version was committed; default where only a checkpoint of it is left.</summary>
    public DateTimeOffset CommitTime { get; }

    public TableProtocol Protocol { get; }

    /// <summary>The columns as readers see them. A variant is the JSON text of its value, a geometry its well-known binary, and a column
    /// of type void a text that is always NULL.</summary>
    public Schema Schema => Stored.Logical;

    /// <summary>Columns whose values stand in the log and not in the files.</summary>
    public IReadOnlyList<string> PartitionColumns => Metadata.PartitionColumns;

    /// <summary>The table's properties, such as <c>delta.appendOnly</c>.</summary>
    public IReadOnlyDictionary<string, string> Configuration => Metadata.Configuration;

    /// <summary>The files in the order in which they came.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    /// <summary>The newest transaction of each application.</summary>
    public IReadOnlyDictionary<string, long> Transactions { get; }

    /// <summary>Rows of the table; null when the statistics of some file do not say.</summary>
    public long? RowCount => Files.Aggregate((long?)0, (sum, file) => sum + file.LiveRows);

    /// <summary>The columns as they lie in the files.</summary>
    internal StoredSchema Stored { get; }

    internal TableMetadata Metadata { get; }

    internal IReadOnlyList<Tombstone> Tombstones { get; }

    internal IReadOnlyList<TransactionMark> Marks { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Folder}@{Version}";

    /// <summary>Which of two sets of deleted rows of one file holds, nothing would tell.</summary>
    private void CheckVectors()
    {
        var marked = Files.Where(f => f.Vector is not null).ToList();
        if (marked.Count == 0)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var paths = marked.Select(f => FilePath.Decode(f.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (var path in Files.Select(f => FilePath.Decode(f.Path)).Where(paths.Contains))
        {
            if (!seen.Add(path))
                throw new LakeException($"The table '{Folder}' holds the file '{path}' twice at version {Version}, with different deleted "
                    + "rows. Its log is damaged: one of the two should have been removed.");
        }
    }

    private StoredSchema ReadSchema()
    {
        if (Metadata.SchemaString.Length == 0)
            throw new LakeException($"The table '{Folder}' has no columns at version {Version}: its writer created it without a "
                + "schema and gave none since.");
        try
        {
            var stored = StoredSchema.Parse(Metadata.SchemaString, Metadata.MappingUnder(Protocol, Folder));
            var unknown = PartitionColumns.FirstOrDefault(p => stored.Find(p) is null);
            return unknown is null
                ? stored
                : throw new FormatException($"It is partitioned by '{unknown}', which is none of its columns.");
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
