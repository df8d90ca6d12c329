using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Storage;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Bench;

/// <summary>Changing a table that several programs may write.</summary>
internal static class LakeBench
{
    private const long FileBytes = 16L << 20;

    private static readonly Schema Columns = new(
    [
        new Column("id", DataType.Long), new Column("store", DataType.Integer), new Column("amount", DataType.Double),
        new Column("quantity", DataType.Integer), new Column("customer", DataType.String), new Column("day", DataType.Date),
    ]);

    /// <summary>MERGE of 1 % of the rows by key, committed, against an engine that writes the whole table anew: the newest rows and new
    /// ones,
    /// as loads bring them, and keys from all over the table, of which every file holds some.</summary>
    public static void Merge(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        var connection = session.Connection;
        var changed = options.Rows / 200;
        var sources = new (string Name, string Ids)[]
        {
            ("newest keys and new ones", Text(options.Rows - changed) + " + i"),
            ("keys from all over", $"(hash(i) % {Text(options.Rows)}::UBIGINT)::BIGINT"),
        };
        foreach (var (name, ids) in sources)
        {
            connection.Execute($"CREATE OR REPLACE TEMP TABLE changes AS SELECT DISTINCT ON (id) * FROM "
                + $"({Rows($"range({Text(2 * changed)})", ids)})");
            var delta = folder.Fresh("delta");
            var start = Begin(connection, delta, options.Rows);
            Table.Compare(
                string.Create(CultureInfo.InvariantCulture, $"delta-merge: {2 * changed} rows into {options.Rows}, {name}"),
                "rewriting by hand", 1.0, options.Pairs,
                () =>
                {
                    // Each time on the table as it was: the commit before is taken back first, without being measured by much.
                    var table = new LakeTable(delta);
                    var now = TimeProvider.System.GetUtcNow();
                    var stamp = new CommitStamp(Guid.NewGuid().ToString("N"), 1, now) { Mode = CommitMode.Rebase };
                    if (table.LatestVersion > start)
                        table.Commit(table.Restore(table.Latest()!, table.Read(start), stamp));
                    table.Write(head => table.Merge(
                        connection, head!, "SELECT * FROM changes", new MergeOptions { Keys = ["id"] }, stamp
                            with { AppId = Guid.NewGuid().ToString("N") }));
                },
                () => ByHand(connection, new LakeTable(delta).Read(start).ToRelation().Sql, folder.Fresh("plain")));
        }
    }

    /// <summary>Commits of one row each, one after the other, on one table.</summary>
    public static void Append(BenchOptions options)
    {
        const int Commits = 1000;
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        var used = new List<(double Cpu, double Wall)>();
        for (var round = 0; round < options.Pairs; round++)
        {
            var table = new LakeTable(folder.Fresh("append"));
            var usage = Usage.Of(() =>
            {
                for (var i = 0; i < Commits; i++)
                {
                    var now = TimeProvider.System.GetUtcNow();
                    var select = $"SELECT {Text(i)} AS id, 1 AS store, 1.5 AS amount, 2 AS quantity, 'c' AS customer, DATE '2026-01-01' "
                        + $"AS day";
                    table.Write(head => table.Append(
                        head, table.Stage(session.Connection, select, Columns, new StageOptions { Now = now }),
                        new CommitStamp("bench", i + 1, now) { Mode = CommitMode.Rebase }));
                }
            });
            used.Add((usage.CpuSeconds, usage.WallSeconds));
        }

        Table.Heading(string.Create(CultureInfo.InvariantCulture,
            $"delta-append: {Commits} commits of one row on one table, checkpoints included"), options.Pairs);
        Table.Row("wall ms a commit", used.Select(u => u.Wall * 1000 / Commits), 10);
        Table.Row("CPU ms a commit", used.Select(u => u.Cpu * 1000 / Commits));
        Table.Row("commits a second", used.Select(u => Commits / u.Wall), null, "0");
    }

    private static long Begin(DuckConnection connection, string folder, int rows)
    {
        var table = new LakeTable(folder);
        var now = TimeProvider.System.GetUtcNow();
        var staged = table.Stage(connection, Rows($"range({Text(rows)})", "i"), Columns,
            new StageOptions { Now = now, TargetFileBytes = FileBytes });
        return table.Commit(table.Append(null, staged, new CommitStamp("begin", 1, now) { Mode = CommitMode.Rebase })).Version;
    }

    private static void ByHand(DuckConnection connection, string rows, string target)
    {
        var options = new StageOptions { Now = default };
        connection.Execute($"""
            COPY (SELECT * FROM ({rows}) AS t ANTI JOIN changes USING (id) UNION ALL SELECT * FROM changes)
            TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {options.RowGroupSize}, FILE_SIZE_BYTES {FileBytes}, OVERWRITE_OR_IGNORE true)
            """);
        foreach (var file in Directory.EnumerateFiles(target))
            DurableFile.Flush(file);
        DurableFile.FlushFolder(target);
    }

    private static string Rows(string range, string id) => $"""
        SELECT id, (hash(id) % 500)::INTEGER AS store, ((hash(id * 7) % 100000) / 100.0)::DOUBLE AS amount, (hash(id * 3) % 20)::INTEGER AS quantity,
            'customer-' || (hash(id * 13) % 1000000) AS customer, DATE '2024-01-01' + (id // 20000)::INTEGER AS day
        FROM (SELECT {id} AS id FROM {range} AS r(i))
        """;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
