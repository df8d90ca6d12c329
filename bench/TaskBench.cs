using System.Diagnostics.Metrics;
using System.Globalization;

namespace Millrace.Bench;

/// <summary>What a SQL task costs beside its SQL: many full tables of one row in one run.</summary>
internal static class TaskBench
{
    public static void Overhead(BenchOptions options)
    {
        // Both folders stay until the end: ext4 without a journal steps over every file that was deleted within the last minute when it makes
        // a new one, so that the second measure would pay for clearing up after the first.
        using var alone = BenchOptions.Folder();
        using var reading = BenchOptions.Folder();
        Measure(options, alone, "tables of one row", _ => "");
        Measure(options, reading, "tables of one row that read one other", i => i == 0 ? "" : " FROM t0");
    }

    private static void Measure(BenchOptions options, BenchFolder folder, string what, Func<int, string> from)
    {
        var tables = options.Assets ?? 200;
        var project = new BenchProject(folder.File("project"));
        for (var i = 0; i < tables; i++)
            project.Write(string.Create(CultureInfo.InvariantCulture, $"tables/t{i}.sql"), string.Create(CultureInfo.InvariantCulture, $"SELECT {i} AS id, 'one row' AS label{from(i)}\n"));

        var flushes = new List<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "millrace.lake.flush.duration")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            lock (flushes)
                flushes.Add(seconds);
        });
        listener.Start();

        var (runs, counts, waits) = (new List<Usage>(), new List<double>(), new List<double>());
        for (var i = -1; i < options.Pairs; i++)
        {
            using var engine = project.Open(folder.Fresh("home"));
            flushes.Clear();
            var run = Usage.Of(() => BenchProject.Run(engine));
            if (i < 0)
                continue;
            runs.Add(run);
            counts.Add((double)flushes.Count / tables);
            waits.Add(flushes.Sum() * 1000 / tables);
        }

        Table.Heading(string.Create(CultureInfo.InvariantCulture, $"task-overhead: {tables} {what}, computed in one run"), options.Pairs);
        Table.Row("CPU a task, ms", runs.Select(r => r.CpuSeconds * 1000 / tables), 5, "0.00");
        Table.Row("wall a task, ms", runs.Select(r => r.WallSeconds * 1000 / tables), null, "0.00");
        Table.Row("fsyncs a task", counts, null, "0.00");
        Table.Row("waiting in fsync a task, ms", waits, null, "0.00");
    }
}
