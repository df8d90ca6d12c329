using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>The state of a table as Parquet, so that older log entries need not be read.</summary>
internal static partial class Checkpoint
{
    /// <summary>Reads the state.</summary>
    /// <exception cref="LakeException">The checkpoint is damaged.</exception>
    public static LogReplay Read(CheckpointFiles checkpoint)
    {
        try
        {
            using var connection = LogEngine.Connect();
            var files = $"[{string.Join(", ", checkpoint.Paths.Select(p => SqlName.Text(FileRelation.Literally(p))))}]";
            var fields = Fields(connection, FileRelation.Literally(checkpoint.Paths[0]));
            var replay = new LogReplay { Version = checkpoint.Version };
            ReadProtocol(connection, files, fields, replay);
            ReadMetadata(connection, files, fields, replay);
            ReadFiles(connection, files, fields, replay);
            ReadTransactions(connection, files, fields, replay);
            if (replay.Protocol is null || replay.Metadata is null)
                throw new LakeException($"The checkpoint '{checkpoint.Paths[0]}' has no protocol or no metaData.");
            return replay;
        }
        catch (Exception e) when (e is DuckException or InvalidCastException or KeyNotFoundException)
        {
            throw new LakeException($"The checkpoint '{checkpoint.Paths[0]}' cannot be read: {e.Message}", e);
        }
    }

    private static void ReadProtocol(DuckConnection connection, string files, HashSet<string> fields, LogReplay replay)
    {
        var row = connection.Query($"""
            SELECT protocol.minReaderVersion::INT, protocol.minWriterVersion::INT,
                {Field(fields, "protocol.readerFeatures", "VARCHAR[]")}, {Field(fields, "protocol.writerFeatures", "VARCHAR[]")}
            FROM read_parquet({files}, hive_partitioning=false) WHERE protocol.minReaderVersion IS NOT NULL
            """).Rows().LastOrDefault();
        if (row is not null)
            replay.Protocol = new TableProtocol((int)row[0]!, (int)row[1]!, List(row[2]), List(row[3]));
    }

    private static void ReadMetadata(DuckConnection connection, string files, HashSet<string> fields, LogReplay replay)
    {
        var row = connection.Query($"""
            SELECT metaData.id, {Field(fields, "metaData.name", "VARCHAR")}, {Field(fields, "metaData.description", "VARCHAR")}, metaData.schemaString,
                {Field(fields, "metaData.partitionColumns", "VARCHAR[]")}, {Field(fields, "metaData.configuration", "MAP(VARCHAR, VARCHAR)")},
                {Field(fields, "metaData.createdTime", "BIGINT")}
            FROM read_parquet({files}, hive_partitioning=false) WHERE metaData.schemaString IS NOT NULL
            """).Rows().LastOrDefault();
        if (row is not null)
            replay.Metadata = new TableMetadata(
                row[0] as string ?? "", row[1] as string, row[2] as string, (string)row[3]!, List(row[4]),
                Map(row[5]).ToDictionary(p => p.Key, p => p.Value ?? ""), (long?)row[6]);
    }

    private static void ReadFiles(DuckConnection connection, string files, HashSet<string> fields, LogReplay replay)
    {
        // A writer may leave out the JSON text and keep only parsed statistics; of these the row count is taken.
        var stats = Field(fields, "add.stats", "VARCHAR");
        if (fields.Contains("add.stats_parsed.numRecords"))
            stats = "coalesce(" + stats + """, '{"numRecords":' || add.stats_parsed.numRecords || '}')""";
        var adds = connection.Query("SELECT add.path, add.size::BIGINT, add.modificationTime::BIGINT, " + stats
            + $", {Field(fields, "add.partitionValues", "MAP(VARCHAR, VARCHAR)")}, {Field(fields, "add.tags", "MAP(VARCHAR, VARCHAR)")}"
            + (fields.Contains("add.deletionVector.storageType") ? ", add.deletionVector.storageType IS NOT NULL" : ", false")
            + $" FROM read_parquet({files}, hive_partitioning=false) WHERE add.path IS NOT NULL");
        foreach (var row in adds.Rows())
            replay.Add(new DataFile
            {
                Path = (string)row[0]!,
                Size = (long)row[1]!,
                ModifiedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)row[2]!),
                Stats = row[3] as string,
                PartitionValues = Map(row[4]),
                Tags = Map(row[5]),
                HasDeletionVector = (bool)row[6]!,
            });

        if (!fields.Contains("remove.path"))
            return;
        var removes = connection.Query($"""
            SELECT remove.path, {Field(fields, "remove.deletionTimestamp", "BIGINT")}, {Field(fields, "remove.size", "BIGINT")},
                {Field(fields, "remove.partitionValues", "MAP(VARCHAR, VARCHAR)")}
            FROM read_parquet({files}, hive_partitioning=false) WHERE remove.path IS NOT NULL
            """);
        foreach (var row in removes.Rows())
        {
            var tombstone = new Tombstone((string)row[0]!, (long?)row[1], (long?)row[2], row[3] is null ? null : Map(row[3]));
            replay.Tombstones[tombstone.Key] = tombstone;
        }
    }

    private static void ReadTransactions(DuckConnection connection, string files, HashSet<string> fields, LogReplay replay)
    {
        if (!fields.Contains("txn.appId"))
            return;
        var rows = connection.Query(
            $"SELECT txn.appId, txn.version::BIGINT, {Field(fields, "txn.lastUpdated", "BIGINT")} FROM read_parquet({files}, hive_partitioning=false) WHERE txn.appId IS NOT NULL");
        foreach (var row in rows.Rows())
            replay.Transactions[(string)row[0]!] = new TransactionMark((string)row[0]!, (long)row[1]!, (long?)row[2]);
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
            var name = (string)row[0]!;
            if (open.TryPop(out var parent))
            {
                open.Push((parent.Prefix, parent.Left - 1));
                name = parent.Prefix + name;
                fields.Add(name);
                name += ".";
            }
            else
            {
                name = "";
            }

            if (row[1] is long children and > 0)
                open.Push((name, children));
        }

        return fields;
    }

    private static string Field(HashSet<string> fields, string name, string type) => fields.Contains(name) ? $"{name}::{type}" : $"NULL::{type}";

    private static IReadOnlyList<string> List(object? value) => value is object?[] items ? [.. items.OfType<string>()] : [];

    private static IReadOnlyDictionary<string, string?> Map(object? value) =>
        value is List<KeyValuePair<object?, object?>> { Count: > 0 } pairs
            ? pairs.ToDictionary(p => (string)p.Key!, p => p.Value as string)
            : DataFile.NoValues;
}
