using System.Globalization;
using Millrace.Lake;
using Millrace.Lake.Storage;
using Millrace.Sql;

namespace Millrace.Bench;

/// <summary>Loading a CSV file with contract and checks, as a run of a project, against the engine's bare conversion to Parquet.</summary>
internal static class CsvBench
{
    private const string Types =
        "{id: 'BIGINT', store: 'INTEGER', amount: 'DOUBLE', quantity: 'INTEGER', placed: 'TIMESTAMP', day: 'DATE', status: 'VARCHAR', customer: 'VARCHAR'}";

    private const string Source = """
        type: csv
        path: data/*.csv
        columns:
          - {name: id, type: bigint, required: true}
          - {name: store, type: integer, required: true}
          - {name: amount, type: double}
          - {name: quantity, type: integer}
          - {name: placed, type: timestamp}
          - {name: day, type: date}
          - {name: status, type: string}
          - {name: customer, type: string}
        checks:
          - not_null: [id, placed, day]
          - between: {column: amount, min: 0, max: 1000}
            on_fail: quarantine
          - in_set: {column: status, values: [new, paid, sent, back]}
          - expression: placed::DATE = day

        """;

    /// <summary>Once as most projects check, once with a key that must be unique, which takes a hash table of all keys.</summary>
    public static void Load(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        var project = new BenchProject(folder.File("project"));
        Directory.CreateDirectory(folder.File("project/data"));
        var csv = folder.File("project/data/orders.csv");
        Write(session, csv, options.Rows);
        foreach (var (name, source) in new[] { ("contract and checks", Source), ("contract, checks and a unique key", Source + "  - unique: [id]\n") })
        {
            project.Write("sources/orders.yaml", source);
            Table.Compare(
                string.Create(CultureInfo.InvariantCulture, $"csv-load: {options.Rows} rows, {new FileInfo(csv).Length >> 20} MB, {name}"),
                "COPY", 1.5, options.Pairs,
                () =>
                {
                    using var engine = project.Open(folder.Fresh("home"));
                    BenchProject.Run(engine);
                },
                () =>
                {
                    var target = folder.Fresh("plain");
                    session.Execute($"""
                        COPY (SELECT * FROM read_csv('{csv}', auto_detect=false, header=true, delim=',', quote='"', escape='"', columns={Types}))
                        TO '{target}/x.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {new StageOptions { Now = default }.RowGroupSize})
                        """);
                    DurableFile.Flush($"{target}/x.parquet");
                    DurableFile.FlushFolder(target);
                });
        }
    }

    /// <summary>The peak memory of a program that loads a file of a million rows, and of one fifty times as long, clean and with rows that go
    /// aside: it must not grow with the file.</summary>
    public static void Memory(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        using var session = pool.Rent();
        foreach (var isClean in new[] { true, false })
        {
            var peaks = new List<long>();
            foreach (var rows in new[] { 1_000_000, options.RowsAsked ?? 50_000_000 })
            {
                var project = folder.Fresh("project");
                Directory.CreateDirectory(Path.Combine(project, "data"));
                Directory.CreateDirectory(Path.Combine(project, "sources"));
                File.WriteAllText(Path.Combine(project, "millrace.yaml"), "name: bench\n");
                File.WriteAllText(Path.Combine(project, "sources", "orders.yaml"), Source);
                var csv = Path.Combine(project, "data", "orders.csv");
                Write(session, csv, rows);
                if (!isClean)
                    File.AppendAllText(csv, "x,1,1,1,2024-01-01,2024-01-01,new,\"nobody\"\n");
                var run = ProgramRun.Millrace("run", "--project", project);
                if (run.ExitCode != 0)
                    throw new InvalidOperationException(run.Output);
                peaks.Add(run.PeakBytes);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"csv-memory: {rows} rows, {new FileInfo(csv).Length >> 20} MB, {(isClean ? "clean" : "one row aside")}: peak {run.PeakBytes >> 20} MB, {run.Usage.WallSeconds:F1} s"));
                Directory.Delete(project, recursive: true);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"csv-memory: grows by {(peaks[1] - peaks[0]) >> 20} MB; the limit is 300 MB"));
        }
    }

    private static void Write(SqlSession session, string csv, int rows) =>
        session.Execute($"""
            COPY (SELECT i AS id, (hash(i) % 500)::INTEGER AS store, ((hash(i * 7) % 100000) / 100.0)::DOUBLE AS amount, (hash(i * 3) % 20)::INTEGER AS quantity,
                TIMESTAMP '2024-01-01' + to_seconds(i * 3) AS placed, (TIMESTAMP '2024-01-01' + to_seconds(i * 3))::DATE AS day,
                ['new', 'paid', 'sent', 'back'][1 + (hash(i * 11) % 4)::INTEGER] AS status, 'customer-' || (hash(i * 13) % 1000000) AS customer
            FROM range({rows.ToString(CultureInfo.InvariantCulture)}) AS r(i)) TO '{csv}' (HEADER)
            """);
}
