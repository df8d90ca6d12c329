using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Millrace.Delivery;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Delivery;

/// <summary>Released rows at an address, which answers as each test says.</summary>
public sealed class HttpDeliveryTests : IDisposable
{
    private readonly Receiver _receiver = new();

    public void Dispose() => _receiver.Dispose();

    [Fact]
    public void Rows_come_in_batches_in_order_each_with_a_key_of_its_own()
    {
        using var project = Orders("batch_rows: 2").Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20", "2026-01-03,3,30");
        project.RunWell();
        Assert.Equal((DeliveryState.Delivered, 3L), (Deliver(project).State, 3L));
        Assert.Equal(
            ["{\"day\":\"2026-01-01\",\"id\":1,\"amount\":10}\n{\"day\":\"2026-01-02\",\"id\":2,\"amount\":20}\n", "{\"day\":\"2026-01-03\",\"id\":3,\"amount\":30}\n"],
            _receiver.Taken.Select(t => t.Body));
        Assert.Equal(2, _receiver.Taken.Select(t => t.Key).Distinct().Count());
        Assert.Equal([null, "true"], _receiver.Taken.Select(t => t.Last));
        Assert.All(_receiver.Taken, t => Assert.Equal("Bearer s3cret-token", t.Authorization));
    }

    [Fact]
    public void Changes_say_what_came_and_what_went()
    {
        using var project = Orders("batch_rows: 100", "mode: changes\nkey: id\n").Orders("a.csv", "2026-01-01,1,10").Orders("b.csv", "2026-01-02,2,20", "2026-01-03,3,30");
        project.RunWell();
        Deliver(project);
        project.Orders("b.csv", "2026-01-02,2,21").RunWell();
        var result = Deliver(project);
        Assert.Equal((1L, 1L), (result.Rows, result.Deleted));
        Assert.Equal("{\"_op\":\"upsert\",\"day\":\"2026-01-02\",\"id\":2,\"amount\":21}\n{\"_op\":\"delete\",\"id\":3}\n", _receiver.Taken.Last().Body);
    }

    [Fact]
    public void A_delivery_that_broke_off_goes_on_where_it_was_and_repeats_only_what_was_not_answered()
    {
        using var project = Orders("batch_rows: 1", "attempts: 1\n").Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20", "2026-01-03,3,30");
        project.RunWell();
        _receiver.Answer = n => n == 2 ? (503, null) : (200, null);
        var failed = Deliver(project);
        Assert.Equal(DeliveryState.Failed, failed.State);
        Assert.Contains("answered batch 2 with 503", failed.Message);

        Assert.Equal(DeliveryState.Delivered, Deliver(project).State);
        Assert.Equal(["1", "2", "2", "3"], _receiver.All.Select(t => t.Batch));
        Assert.Equal(3, _receiver.All.Select(t => t.Key).Distinct().Count());
    }

    [Fact]
    public void A_busy_place_is_asked_again_when_it_said()
    {
        using var project = Orders("batch_rows: 100").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        _receiver.Answer = n => n == 1 ? (429, "0") : (200, null);
        Assert.Equal(DeliveryState.Delivered, Deliver(project).State);
        Assert.Equal(2, _receiver.All.Count);
    }

    [Fact]
    public void A_refusal_is_not_repeated_and_hides_the_secret()
    {
        using var project = Orders("batch_rows: 100").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        _receiver.Answer = _ => (401, null);
        _receiver.Text = "no right for s3cret-token";
        var result = Deliver(project);
        Assert.Equal(DeliveryState.Failed, result.State);
        Assert.EndsWith("no right for ***", result.Message);
        Assert.Single(_receiver.All);
    }

    private SampleProject Orders(string settings, string more = "") => WithOrders().Write("token.txt", "s3cret-token").Write(
        "sinks/hook.yaml",
        $"table: orders\ntype: http\n{more}http:\n  url: {_receiver.Url}\n  headers: [\"Authorization: Bearer ${{file:token.txt}}\"]\n  {settings}\n");

    private static DeliveryResult Deliver(SampleProject project)
    {
        using var engine = project.Open();
        return Assert.Single(engine.Deliver([], false, _ => { }, TestContext.Current.CancellationToken));
    }

    private sealed record Taken(string Body, string? Key, string? Batch, string? Last, string? Authorization, int Status);

    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _serving;
        private int _number;

        public Receiver()
        {
            for (var port = 20000 + (Environment.ProcessId * 7 % 20000); ; port++)
            {
                try
                {
                    Url = FormattableString.Invariant($"http://127.0.0.1:{port}/rows/");
                    _listener.Prefixes.Clear();
                    _listener.Prefixes.Add(Url);
                    _listener.Start();
                    break;
                }
                catch (HttpListenerException)
                {
                    // Another program has the port.
                }
            }

            _serving = Task.Run(Serve);
        }

        public string Url { get; }

        public string Text { get; set; } = "";

        public Func<int, (int Status, string? RetryAfter)> Answer { get; set; } = _ => (200, null);

        public ConcurrentQueue<Taken> All { get; } = [];

        public IEnumerable<Taken> Taken => All.Where(t => t.Status == 200);

        public void Dispose()
        {
            _listener.Stop();
            _serving.Wait(TestContext.Current.CancellationToken);
            _listener.Close();
        }

        private void Serve()
        {
            while (true)
            {
                try
                {
                    var call = _listener.GetContext();
                    var (status, retry) = Answer(++_number);
                    using (var reader = new StreamReader(call.Request.InputStream, Encoding.UTF8))
                    {
                        var headers = call.Request.Headers;
                        All.Enqueue(new Taken(
                            reader.ReadToEnd(), headers["Idempotency-Key"], headers["Millrace-Batch"], headers["Millrace-Last"], headers["Authorization"], status));
                    }

                    call.Response.StatusCode = status;
                    if (retry is not null)
                        call.Response.Headers["Retry-After"] = retry;
                    call.Response.OutputStream.Write(Encoding.UTF8.GetBytes(Text));
                    call.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }
            }
        }
    }
}
