using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Tests.Server;

/// <summary>Kills a server while it answers, and a fold while it commits: each id that was answered is in the log once, and retries are
/// told what was logged.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Seed = 20120101;

    private readonly string _home = Path.Combine(Path.GetTempPath(), "millrace-kill-" + Guid.NewGuid().ToString("N"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Whenever_the_server_is_killed_each_answered_id_is_logged_once_and_retries_are_not_logged_again()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("MILLRACE_KILLS") ?? "8", CultureInfo.InvariantCulture);
        var chance = new Random(Seed);
        var answered = new ConcurrentDictionary<string, float>();
        var unsure = new ConcurrentQueue<(string Id, int Rows)>();
        for (var kill = 0; kill <= kills; kill++)
        {
            using var victim = Victim.Start(_home, "serve", null);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{victim.ReadLine()}/") };

            // What got no answer before the kill is sent again, and must get one now.
            while (unsure.TryDequeue(out var again))
                Assert.True(await Send(http, again.Id, again.Rows, answered), $"The retry of '{again.Id}' got no answer.");
            if (kill == kills)
                break;
            using var stop = new CancellationTokenSource();
            var clients = Enumerable.Range(0, 4).Select(c => Task.Run(
                async () =>
                {
                    for (var i = 0; !stop.IsCancellationRequested; i++)
                    {
                        var (id, rows) = ($"k{kill}c{c}i{i}", i % 5 == 4 ? 3 : 1);
                        if (!await Send(http, id, rows, answered))
                        {
                            unsure.Enqueue((id, rows));
                            return;
                        }
                    }
                },
                Cancellation)).ToList();
            await Task.Delay(chance.Next(20, 400), Cancellation);
            victim.Kill();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
            victim.Kill();
        }

        var logged = Logged();
        output.WriteLine($"{kills} kills, {answered.Count} rows answered, {logged.Count} rows logged");
        Assert.True(answered.Count > kills);
        Assert.All(logged, l => Assert.Equal(1, l.Count));
        Assert.Equal(answered.Keys.Order(StringComparer.Ordinal), logged.Select(l => l.Id).Order(StringComparer.Ordinal));
        Assert.All(logged, l => Assert.Equal(answered[l.Id], l.Prediction));
    }

    [Theory]
    [InlineData("predictions.taken", 0)]
    [InlineData("predictions.written", 1)]
    public async Task A_request_that_was_not_answered_may_be_logged_and_its_retry_is_logged_once(string place, int rows)
    {
        var answered = new ConcurrentDictionary<string, float>();
        using (var victim = Victim.Start(_home, "serve", place))
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{victim.ReadLine()}/") })
            Assert.False(await Send(http, "a", 1, answered));
        Assert.Equal(rows, Logged().Count);

        using (var victim = Victim.Start(_home, "serve", null))
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{victim.ReadLine()}/") })
            Assert.True(await Send(http, "a", 1, answered));

        var one = Assert.Single(Logged());
        Assert.Equal(("a", 1L, answered["a"]), one);
    }

    [Theory]
    [InlineData("predictions.staged")]
    [InlineData("predictions.entry-written")]
    [InlineData("predictions.entry-put")]
    [InlineData("predictions.committed")]
    [InlineData("predictions.named")]
    public async Task A_fold_that_dies_is_taken_up_and_folds_each_segment_once(string place)
    {
        var answered = new ConcurrentDictionary<string, float>();
        using (var victim = Victim.Start(_home, "serve", place))
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{victim.ReadLine()}/") })
        {
            for (var i = 0; await Send(http, $"r{i}", 1, answered); i++)
                await Task.Delay(5, Cancellation);
        }

        Assert.NotEmpty(answered);
        var before = Logged();
        Assert.Superset(answered.Keys.ToHashSet(), before.Select(b => b.Id).ToHashSet());
        using (var fold = Victim.Start(_home, "fold", null))
            fold.End();

        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_home, "predictions", "demand"), "*.segment"));
        Assert.Equal(before, Logged());
        Assert.All(before, b => Assert.Equal(1, b.Count));
    }

    private static float Temp(string id) => id.Sum(c => c) % 1000;

    /// <returns>False when the server died before it answered.</returns>
    private static async Task<bool> Send(HttpClient http, string id, int rows, ConcurrentDictionary<string, float> answered)
    {
        var temp = Temp(id).ToString(CultureInfo.InvariantCulture);
        string All(string value) => string.Join(",", Enumerable.Repeat(value, rows));
        var body = $$"""{"id":"{{id}}","inputs":[{"name":"temp","shape":[{{rows}}],"datatype":"FP32","data":[{{All(temp)}}]},{"name":"hour","shape":[{{rows}}],"datatype":"INT64","data":[{{All("1")}}]}]}""";
        try
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await http.PostAsync(new Uri("v2/models/demand/infer", UriKind.Relative), content, Cancellation);
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.IsSuccessStatusCode, text);
            for (var row = 0; row < rows; row++)
                answered[rows == 1 ? id : $"{id}/{row}"] = (2 * Temp(id)) + 1;
            return true;
        }
        // A server that dies while its connection is made shows as the socket's own error.
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return false;
        }
    }

    private List<(string Id, long Count, float Prediction)> Logged()
    {
        using var ledger = Millrace.Ledger.Ledger.Open(Path.Combine(_home, "ledger.db"), TimeProvider.System);
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(_home, "tmp"), Threads = 1 });
        using var session = pool.Rent();
        if (new PredictionTable(_home, "demand", ledger, pool).Read(session) is not { } relation)
            return [];
        session.Define("predictions", relation);
        return [.. session.Query("SELECT prediction_id, count(*), max(prediction) FROM predictions GROUP BY ALL ORDER BY 1").Rows()
            .Select(r => ((string)r[0]!, (long)r[1]!, (float)r[2]!))];
    }

    private sealed class Victim : IDisposable
    {
        private readonly Process _process;

        private Victim(Process process) => _process = process;

        public static Victim Start(string home, string verb, string? failpoint)
        {
            var program = Path.Combine(AppContext.BaseDirectory, "Millrace.Victim" + (OperatingSystem.IsWindows() ? ".exe" : ""));
            var start = new ProcessStartInfo(program, [verb, home]) { RedirectStandardOutput = true };
            start.Environment.Remove("MILLRACE_FAILPOINT");
            if (failpoint is not null)
                start.Environment["MILLRACE_FAILPOINT"] = failpoint;
            return new Victim(Process.Start(start)!);
        }

        public string ReadLine() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The victim ended before "
            + "it said anything.");

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void End()
        {
            Assert.True(_process.WaitForExit(TimeSpan.FromMinutes(2)));
            Assert.Equal(0, _process.ExitCode);
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                Kill();
            _process.Dispose();
        }
    }
}
