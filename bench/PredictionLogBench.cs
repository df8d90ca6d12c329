using System.Globalization;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Bench;

/// <summary>The prediction log without HTTP and without a model: rows a second that are logged when they are answered, folding, and
/// reading back.</summary>
internal static class PredictionLogBench
{
    private const int Features = 12;
    private const int Rows = 1_000_000;

    public static void Write(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var (ones, thousands, folds, reads) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < options.Pairs; i++)
        {
            ones.Add(Logged(folder.Fresh("ones"), 1, Rows / 10, out _, out _));
            thousands.Add(Logged(folder.Fresh("thousands"), 1000, Rows, out var fold, out var read));
            folds.Add(fold);
            reads.Add(read);
        }

        Table.Heading($"prediction-log: rows of {Features} numbers, two threads, accepted is logged", options.Pairs);
        Table.Row("rows/s, one row a request", ones, format: "0");
        Table.Row("rows/s, 1,000 rows a request", thousands, format: "0");
        Table.Row($"fold of {Rows} rows into Delta, s", folds);
        Table.Row("average of each feature, folded, s", reads);
    }

    private static double Logged(string home, int rowsOfRequest, int rows, out double foldSeconds, out double readSeconds)
    {
        using var ledger = Ledger.Ledger.Open(Path.Combine(home, "ledger.db"), TimeProvider.System);
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(home, "tmp") });
        var table = new PredictionTable(home, "demand", ledger, pool);
        using var endpoint = new EndpointRuntime(
            PredictionLog.Open(table, new PredictionLogOptions(), TimeProvider.System), TimeProvider.System, new ServingLimits());
        var signature = new ModelSignature(
            [.. Enumerable.Range(0, Features).Select(f => new TensorSpec(Name(f), TensorType.Float32))], [new TensorSpec("prediction", TensorType.Float32)]);
        endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "demand", "1", signature),
            (inputs, count, outputs) =>
            {
                inputs[0].Values<float>().CopyTo(outputs[0].Space<float>());
                outputs[0].MarkFull();
            },
            () => { }));
        const int Threads = 2;
        var usage = Usage.Of(() =>
        {
            var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() => Ask(endpoint, t, rowsOfRequest, rows / rowsOfRequest / Threads).GetAwaiter().GetResult())).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
        });
        foldSeconds = Usage.Of(() =>
        {
            endpoint.Log.Seal(TimeSpan.Zero);
            table.Fold(TimeProvider.System.GetUtcNow(), CancellationToken.None);
        }).WallSeconds;
        readSeconds = Usage.Of(() =>
        {
            using var session = pool.Rent();
            session.Define("predictions", table.Read(session)!);
            session.Execute($"SELECT {string.Join(", ", Enumerable.Range(0, Features).Select(f => $"avg({Name(f)})"))} FROM predictions");
        }).WallSeconds;
        return rows / usage.WallSeconds;
    }

    private static async Task Ask(EndpointRuntime endpoint, int thread, int rows, int requests)
    {
        long[] shape = [rows];
        for (var i = 0; i < requests; i++)
        {
            using var request = endpoint.Begin();
            request.SetId(string.Create(CultureInfo.InvariantCulture, $"{thread}-{i}"));
            for (var feature = 0; feature < Features; feature++)
            {
                var writer = request.AddInput(Name(feature), "FP32", shape);
                for (var row = 0; row < rows; row++)
                    writer.Single(row + feature + (i * 0.5f));
            }

            (await request.AnswerAsync(CancellationToken.None)).Dispose();
        }
    }

    private static string Name(int feature) => string.Create(CultureInfo.InvariantCulture, $"feature_{feature}");
}
