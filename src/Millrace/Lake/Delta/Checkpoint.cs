using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Lake.Delta;

/// <summary>The state of a table as Parquet, so that older log entries need not be read.</summary>
internal static partial class Checkpoint
{
    private const string Texts = "VARCHAR[]";
    private const string TextMap = "MAP(VARCHAR, VARCHAR)";

    private const string Vector = "STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, \"offset\" INTEGER, sizeInBytes INTEGER, "
        + "cardinality BIGINT)";

    /// <summary>What is read of each action, in the order in which it is taken.</summary>
    private static readonly (string Name, string Type)[] Wanted =
    [
        ("add.path", "VARCHAR"), ("add.size", "BIGINT"), ("add.modificationTime", "BIGINT"), ("add.stats", "VARCHAR"),
        ("add.partitionValues", TextMap), ("add.tags", TextMap), ("add.deletionVector", Vector),
        ("remove.path", "VARCHAR"), ("remove.deletionTimestamp", "BIGINT"), ("remove.size", "BIGINT"), ("remove.partitionValues", TextMap),
        ("remove.deletionVector", Vector),
        ("txn.appId", "VARCHAR"), ("txn.version", "BIGINT"), ("txn.lastUpdated", "BIGINT"),
        ("protocol.minReaderVersion", "INTEGER"), ("protocol.minWriterVersion", "INTEGER"), ("protocol.readerFeatures", Texts),
        ("protocol.writerFeatures", Texts),
        ("metaData.schemaString", "VARCHAR"), ("metaData.id", "VARCHAR"), ("metaData.name", "VARCHAR"), ("metaData.description", "VARCHAR"),
        ("metaData.partitionColumns", Texts), ("metaData.configuration", TextMap), ("metaData.createdTime", "BIGINT"),
        ("metaData.format.provider", "VARCHAR"), ("sidecar.path", "VARCHAR"),
    ];

    /// <summary>Reads the state: one file or several parts, as Parquet or JSON, with or without sidecars.</summary>
    /// <exception cref="LakeException">The checkpoint is damaged, or a part of it is missing.</exception>
    public static LogReplay Read(CheckpointFiles checkpoint)
    {
        var first = checkpoint.Paths[0];
        try
        {
            using var connection = LogEngine.Connect();
            var replay = new LogReplay { Version = checkpoint.Version };
            var sidecars = first.EndsWith(".json", StringComparison.Ordinal)
                ? ReadJson(first, replay)
                : ReadParquet(connection, checkpoint.Paths, replay);
            if (sidecars.Count > 0)
                ReadParquet(connection, [.. sidecars.Select(s => SidecarPath(first, s))], replay);
            return replay is { Protocol: not null, Metadata: not null }
                ? replay
                : throw new LakeException($"The checkpoint '{first}' has no {(replay.Protocol is null ? "protocol" : "metaData")} action.");
        }
        catch (Exception e) when (e is DuckException or InvalidCastException)
        {
            throw new LakeException($"The checkpoint '{first}' cannot be read: {e.Message}", e);
        }
    }

    private static List<string> ReadJson(string path, LogReplay replay)
    {
        var entry = LogEntry.ReadCheckpoint(path, replay.Version);
        replay.Protocol = entry.Protocol;
        replay.Metadata = entry.Metadata;
        foreach (var file in entry.Adds)
            replay.Add(file);
        foreach (var tombstone in entry.Removes)
            replay.Bury(tombstone);
        foreach (var mark in entry.Transactions)
            replay.Transactions[mark.AppId] = mark;
        return entry.Sidecars;
    }

    private static List<string> ReadParquet(DuckConnection connection, IReadOnlyList<string> paths, LogReplay replay)
    {
        var sidecars = new List<string>();
        var files = $"[{string.Join(", ", paths.Select(p => SqlName.Text(FileRelation.Literally(p))))}]";
        var fields = Fields(connection, files);
        var columns = string.Join(", ", Wanted.Select(w => Select(fields, w.Name, w.Type)));
        var sql = $"SELECT {columns} FROM read_parquet({files}, hive_partitioning=false{(paths.Count > 1 ? ", union_by_name=true" : "")})";
        using var result = connection.Query(sql);
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            Apply(chunk, replay, sidecars);
        }

        return sidecars;
    }

    private static string SidecarPath(string checkpoint, string sidecar)
    {
        var log = Path.GetDirectoryName(checkpoint)!;
        return sidecar.Contains('/', StringComparison.Ordinal)
            ? FilePath.Within(Path.GetDirectoryName(log)!, sidecar)
            : Path.Combine(log, "_sidecars", FilePath.Decode(sidecar));
    }

    /// <summary>Takes the files column by column, since there may be very many, and the few other actions as values.</summary>
    private static void Apply(DuckChunk chunk, LogReplay replay, List<string> sidecars)
    {
        var path = chunk[0];
        var sizes = chunk[1].Values<long>();
        var times = chunk[2].Values<long>();
        var stats = chunk[3];
        var partitions = chunk[4];
        var tags = chunk[5];
        var vectors = chunk[6];
        for (var row = 0; row < chunk.Rows; row++)
        {
            if (path.IsNull(row))
            {
                Apply(chunk, row, replay, sidecars);
                continue;
            }

            replay.Add(new DataFile
            {
                Path = path.Text(row),
                Size = sizes[row],
                ModifiedAt = DateTimeOffset.FromUnixTimeMilliseconds(times[row]),
                Stats = stats.IsNull(row) ? null : stats.Text(row),
                PartitionValues = Map(partitions, row),
                Tags = Map(tags, row),
                Vector = vectors.IsNull(row) ? null : VectorOf(vectors.Value(row)),
            });
        }
    }

    private static void Apply(DuckChunk chunk, int row, LogReplay replay, List<string> sidecars)
    {
        object? Value(int column) => chunk[column].Value(row);
        IReadOnlyList<string> List(int column) => Value(column) is object?[] items ? [.. items.OfType<string>()] : [];
        if (Value(7) is string gone)
        {
            var partition = chunk[10].IsNull(row) ? null : Map(chunk[10], row);
            replay.Bury(new Tombstone(gone, (long?)Value(8), (long?)Value(9), partition) { Vector = VectorOf(Value(11)) });
        }
        else if (Value(12) is string appId)
        {
            replay.Transactions[appId] = new TransactionMark(appId, (long)Value(13)!, (long?)Value(14));
        }
        else if (Value(15) is int minReader)
        {
            replay.Protocol = new TableProtocol(minReader, (int)Value(16)!, List(17), List(18));
        }
        else if ((Value(19) ?? Value(20)) is not null)
        {
            replay.Metadata = new TableMetadata(
                Value(20) as string ?? "", Value(21) as string, Value(22) as string, Value(19) as string ?? "", List(23),
                Map(chunk[24], row).ToDictionary(p => p.Key, p => p.Value ?? ""), (long?)Value(25), Value(26) as string ?? "parquet");
        }
        else if (Value(27) is string sidecar)
        {
            sidecars.Add(sidecar);
        }
    }

    /// <summary>The dotted names of all fields that the files have: writers differ in what they leave out.</summary>
    private static HashSet<string> Fields(DuckConnection connection, string files)
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<(string Prefix, long Left)>();
        foreach (var row in connection.Query($"SELECT name, num_children::BIGINT FROM parquet_schema({files})").Rows())
        {
            while (open.TryPeek(out var top) && top.Left == 0)
                open.Pop();

            // The first row of each is the file itself.
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

        if (name is "add.size" or "add.modificationTime")
            return $"coalesce({value}, 0)";

        // A writer may leave out the JSON text and keep only parsed statistics.
        return name == "add.stats" && fields.Contains("add.stats_parsed")
            ? $"coalesce({value}, to_json(add.stats_parsed)::VARCHAR)"
            : value;
    }

    private static DeletionVector? VectorOf(object? value)
    {
        if (value is not IReadOnlyDictionary<string, object?> fields || fields["storageType"] is not string type)
            return null;
        return new DeletionVector(
            type, fields["pathOrInlineDv"] as string ?? "", (int?)fields["offset"], (int?)fields["sizeInBytes"] ?? 0,
            (long?)fields["cardinality"] ?? 0);
    }

    private static IReadOnlyDictionary<string, string?> Map(DuckVector maps, int row)
    {
        var (offset, length) = maps.List(row);
        if (length == 0)
            return DataFile.NoValues;
        var entries = maps.ListChild;
        var keys = entries.StructField(0);
        var values = entries.StructField(1);
        var map = new Dictionary<string, string?>((int)length, StringComparer.Ordinal);
        for (var i = (int)offset; i < (int)(offset + length); i++)
            map[keys.Text(i)] = values.IsNull(i) ? null : values.Text(i);
        return map;
    }
}
