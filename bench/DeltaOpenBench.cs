using System.Diagnostics;
using System.Globalization;
using System.Text;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Bench;

/// <summary>Opening a table of many commits.</summary>
internal static class DeltaOpenBench
{
    private const int Commits = 10_000;
    private const int LimitMs = 200;

    /// <summary>Ten thousand appends of one file each with a checkpoint every ten: the first opening of the process, and later ones.</summary>
    /// <remarks>Only the newest checkpoint holds the table's state; the older ones, which nobody opens, are there by name.</remarks>
    public static void Open(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var table = folder.Fresh("delta");
        MakeLog(table);
        var watch = Stopwatch.StartNew();
        var files = new LakeTable(table).Latest()!.Files.Count;
        var first = watch.Elapsed.TotalMilliseconds;
        if (files != Commits)
            throw new InvalidOperationException($"The table has {files} files instead of {Commits}.");

        var opened = Enumerable.Range(0, options.Pairs).Select(_ => Usage.Of(() => new LakeTable(table).Latest()).WallSeconds * 1000).ToList();
        var kept = new LakeTable(table);
        kept.Latest();
        var again = Enumerable.Range(0, options.Pairs).Select(_ => Usage.Of(() => kept.Latest()).WallSeconds * 1000).ToList();
        Table.Heading($"delta-open: {Commits} commits, a checkpoint every 10", options.Pairs);
        Table.Row("first opening of the process, ms", [first], LimitMs, "0");
        Table.Row("opening, ms", opened, LimitMs, "0");
        Table.Row("looking again, ms", again, null, "0");
    }

    private static void MakeLog(string table)
    {
        var log = new LogFolder(table);
        Directory.CreateDirectory(log.Path);
        for (var version = 0; version < Commits; version++)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $$$"""{"commitInfo":{"timestamp":{{{1_700_000_000_000 + (version * 1000L)}}},"operation":"WRITE"}}""").Append('\n');
            if (version == 0)
            {
                text.Append("""{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}""").Append('\n');
                text.Append("""{"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"b\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}""").Append('\n');
            }

            text.Append(CultureInfo.InvariantCulture, $$$"""{"txn":{"appId":"load-{{{version % 50}}}","version":{{{version}}}}}""").Append('\n');
            text.Append(CultureInfo.InvariantCulture, $$$"""{"add":{"path":"part-{{{version:D8}}}-9f0c2a1e-7d3b-4c55-8a66-1f2e3d4c5b6a.parquet","partitionValues":{},"size":1234,"modificationTime":1700000000000,"dataChange":true,"stats":"{\"numRecords\":1,\"minValues\":{\"a\":{{{version}}},\"b\":\"x{{{version}}}\"},\"maxValues\":{\"a\":{{{version}}},\"b\":\"x{{{version}}}\"},\"nullCount\":{\"a\":0,\"b\":0}}"}}""").Append('\n');
            File.WriteAllText(log.EntryPath(version), text.ToString());
        }

        var newest = Commits - Checkpoint.Every;
        Checkpoint.Write(log, new LakeTable(table).Read(newest), "bench");
        for (var version = Checkpoint.Every; version < newest; version += Checkpoint.Every)
            File.WriteAllText(log.CheckpointPath(version), "PAR1");
    }
}
