// Stands in for `millrace serve` where a test kills it: serves the endpoint `demand` over a home, or folds its predictions once.
//   Millrace.Victim serve HOME   prints the port, and serves until it is killed; the prediction is 2 temp + hour
//   Millrace.Victim ingest HOME  prints the port, and takes what is pushed to the source `orders`
//   Millrace.Victim fold HOME    seals and folds
//   Millrace.Victim fetch FOLDER fetches everything of the place that FOLDER/fetch.yaml names
//   Millrace.Victim lake-VERB FOLDER ...   changes one Delta table, see LakeVictim
using System.Globalization;
using Millrace.Ledger;
using Millrace.Server;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sources.Connectors;
using Millrace.Sql;
using Millrace.Victim;

if (args[0].StartsWith("lake-", StringComparison.Ordinal))
    return LakeVictim.Run(args[0]["lake-".Length..], args[1], args[2..]);

var (verb, home) = (args[0], args[1]);
if (verb == "fetch")
    return Fetching.Run(home);
Directory.CreateDirectory(home);
if (verb == "ingest")
{
    using var inboxes = new Inboxes(home, [new Millrace.Assets.AssetKey(Millrace.Assets.AssetKind.Source, "orders")], TimeProvider.System);
    await using var pushed = await MillraceServer.StartAsync(new ServerOptions { Port = 0 }, new Dictionary<string, EndpointRuntime>(), inboxes, CancellationToken.None);
    Console.WriteLine(pushed.Address.Port.ToString(CultureInfo.InvariantCulture));
    await Task.Delay(Timeout.Infinite);
}

using var ledger = Ledger.Open(Path.Combine(home, "ledger.db"), TimeProvider.System);
using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(home, "tmp"), Threads = 1 });
var table = new PredictionTable(home, "demand", ledger, pool);
if (verb == "fold")
{
    var done = table.Fold(TimeProvider.System.GetUtcNow(), CancellationToken.None);
    Console.WriteLine(done.Rows.ToString(CultureInfo.InvariantCulture));
    return 0;
}

// Small segments, so that kills meet their ends and beginnings too.
var options = new PredictionLogOptions { SegmentBytes = 16 << 10 };
using var endpoint = new EndpointRuntime(PredictionLog.Open(table, options, TimeProvider.System), TimeProvider.System, new ServingLimits());
var signature = new ModelSignature(
    [new TensorSpec("temp", TensorType.Float32), new TensorSpec("hour", TensorType.Int64)], [new TensorSpec("prediction", TensorType.Float32)]);
endpoint.Switch(new ServedModel(
    new ModelIdentity("demand", "demand", "1", signature),
    (inputs, rows, outputs) =>
    {
        for (var row = 0; row < rows; row++)
            outputs[0].Add((2 * inputs[0].Values<float>()[row]) + inputs[1].Values<long>()[row]);
    },
    () => { }));
await using var server = await MillraceServer.StartAsync(
    new ServerOptions { Port = 0 }, new Dictionary<string, EndpointRuntime> { ["demand"] = endpoint }, CancellationToken.None);
Console.WriteLine(server.Address.Port.ToString(CultureInfo.InvariantCulture));
while (true)
{
    endpoint.Log.Seal(TimeSpan.FromMilliseconds(20));
    table.Fold(TimeProvider.System.GetUtcNow(), CancellationToken.None);
    await Task.Delay(20);
}
