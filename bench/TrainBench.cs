using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Training;

namespace Millrace.Bench;

/// <summary>Boosted trees against scikit-learn's and XGBoost's, each in a process of its own, on the same arrays with the same settings.</summary>
internal static class TrainBench
{
    /// <summary>The word that makes this program a contender: FOLDER binary|regression TREES THREADS.</summary>
    public const string Child = "train-child";

    private static readonly string[] Pythons = ["/usr/bin/python3", "python3"];

    public static void Run(BenchOptions options)
    {
        Measure(options, [TrainData.Synthetic(options.RowsAsked ?? 800_000)], trees: 100);
        var bike = Path.Combine(Environment.GetEnvironmentVariable("MILLRACE_DATASETS") ?? "", "bike-sharing", "hour.csv");
        if (File.Exists(bike))
            Measure(options, [.. Enumerable.Range(1, 5).Select(seed => TrainData.Bike(bike, seed))], trees: 300);
        else
            Console.WriteLine("train: the bike data is left out: MILLRACE_DATASETS does not name the folder with the data sets.");
    }

    /// <summary>Trains on what the folder holds and answers like train/peers.py.</summary>
    public static int Train(string[] arguments)
    {
        var (folder, isBinary) = (arguments[0], arguments[1] == "binary");
        var shape = File.ReadAllText(Path.Combine(folder, "shape.txt")).Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var train = Columns(Path.Combine(folder, "train.x"), shape[0], shape[2]);
        var label = MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(folder, "train.y"))).ToArray();
        var test = Columns(Path.Combine(folder, "test.x"), shape[1], shape[2]);
        var trainer = Trainers.All.Single(t => t.Name == "gbdt");
        TrainedModel? model = null;
        var usage = Usage.Of(() =>
        {
            var set = new TrainingSet(isBinary ? LearningTask.Binary : LearningTask.Regression, train, label);
            var split = new Split([.. Enumerable.Range(0, shape[0])], [], []);
            var request = new TrainingRequest(set, split, TrainerParameters.Of(trainer, ("trees", arguments[2])), seed: 1)
            {
                Threads = int.Parse(arguments[3], CultureInfo.InvariantCulture),
            };
            model = trainer.Train(request, CancellationToken.None);
        });
        File.WriteAllBytes(Path.Combine(folder, "predictions.f64"), MemoryMarshal.AsBytes<double>(model!.Predict(test)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{usage.CpuSeconds} {usage.WallSeconds} {Process.GetCurrentProcess().PeakWorkingSet64}"));
        return 0;
    }

    private static void Measure(BenchOptions options, IReadOnlyList<TrainData> data, int trees)
    {
        using var folder = BenchOptions.Folder();
        var peers = new[] { "sklearn", "xgboost" }.Where(p => PythonWith(p) is not null).ToList();
        var contenders = new List<string> { "ours" }.Concat(peers).ToList();
        var taken = contenders.ToDictionary(c => c, _ => new List<Contest>());
        for (var i = 0; i < options.Pairs; i++)
        {
            var set = data[i % data.Count];
            var place = folder.Fresh("data");
            set.Write(place);
            foreach (var contender in i % 2 == 0 ? contenders : Enumerable.Reverse(contenders))
                taken[contender].Add(Fight(contender, set, place, trees, options.Threads));
        }

        var measure = data[0].IsBinary ? "AUC" : "RMSE";
        Table.Heading(string.Create(CultureInfo.InvariantCulture, $"train: {data[0].Name}, {trees} trees of 31 leaves, {options.Threads} threads"), options.Pairs);
        foreach (var (name, contests) in taken)
        {
            Table.Row($"{name}, CPU s", contests.Select(c => c.CpuSeconds));
            Table.Row($"{name}, wall s", contests.Select(c => c.WallSeconds));
            Table.Row($"{name}, peak MB", contests.Select(c => c.PeakBytes / 1e6), null, "0");
            Table.Row($"{name}, {measure}", contests.Select(c => c.Quality), null, "0.00000");
        }

        foreach (var peer in peers)
        {
            var pairs = taken["ours"].Zip(taken[peer]).ToList();
            Table.Row($"ratio of CPU to {peer}", pairs.Select(p => p.First.CpuSeconds / p.Second.CpuSeconds), peer == "sklearn" ? 0.9 : null);
            Table.Row($"ratio of {measure} to {peer}", pairs.Select(p => p.First.Quality / p.Second.Quality), null, "0.00000");
        }
    }

    /// <summary>The first Python that has the peer; null with a word on the console when there is none.</summary>
    private static string? PythonWith(string peer)
    {
        var probe = peer == "sklearn" ? "import sklearn.ensemble" : "import numpy, ctypes; ctypes.CDLL('libxgboost.so.0')";
        if (Pythons.FirstOrDefault(p => Start(p, ["-c", probe]).ExitCode == 0) is { } python)
            return python;
        Console.WriteLine($"train: {peer} is not installed and is left out (Debian: {(peer == "sklearn" ? "python3-sklearn" : "libxgboost0, python3-numpy")}).");
        return null;
    }

    private static Contest Fight(string contender, TrainData data, string folder, int trees, int threads)
    {
        string[] what = [folder, data.IsBinary ? "binary" : "regression", trees.ToString(CultureInfo.InvariantCulture), threads.ToString(CultureInfo.InvariantCulture)];
        var script = Path.Combine(ProgramRun.Repository, "bench", "train", "peers.py");
        var (exitCode, text) = contender == "ours"
            ? Start(Environment.ProcessPath!, [.. Assembly(), Child, .. what], threads)
            : Start(PythonWith(contender)!, [script, contender, .. what], threads);
        if (exitCode != 0)
            throw new InvalidOperationException($"{contender} ended with {exitCode}: {text}");
        var numbers = text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var predictions = MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(folder, "predictions.f64"))).ToArray();
        return new Contest(numbers[0], numbers[1], numbers[2], data.Quality(predictions));
    }

    /// <summary>Through <c>dotnet</c> the process is the host, and needs the program's file.</summary>
    private static string[] Assembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "Millrace.Bench.dll")] : [];

    private static (int ExitCode, string Output) Start(string program, IEnumerable<string> arguments, int threads = 1)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        // Threads that wait by spinning would be charged CPU seconds for nothing.
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? output : errors.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (int.MaxValue, e.Message);
        }
    }

    private static FeatureColumn[] Columns(string file, int rows, int features)
    {
        var bytes = File.ReadAllBytes(file);
        var values = MemoryMarshal.Cast<byte, float>(bytes);
        var columns = new FeatureColumn[features];
        for (var f = 0; f < features; f++)
        {
            var column = new float[rows];
            for (var i = 0; i < rows; i++)
                column[i] = values[(i * features) + f];
            columns[f] = FeatureColumn.OfNumbers(string.Create(CultureInfo.InvariantCulture, $"f{f}"), column);
        }

        return columns;
    }

    /// <param name="PeakBytes">Of the whole process: the arrays, the training, the prediction of the test rows.</param>
    private sealed record Contest(double CpuSeconds, double WallSeconds, double PeakBytes, double Quality);
}
