using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>The state of a table as Parquet, so that older log entries need not be read.</summary>
internal static partial class Checkpoint
{
    private const string Texts = "VARCHAR[]";
    private const string TextMap = "MAP(VARCHAR, VARCHAR)";

    /// <summary>What is read of each action, in the order in which <see cref="Apply"/> takes it.</summary>
    private static readonly (string Name, string Type)[] Wanted =
    [
        ("add.path", "VARCHAR"), ("add.size", "BIGINT"), ("add.modificationTime", "BIGINT"), ("add.stats", "VARCHAR"),
        ("add.partitionValues", TextMap),
        ("add.tags", TextMap), ("add.deletionVector.storageType", "VARCHAR"),
        ("remove.path", "VARCHAR"), ("remove.deletionTimestamp", "BIGINT"), ("remove.size", "BIGINT"), ("remove.partitionValues", TextMap),
        ("txn.appId", "VARCHAR"), ("txn.version", "BIGINT"), ("txn.lastUpdated", "BIGINT"),
        ("protocol.minReaderVersion", "INTEGER"), ("protocol.minWriterVersion", "INTEGER"), ("protocol.readerFeatures", Texts),
        ("protocol.writerFeatures", Texts),
        ("metaData.schemaString", "VARCHAR"), ("metaData.id", "VARCHAR"), ("metaData.name", "VARCHAR"), ("metaData.description", "VARCHAR"),
        ("metaData.partitionColumns", Texts), ("metaData.configuration", TextMap), ("metaData.createdTime", "BIGINT"),
    ];

    /// <summary>Reads the state.</summary>
    /// <exception cref="LakeException">The checkpoint is damaged.</exception>
    public static LogReplay Read(CheckpointFiles checkpoint)
    {
        try
        {
            using var connection = LogEngine.Connect();
            var fields = Fields(connection, FileRelation.Literally(checkpoint.Paths[0]));
            var files = string.Join(", ", checkpoint.Paths.Select(p => SqlName.Text(FileRelation.Literally(p))));
            var replay = new LogReplay { Version = checkpoint.Version };
            var columns = string.Join(", ", Wanted.Select(w => Select(fields, w.Name, w.Type)));
            foreach (var row in connection.Query($"SELECT {columns} FROM read_parquet([{files}], hive_partitioning=false)").Rows())
                Apply(row, replay);
            return replay is { Protocol: not null, Metadata: not null }
                ? replay
                : throw new LakeException($"The checkpoint '{checkpoint.Paths[0]}' has no protocol or no metaData.");
        }
        catch (Exception e) when (e is DuckException or InvalidCastException)
        {
            throw new LakeException($"The checkpoint '{checkpoint.Paths[0]}' cannot be read: {e.Message}", e);
        }
    }

    private static void Apply(object?[] row, LogReplay replay)
    {
        if (row[0] is string path)
            replay.Add(new DataFile
            {
                Path = path,
                Size = (long)row[1]!,
                ModifiedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)row[2]!),
                Stats = row[3] as string,
                PartitionValues = Map(row[4]),
                Tags = Map(row[5]),
                HasDeletionVector = row[6] is not null,
            });
        else if (row[7] is string gone)
            replay.Bury(new Tombstone(gone, (long?)row[8], (long?)row[9], row[10] is null ? null : Map(row[10])));
        else if (row[11] is string appId)
            replay.Transactions[appId] = new TransactionMark(appId, (long)row[12]!, (long?)row[13]);
        else if (row[14] is int minReader)
            replay.Protocol = new TableProtocol(minReader, (int)row[15]!, List(row[16]), List(row[17]));
        else if (row[18] is string schema)
            replay.Metadata = new TableMetadata(
                row[19] as string ?? "", row[20] as string, row[21] as string, schema, List(row[22]),
                Map(row[23]).ToDictionary(p => p.Key, p => p.Value ?? ""), (long?)row[24]);
    }

    /// <summary>The dotted names of all fields that the file has: writers differ in what they leave out.</summary>
    private static HashSet<string> Fields(DuckConnection connection, string file)
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<(string Prefix, long Left)>();
        foreach (var row in connection.Query($"SELECT name, num_children::BIGINT FROM parquet_schema({SqlName.Text(file)})").Rows())
        {
            while (open.TryPeek(out var top) && top.Left == 0)
                open.Pop();

            // The first row is the file itself.
            var prefix = "";
            if (open.TryPop(out var parent))
            {
                open.Push((parent.Prefix, parent.Left - 1));
                fields.Add(parent.Prefix + row[0]);
                prefix = $"{parent.Prefix}{row[0]}.";
            }

            if (row[1] is long children and > 0)
                open.Push((prefix, children));
        }

        return fields;
    }

    private static string Select(HashSet<string> fields, string name, string type)
    {
        var value = fields.Contains(name) ? $"{name}::{type}" : $"NULL::{type}";

        // A writer may leave out the JSON text and keep only parsed statistics; of these the row count is taken.
        return name == "add.stats" && fields.Contains("add.stats_parsed.numRecords")
            ? "coalesce(" + value + """, '{"numRecords":' || add.stats_parsed.numRecords || '}')"""
            : value;
    }

    private static IReadOnlyList<string> List(object? value) => value is object?[] items ? [.. items.OfType<string>()] : [];

    private static IReadOnlyDictionary<string, string?> Map(object? value) =>
        value is List<KeyValuePair<object?, object?>> { Count: > 0 } pairs
            ? pairs.ToDictionary(p => (string)p.Key!, p => p.Value as string)
            : DataFile.NoValues;
}
