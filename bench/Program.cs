using System.Globalization;
using Millrace.Bench;

if (args.Length > 0 && args[0] == TrainBench.Child)
    return TrainBench.Train(args[1..]);

var measures = new Dictionary<string, Action<BenchOptions>>
{
    ["delta-write"] = DeltaBench.Write,
    ["delta-read"] = DeltaBench.Read,
    ["delta-open"] = DeltaOpenBench.Open,
    ["delta-merge"] = LakeBench.Merge,
    ["delta-append"] = LakeBench.Append,
    ["csv-load"] = CsvBench.Load,
    ["csv-memory"] = CsvBench.Memory,
    ["no-op-plan"] = PlanBench.NoOp,
    ["task-overhead"] = TaskBench.Overhead,
    ["no-op-run"] = ProcessBench.NoOpRun,
    ["sample"] = ProcessBench.Sample,
    ["serve"] = ServeBench.OneRow,
    ["walk"] = ServeBench.Walk,
    ["prediction-log"] = PredictionLogBench.Write,
    ["train"] = TrainBench.Run,
    ["monitoring"] = MonitoringBench.Watch,
    ["served"] = ProcessBench.Served,
};
if (args is ["load", ..])
    return LoadGenerator.Run(args[1..]);
var names = args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToList();
if (names.Count == 0 || names.Any(n => n != "all" && !measures.ContainsKey(n)))
{
    Console.Error.WriteLine($"usage: bench/run NAME... [--pairs N] [--rows N] [--assets N] [--threads N]   with NAME one of: {string.Join(", ", measures.Keys)}, all");
    return 2;
}

int? Number(string option) => Array.IndexOf(args, option) is var at and >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : null;
var options = new BenchOptions(Number("--pairs") ?? 7, Number("--rows") ?? 10_000_000, Number("--assets"))
{
    RowsAsked = Number("--rows"),
    Threads = Number("--threads") ?? Environment.ProcessorCount,
};
foreach (var name in names.Contains("all") ? [.. measures.Keys] : names)
    measures[name](options);
return 0;
