using System.Globalization;
using Millrace.Serving;

namespace Millrace.Bench;

/// <summary>Measuring a million predictions of twelve features against the references of their model.</summary>
internal static class MonitoringBench
{
    private const int Features = 12;
    private const int RowsOfRequest = 1000;

    public static void Watch(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var rows = options.RowsAsked ?? 1_000_000;
        var project = new BenchProject(folder.File("project"));
        var columns = string.Join(", ", Enumerable.Range(0, Features).Select(f => FormattableString.Invariant($"(hash(i * {Features} + {f}) % 10000)::DOUBLE / {f + 1} AS {Name(f)}")));
        project.Write("tables/examples.sql", $"SELECT i AS id, {columns}, (i % 100)::DOUBLE AS label FROM range(50000) AS r(i)\n");
        project.Write("models/bench.yaml", "task: regression\ndata: examples\nlabel: label\nkey: id\ntrainer: ridge\n");
        project.Write("endpoints/bench.yaml", "model: bench\nmonitor: {window: year, min_rows: 1}\n");
        using var engine = project.Open(folder.Fresh("home"));
        BenchProject.Run(engine);
        using var served = engine.Serve();
        served.Refresh(_ => { });
        var endpoint = served.ByName["bench"];
        for (var request = 0; request < rows / RowsOfRequest; request++)
            Ask(endpoint, request, RowsOfRequest).GetAwaiter().GetResult();
        served.Fold(TimeSpan.Zero, CancellationToken.None);

        var runs = new List<Usage>();
        for (var i = 0; i < options.Pairs; i++)
        {
            // One more prediction, and its window is measured whole again.
            Ask(endpoint, rows + i, 1).GetAwaiter().GetResult();
            runs.Add(Usage.Of(() =>
            {
                if (engine.Watch(null, CancellationToken.None) is not [{ Windows: [{ Drift.Count: Features + 1 }] }])
                    throw new InvalidOperationException("The window was not measured.");
            }));
        }

        Table.Heading(string.Create(CultureInfo.InvariantCulture, $"monitoring: drift of {rows} predictions of {Features} features, journal and ledger written"), options.Pairs);
        Table.Row("wall s", runs.Select(r => r.WallSeconds), 5);
        Table.Row("CPU s", runs.Select(r => r.CpuSeconds));
    }

    private static async Task Ask(EndpointRuntime endpoint, long id, int rows)
    {
        long[] shape = [rows];
        using var request = endpoint.Begin();
        request.SetId(id.ToString(CultureInfo.InvariantCulture));
        for (var feature = 0; feature < Features; feature++)
        {
            var writer = request.AddInput(Name(feature), "FP32", shape);
            for (var row = 0; row < rows; row++)
                writer.Single(((id * 7919) + (row * 104729) + feature) % 10000 / (feature + 1));
        }

        (await request.AnswerAsync(CancellationToken.None)).Dispose();
    }

    private static string Name(int feature) => string.Create(CultureInfo.InvariantCulture, $"feature_{feature}");
}
