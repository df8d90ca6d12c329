using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Millrace.Native;
using Millrace.Scoring;
using Millrace.Server;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;
using Millrace.Tests.Native;

namespace Millrace.Bench;

/// <summary>Predictions over HTTP, each logged, against an endpoint of the same server that reads the same JSON into objects and writes
/// it back.</summary>
internal static partial class ServeBench
{
    private const int Features = 12;
    private const int Connections = 16;
    private const double Seconds = 3;
    private const int Trees = 100;
    private const int Depth = 5;

    /// <summary>One row of 12 numbers with an id, through 100 trees of 32 leaves in ONNX Runtime; then 1,000 rows a request.</summary>
    public static void OneRow(BenchOptions options)
    {
        using var folder = BenchOptions.Folder();
        var body = folder.File("row.json");
        File.WriteAllText(body, Request(1));
        Walk(options, Trees, Depth, 1);
        Serve(folder, (ours, echo, runtime) =>
        {
            var number = 0L;
            LoadGenerator.Result Load(MillraceServer server, string path, string file, int connections)
            {
                number += 10_000_000;
                return LoadGenerator.Start(server.Address.Port, path, file, connections, Seconds, number);
            }

            const string Path = "/v2/models/demand/infer";
            Load(ours, Path, body, Connections);
            Load(echo, "/echo", body, Connections);
            var pairs = Enumerable.Range(0, options.Pairs).Select(i => i % 2 == 0
                ? (Ours: Load(ours, Path, body, Connections), Echo: Load(echo, "/echo", body, Connections))
                : Swapped(Load(echo, "/echo", body, Connections), Load(ours, Path, body, Connections))).ToList();
            Table.Heading($"serve: one row of {Features} numbers, {Connections} connections, every answer logged", options.Pairs);
            Table.Row("ours, requests/s", pairs.Select(p => p.Ours.PerSecond), format: "0");
            Table.Row("JSON echo, requests/s", pairs.Select(p => p.Echo.PerSecond), format: "0");
            Table.Row("ours, p50 ms", pairs.Select(p => p.Ours.P50));
            Table.Row("ours, p99 ms", pairs.Select(p => p.Ours.P99));
            Table.Row("JSON echo, p50 ms", pairs.Select(p => p.Echo.P50));
            Table.Row("JSON echo, p99 ms", pairs.Select(p => p.Echo.P99));
            Table.Row("echo / ours", pairs.Select(p => p.Echo.PerSecond / p.Ours.PerSecond), 1 / 0.7);

            var single = Enumerable.Range(0, options.Pairs).Select(_ => Load(ours, Path, body, 1)).ToList();
            Table.Heading("serve: the same over one connection", options.Pairs);
            Table.Row("p50 ms", single.Select(s => s.P50));
            Table.Row("p99 ms", single.Select(s => s.P99));

            var many = folder.File("rows.json");
            File.WriteAllText(many, Request(1000));
            Load(ours, Path, many, 4);
            var batches = Enumerable.Range(0, options.Pairs).Select(_ => Load(ours, Path, many, 4)).ToList();
            Table.Heading("serve: 1,000 rows a request, 4 connections, every row logged", options.Pairs);
            Table.Row("rows/s", batches.Select(b => b.PerSecond * 1000), format: "0");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  rows in the log: {runtime.Log.Rows}"));
        });
    }

    private static (LoadGenerator.Result Ours, LoadGenerator.Result Echo) Swapped(LoadGenerator.Result echo, LoadGenerator.Result ours) => (ours, echo);

    private static void Serve(BenchFolder folder, Action<MillraceServer, MillraceServer, EndpointRuntime> measure)
    {
        using var ledger = Ledger.Ledger.Open(folder.File("ledger.db"), TimeProvider.System);
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = folder.File("tmp") });
        var table = new PredictionTable(folder.Path, "demand", ledger, pool);
        using var runtime = new EndpointRuntime(
            PredictionLog.Open(table, new PredictionLogOptions(), TimeProvider.System), TimeProvider.System, new ServingLimits());
        runtime.Switch(OnnxScorer.Serve("demand", "demand", "1", OnnxModel.Open(Forest(Trees, Depth))));
        var options = new ServerOptions { Port = 0 };
        RunAsync().GetAwaiter().GetResult();

        async Task RunAsync()
        {
            await using var ours = await MillraceServer.StartAsync(options, new Dictionary<string, EndpointRuntime> { ["demand"] = runtime }, CancellationToken.None);
            await using var echo = await MillraceServer.StartAsync(options, EchoAsync, CancellationToken.None);
            await Task.Run(() => measure(ours, echo, runtime));
        }
    }

    private static async Task EchoAsync(HttpContext http)
    {
        var request = await http.Request.ReadFromJsonAsync(EchoJson.Default.EchoRequest);
        await http.Response.WriteAsJsonAsync(request!, EchoJson.Default.EchoRequest);
    }

    /// <summary>Rows through the model alone: walking its trees against the engine, without HTTP and log.</summary>
    public static void Walk(BenchOptions options)
    {
        foreach (var (trees, depth) in new[] { (50, 4), (Trees, Depth), (1000, 6) })
            Walk(options, trees, depth, 1, 16, 256, 4096);
    }

    private static void Walk(BenchOptions options, int trees, int depth, params int[] batches)
    {
        using var model = OnnxModel.Open(Forest(trees, depth));
        if (!model.WalksTrees)
            throw new InvalidOperationException("The forest is not walked.");
        Table.Heading(
            string.Create(CultureInfo.InvariantCulture, $"scoring alone: {trees} trees of {1 << depth} leaves, {Features} numbers, us a call"),
            options.Pairs);
        foreach (var rows in batches)
        {
            CallMicroseconds(model, rows, trees, byEngine: true);
            CallMicroseconds(model, rows, trees, byEngine: false);
            var pairs = Enumerable.Range(0, options.Pairs).Select(i =>
            {
                var first = CallMicroseconds(model, rows, trees, byEngine: i % 2 == 0);
                var second = CallMicroseconds(model, rows, trees, byEngine: i % 2 != 0);
                return i % 2 == 0 ? (Engine: first, Walk: second) : (Engine: second, Walk: first);
            }).ToList();
            Table.Row(string.Create(CultureInfo.InvariantCulture, $"{rows} rows, engine"), pairs.Select(p => p.Engine), format: "0.0");
            Table.Row(string.Create(CultureInfo.InvariantCulture, $"{rows} rows, walk"), pairs.Select(p => p.Walk), format: "0.0");
            Table.Row(string.Create(CultureInfo.InvariantCulture, $"{rows} rows, walk / engine"), pairs.Select(p => p.Walk / p.Engine), 1);
        }
    }

    private static double CallMicroseconds(OnnxModel model, int rows, int trees, bool byEngine)
    {
        var calls = (int)Math.Clamp(10_000_000L / ((long)rows * trees), 3, 20_000);
        var chance = new Random(3);
        var values = new float[rows + 5000];
        foreach (ref var value in values.AsSpan())
            value = chance.Next(100_000) / 1000f;
        var watch = Stopwatch.StartNew();
        for (var call = 0; call < calls; call++)
        {
            using var batch = model.Rent(rows);
            for (var i = 0; i < Features; i++)
                values.AsSpan(((call * 37) + (i * 401)) % 5000, rows).CopyTo(batch.Values<float>(i));
            if (byEngine)
                batch.ScoreByEngine();
            else
                batch.Score();
        }

        return watch.Elapsed.TotalMicroseconds / calls;
    }

    private static string Request(int rows)
    {
        var chance = new Random(1);
        var inputs = Enumerable.Range(0, Features).Select(f =>
        {
            var data = string.Join(",", Enumerable.Range(0, rows).Select(_ => (chance.Next(100_000) / 1000.0).ToString(CultureInfo.InvariantCulture)));
            return string.Create(CultureInfo.InvariantCulture, $"{{\"name\":\"feature_{f}\",\"shape\":[{rows},1],\"datatype\":\"FP32\",\"data\":[{data}]}}");
        });
        return $"{{\"id\":\"r-{LoadGenerator.Placeholder}\",\"inputs\":[{string.Join(",", inputs)}]}}";
    }

    /// <summary>Trees whose splits are drawn with a fixed seed: the shape of a trained model, not its sense.</summary>
    private static byte[] Forest(int count, int depth)
    {
        var chance = new Random(7);
        var (trees, nodes, features, values, modes, yes, no) =
            (new List<long>(), new List<long>(), new List<long>(), new List<float>(), new List<string>(), new List<long>(), new List<long>());
        var (leafTrees, leafNodes, leafIds, weights) = (new List<long>(), new List<long>(), new List<long>(), new List<float>());
        for (var tree = 0; tree < count; tree++)
        {
            for (var node = 0; node < (2 << depth) - 1; node++)
            {
                var isLeaf = node >= (1 << depth) - 1;
                trees.Add(tree);
                nodes.Add(node);
                features.Add(isLeaf ? 0 : chance.Next(Features));
                values.Add(isLeaf ? 0 : chance.Next(100_000) / 1000f);
                modes.Add(isLeaf ? "LEAF" : "BRANCH_LEQ");
                yes.Add(isLeaf ? 0 : (2 * node) + 1);
                no.Add(isLeaf ? 0 : (2 * node) + 2);
                if (!isLeaf)
                    continue;
                leafTrees.Add(tree);
                leafNodes.Add(node);
                leafIds.Add(0);
                weights.Add((float)chance.NextDouble());
            }
        }

        var sketch = new OnnxSketch();
        string[] names = [.. Enumerable.Range(0, Features).Select(f => string.Create(CultureInfo.InvariantCulture, $"feature_{f}"))];
        foreach (var name in names)
            sketch.Input(name, OrtElementType.Float, "N", 1);
        return sketch.Output("prediction", OrtElementType.Float, "N", 1)
            .Node("Concat", names, ["all"], attributes: ("axis", 1L))
            .Node("TreeEnsembleRegressor", ["all"], ["prediction"], "ai.onnx.ml",
                ("n_targets", 1L), ("nodes_treeids", trees.ToArray()), ("nodes_nodeids", nodes.ToArray()), ("nodes_featureids", features.ToArray()),
                ("nodes_values", values.ToArray()), ("nodes_modes", modes.ToArray()), ("nodes_truenodeids", yes.ToArray()), ("nodes_falsenodeids", no.ToArray()),
                ("target_treeids", leafTrees.ToArray()), ("target_nodeids", leafNodes.ToArray()), ("target_ids", leafIds.ToArray()), ("target_weights", weights.ToArray()))
            .Bytes();
    }

    internal sealed record EchoTensor(string Name, int[] Shape, string Datatype, float[] Data);

    internal sealed record EchoRequest(string? Id, EchoTensor[] Inputs);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(EchoRequest))]
    private sealed partial class EchoJson : JsonSerializerContext;
}
