using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.Sockets;

namespace Millrace.Scenarios;

/// <summary>A client of the Open Inference Protocol that asks for hours, a day in each request.</summary>
internal sealed class Traffic(Uri address, IReadOnlyList<JsonNode> hours)
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    private long _rows;
    private int _failures;
    private int _extra;

    /// <summary>Takes the id of every prediction that was answered.</summary>
    public HashSet<string>? Answered { get; init; }

    /// <summary>The number of the request that was under way when the server went.</summary>
    public int CutOff { get; private set; } = -1;

    /// <summary>Rows that were answered.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Requests that were not answered with 200, or not at all.</summary>
    public int Failures => Volatile.Read(ref _failures);

    public async Task<JsonNode> Metadata() => (await _http.GetFromJsonAsync<JsonNode>("v2/models/demand"))!;

    /// <summary>Asks for every hour of a month, such as <c>2012-01</c>.</summary>
    public async Task Send(string month)
    {
        var metadata = await Metadata();
        foreach (var day in hours.Where(h => Hour(h).StartsWith(month, StringComparison.Ordinal)).GroupBy(h => Hour(h)[..10]))
            Assert.NotNull(await Ask(metadata, $"day-{day.Key}", [.. day]));
    }

    /// <summary>Asks for the hours of a month round and round, each time as a new prediction, until it is stopped.</summary>
    /// <param name="month">Such as <c>2012-01</c>.</param>
    /// <param name="era">Keeps the ids of several clients apart.</param>
    public Going KeepGoing(string month, int era = 0)
    {
        _extra = Math.Max(_extra, era * 1_000_000);
        var stop = new CancellationTokenSource();
        var round = hours.Where(h => Hour(h).StartsWith(month, StringComparison.Ordinal)).ToList();
        return new Going(stop, Task.Run(async () =>
        {
            var next = -1;
            try
            {
                var metadata = await Metadata();
                while (!stop.IsCancellationRequested)
                {
                    next = Interlocked.Increment(ref _extra);
                    await Ask(metadata, string.Create(CultureInfo.InvariantCulture, $"extra-{next}"), [round[next % round.Count]]);
                }
            }
            // A server that dies while its connection is made shows as the socket's own error.
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                Interlocked.Increment(ref _failures);
                CutOff = next;
            }
        }));
    }

    /// <summary>Waits until a request was answered, however slow the machine is.</summary>
    public async Task FirstAnswer()
    {
        var timer = Stopwatch.StartNew();
        while (Rows == 0 && Failures == 0 && timer.Elapsed < TimeSpan.FromMinutes(1))
            await Task.Delay(5);
    }

    /// <summary>Sends one request of <see cref="KeepGoing"/> again.</summary>
    public async Task Retry(string month, int request)
    {
        var round = hours.Where(h => Hour(h).StartsWith(month, StringComparison.Ordinal)).ToList();
        if (request >= 0)
            Assert.NotNull(await Ask(await Metadata(), string.Create(CultureInfo.InvariantCulture, $"extra-{request}"), [round[request % round.Count]]));
    }

    /// <summary>The version that answers, as soon as it is the wanted one, or when the time is up.</summary>
    public async Task<string> VersionWithin(TimeSpan time, string wanted)
    {
        var timer = Stopwatch.StartNew();
        while (true)
        {
            var version = (string)(await Metadata())["versions"]![0]!;
            if (version == wanted || timer.Elapsed > time)
                return version;
            await Task.Delay(50);
        }
    }

    private static string Hour(JsonNode row) => (string)row["hour"]!;

    private async Task<JsonNode?> Ask(JsonNode metadata, string id, IReadOnlyList<JsonNode> rows)
    {
        var inputs = new JsonArray([.. metadata["inputs"]!.AsArray().Select(i => (JsonNode)new JsonObject
        {
            ["name"] = (string)i!["name"]!, ["datatype"] = (string)i["datatype"]!, ["shape"] = new JsonArray(rows.Count, 1),
            ["data"] = new JsonArray([.. rows.Select(r => r[(string)i["name"]!]?.DeepClone())]),
        })]);
        inputs.Add(new JsonObject
        {
            ["name"] = "event_time", ["datatype"] = "BYTES", ["shape"] = new JsonArray(rows.Count), ["data"] = new JsonArray([.. rows.Select(r => (JsonNode)(Hour(r) + "Z"))]),
        });
        using var answer = await _http.PostAsJsonAsync("v2/models/demand/infer", new JsonObject { ["id"] = id, ["inputs"] = inputs });
        if (!answer.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _failures);
            TestContext.Current.SendDiagnosticMessage($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            return null;
        }

        Interlocked.Add(ref _rows, rows.Count);
        if (rows.Count == 1)
            Answered?.Add(id);
        return await answer.Content.ReadFromJsonAsync<JsonNode>();
    }

    /// <summary>Requests that go on until they are stopped.</summary>
    internal sealed class Going(CancellationTokenSource stop, Task task)
    {
        public async Task Stop()
        {
            await stop.CancelAsync();
            await task;
            stop.Dispose();
        }
    }
}
