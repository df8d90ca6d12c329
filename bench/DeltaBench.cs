using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Storage;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Bench;

/// <summary>Writing and reading a table through the lake against the engine's own Parquet files.</summary>
internal static class DeltaBench
{
    private static readonly Schema Columns = new(
    [
        new Column("id", DataType.Long), new Column("store", DataType.Integer), new Column("amount", DataType.Double),
        new Column("quantity", DataType.Integer), new Column("customer", DataType.String), new Column("placed", DataType.TimestampNtz),
    ]);

    /// <summary>Stage and commit against COPY with the same settings; both wait until file and folder are on the disk.</summary>
    public static void Write(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        var rows = Rows(options);
        Table.Compare(
            string.Create(CultureInfo.InvariantCulture, $"delta-write: {options.Rows} rows staged and committed as a Delta table"),
            "COPY", 1.1, options.Pairs,
            () => Commit(session.Connection, folder.Fresh("delta"), rows, "ours"),
            () =>
            {
                var target = folder.Fresh("plain");
                session.Execute($"COPY ({rows}) TO '{target}/x.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {new StageOptions { Now = default }.RowGroupSize})");
                DurableFile.Flush($"{target}/x.parquet");
                DurableFile.FlushFolder(target);
            });
    }

    /// <summary>An aggregate over every column: through the snapshot against read_parquet of the same files.</summary>
    public static void Read(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        var delta = folder.Fresh("delta");
        var result = Commit(session.Connection, delta, Rows(options), "ours");
        void Aggregate(string relation) =>
            session.Execute($"SELECT count(*), sum(id), sum(store), sum(amount), sum(quantity), max(customer), min(placed), max(placed) FROM ({relation})");

        Table.Compare(
            string.Create(CultureInfo.InvariantCulture, $"delta-read: aggregate over all columns of {options.Rows} rows"),
            "read_parquet", 1.05, options.Pairs,
            () => Aggregate(new LakeTable(delta).Read(result.Version, result.EntryHash).ToRelation().Sql),
            () => Aggregate($"SELECT * FROM read_parquet('{delta}/*.parquet')"));
    }

    private static string Rows(BenchOptions options) => $"""
        SELECT i AS id, (hash(i) % 500)::INTEGER AS store, ((hash(i * 7) % 100000) / 100.0)::DOUBLE AS amount, (hash(i * 3) % 20)::INTEGER AS quantity,
            'customer-' || (hash(i * 13) % 1000000) AS customer, TIMESTAMP '2024-01-01' + to_seconds(i * 3) AS placed
        FROM range({options.Rows.ToString(CultureInfo.InvariantCulture)}) AS r(i)
        """;

    private static CommitResult Commit(DuckConnection connection, string folder, string rows, string task)
    {
        var table = new LakeTable(folder);
        var now = TimeProvider.System.GetUtcNow();
        var staged = table.Stage(connection, rows, Columns, new StageOptions { Now = now });
        return table.Commit(table.Overwrite(null, staged, new CommitStamp(task, 1, now)));
    }
}
