using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Millrace.Bench;

/// <summary>The program as people start it: <c>./millrace</c> on a copy of the sample.</summary>
internal static class ProcessBench
{
    /// <summary>A run that finds nothing to do, process start included.</summary>
    public static void NoOpRun(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var project = CopySample(folder);
        Run(project);
        Run(project);
        var runs = Enumerable.Range(0, options.Pairs).Select(_ => Run(project)).ToList();
        Table.Heading("no-op-run: ./millrace run samples/bike-demand for the second time", options.Pairs);
        Table.Row("wall s", runs.Select(r => r.Usage.WallSeconds), 0.5);
        Table.Row("first output, s", runs.Select(r => r.FirstOutputSeconds ?? double.NaN));
        Table.Row("CPU s", runs.Select(r => r.Usage.CpuSeconds));
        Table.Row("peak memory, MB", runs.Select(r => r.PeakBytes / 1e6), null, "0");
    }

    /// <summary>The first run of the sample, the program being built.</summary>
    public static void Sample(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        ProgramRun.Millrace("--help");
        var runs = new List<ProgramRun>();
        for (var i = 0; i < options.Pairs; i++)
            runs.Add(Run(CopySample(folder)));
        Table.Heading("sample: ./millrace run samples/bike-demand from nothing", options.Pairs);
        Table.Row("wall s", runs.Select(r => r.Usage.WallSeconds), 10);
        Table.Row("first output, s", runs.Select(r => r.FirstOutputSeconds ?? double.NaN));
        Table.Row("CPU s", runs.Select(r => r.Usage.CpuSeconds));
        Table.Row("peak memory, MB", runs.Select(r => r.PeakBytes / 1e6), 600, "0");
    }

    /// <summary>From an empty folder to a champion that answers a request, the program being built.</summary>
    public static void Served(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        ProgramRun.Millrace("--help");
        var (walls, peaks) = (new List<double>(), new List<double>());
        for (var i = 0; i < options.Pairs; i++)
        {
            var timer = Stopwatch.StartNew();
            var project = CopySample(folder);
            var run = Run(project);
            using var server = Process.Start(new ProcessStartInfo(Path.Combine(ProgramRun.Repository, "millrace"), ["serve", project, "--listen", "127.0.0.1:0", "--json", "--tick", "0"])
            {
                RedirectStandardOutput = true,
            })!;
            while (server.StandardOutput.ReadLine() is { } line)
            {
                if (JsonNode.Parse(line) is { } said && (string?)said["event"] == "listening")
                {
                    using var http = new HttpClient();
                    http.GetStringAsync(new Uri(new Uri((string)said["text"]!), "v2/models/demand/ready")).GetAwaiter().GetResult();
                    break;
                }
            }

            walls.Add(timer.Elapsed.TotalSeconds);
            peaks.Add(Math.Max(run.PeakBytes, ProgramRun.PeakOf(server.Id)) / 1e6);
            server.Kill();
            server.WaitForExit();
        }

        Table.Heading("served: from a copied sample to a champion that is ready to answer", options.Pairs);
        Table.Row("wall s", walls, 20);
        Table.Row("peak memory of run or server, MB", peaks, 1000, "0");
    }

    private static ProgramRun Run(string project)
    {
        var run = ProgramRun.Millrace("run", project);
        return run.ExitCode == 0 ? run : throw new InvalidOperationException($"millrace run ended with {run.ExitCode}:\n{run.Output}");
    }

    private static string CopySample(BenchFolder folder)
    {
        var sample = Path.Combine(ProgramRun.Repository, "samples", "bike-demand");
        var target = folder.Fresh("bike-demand");
        foreach (var file in Directory.EnumerateFiles(sample, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(sample, file);
            if (relative.StartsWith(".millrace", StringComparison.Ordinal))
                continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(target, relative))!);
            File.Copy(file, Path.Combine(target, relative));
        }

        return target;
    }
}
