using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake.Storage;

namespace Millrace.Lake.Delta;

internal static partial class Checkpoint
{
    /// <summary>Commits from one checkpoint to the next, where the table's properties do not say.</summary>
    public const int Every = 10;

    /// <summary>How long a removed file stays in the checkpoint for vacuum's sake: the protocol's default of one week.</summary>
    private static readonly TimeSpan TombstonesKept = TimeSpan.FromDays(7);

    private const string Columns = """
        {
            txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
            add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN,
                stats VARCHAR, tags MAP(VARCHAR, VARCHAR),
                deletionVector STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER, sizeInBytes INTEGER, cardinality BIGINT))',
            remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN,
                partitionValues MAP(VARCHAR, VARCHAR), size BIGINT,
                deletionVector STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER, sizeInBytes INTEGER, cardinality BIGINT))',
            metaData: 'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)),
                schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
            protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])'
        }
        """;

    /// <summary>Commits from one checkpoint to the next: <c>delta.checkpointInterval</c>, or <see cref="Every"/>.</summary>
    public static int IntervalOf(IReadOnlyDictionary<string, string>? configuration) =>
        configuration is not null && configuration.TryGetValue("delta.checkpointInterval", out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var interval) && interval > 0 ? interval : Every;

    /// <summary>Writes the snapshot as a classic checkpoint, whole or not at all, and then the hint that names it. Between the two it
    /// passes the failpoint.</summary>
    public static void Write(LogFolder log, Snapshot snapshot, string failpoint)
    {
        var rows = log.TemporaryPath("checkpoint.json");
        var parquet = log.TemporaryPath("checkpoint.parquet");
        var hint = log.TemporaryPath("last-checkpoint");
        try
        {
            var (size, longest) = WriteRows(rows, snapshot);
            using (var connection = LogEngine.Connect())
            {
                connection.Execute(
                    $"COPY (SELECT * FROM read_json({SqlName.Text(FileRelation.Literally(rows))}, format='newline_delimited', "
                    + $"maximum_object_size={Math.Max(longest + 1024, 1 << 20)}, hive_partitioning=false, columns={Columns})) "
                    + $"TO {SqlName.Text(parquet)} (FORMAT parquet, COMPRESSION zstd)");
            }

            DurableFile.Flush(parquet);
            var bytes = new FileInfo(parquet).Length;
            File.Move(parquet, log.CheckpointPath(snapshot.Version), overwrite: true);
            DurableFile.FlushFolder(log.Path);
            Failpoint.Pass(failpoint);
            var text = new JsonObject
            {
                ["version"] = snapshot.Version, ["size"] = size, ["sizeInBytes"] = bytes, ["numOfAddFiles"] = snapshot.Files.Count,
            };
            DurableFile.Write(hint, JsonSerializer.SerializeToUtf8Bytes(text));
            File.Move(hint, log.LastCheckpointPath, overwrite: true);
        }
        finally
        {
            File.Delete(rows);
            File.Delete(parquet);
            File.Delete(hint);
        }
    }

    private static (long Count, long Longest) WriteRows(string path, Snapshot snapshot)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        using var lines = new ActionLines(stream);
        lines.Add(w => LogActions.Write(w, snapshot.Protocol));
        lines.Add(w => LogActions.Write(w, snapshot.Metadata));
        foreach (var mark in snapshot.Marks)
            lines.Add(w => LogActions.Write(w, mark));
        foreach (var file in snapshot.Files)
            lines.Add(w => LogActions.Write(w, file, dataChange: false));
        foreach (var tombstone in snapshot.Tombstones.Where(t => IsKept(t, snapshot)))
            lines.Add(w => LogActions.Write(w, tombstone, dataChange: false));
        return (lines.Count, lines.Longest);
    }

    private static bool IsKept(Tombstone tombstone, Snapshot snapshot) =>
        snapshot.Configuration.ContainsKey("delta.deletedFileRetentionDuration")
        || tombstone.DeletionTimestamp is not { } deleted
        || DateTimeOffset.FromUnixTimeMilliseconds(deleted) + TombstonesKept > snapshot.CommitTime;
}
