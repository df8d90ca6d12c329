using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Server;
using Millrace.Serving;
using Millrace.Sources.Connectors;

namespace Millrace.Tests.Server;

/// <summary>What other programs push, over HTTP.</summary>
public sealed class IngestApiTests : IAsyncLifetime
{
    private static readonly AssetKey Orders = new(AssetKind.Source, "orders");

    private readonly string _home = Path.Combine(Path.GetTempPath(), "millrace-ingest-" + Guid.NewGuid().ToString("N"));
    private readonly HttpClient _http = new();
    private Inboxes? _inboxes;
    private MillraceServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _inboxes = new Inboxes(_home, [Orders], TimeProvider.System);
        _server = await MillraceServer.StartAsync(new ServerOptions { Port = 0, MaxBodyBytes = 100_000 }, new Dictionary<string, EndpointRuntime>(), _inboxes, Cancellation);
        _http.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server!.DisposeAsync();
        _inboxes!.Dispose();
        if (Directory.Exists(_home))
            Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task Lines_are_taken_and_a_repeated_key_gets_the_same_answer_and_counts_once()
    {
        var first = await Push("{\"id\":1}\n\n{\"id\":2}", "k1");
        Assert.Equal((202, """{"source":"orders","sequence":1,"rows":2}"""), first);
        Assert.Equal(first, await Push("{\"id\":1}\n\n{\"id\":2}", "k1"));
        Assert.Equal(1, _inboxes!.Find("orders")!.Sequence);
        var (status, text) = await Push("{\"id\":3}", "k1");
        Assert.Equal(409, status);
        Assert.Contains("'k1'", text, StringComparison.Ordinal);
        Assert.Equal((202, """{"source":"orders","sequence":2,"rows":1}"""), await Push("{\"id\":3}", "k2"));
        Assert.Equal((202, """{"source":"orders","sequence":3,"rows":1}"""), await Push("{\"id\":3}", null));
        Assert.Equal("{\"id\":1}\n\n{\"id\":2}\n{\"id\":3}\n{\"id\":3}\n", Stored());
    }

    [Fact]
    public async Task A_packed_body_is_unpacked_within_the_limits()
    {
        Assert.Equal(202, (await Push("{\"id\":1}\n", "a", packing: "gzip")).Status);
        Assert.Equal("{\"id\":1}\n", Stored());
        Assert.Equal(413, (await Push(new string('\n', 100_001), "b", packing: "gzip")).Status);
        Assert.Equal(400, (await Push("no gzip", "c", packing: "gzip-not")).Status);
        Assert.Equal(415, (await Push("{}", "d", packing: "br")).Status);
        Assert.Equal("{\"id\":1}\n", Stored());
    }

    [Theory]
    [InlineData("/ingest/customers", "POST", "application/x-ndjson", "k", "{}", 404)]
    [InlineData("/ingest", "POST", "application/x-ndjson", "k", "{}", 404)]
    [InlineData("/ingest/orders/more", "POST", "application/x-ndjson", "k", "{}", 404)]
    [InlineData("/ingest/..%2forders", "POST", "application/x-ndjson", "k", "{}", 404)]
    [InlineData("/ingest/orders", "PUT", "application/x-ndjson", "k", "{}", 405)]
    [InlineData("/ingest/orders", "POST", "text/plain", "k", "{}", 415)]
    [InlineData("/ingest/orders", "POST", "application/x-ndjson", "has space", "{}", 400)]
    [InlineData("/ingest/orders", "POST", "application/x-ndjson", "k", "", 400)]
    public async Task What_is_not_meant_is_refused(string path, string method, string type, string key, string body, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEmpty((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["error"]!);
        Assert.Equal(0, _inboxes!.Find("orders")!.Sequence);
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_no_utf8_is_refused()
    {
        Assert.Equal(413, (await Push(new string('\n', 100_001), "a")).Status);
        using var content = new ByteArrayContent([0x7b, 0xff, 0x7d]);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-ndjson");
        using var answer = await _http.PostAsync(new Uri("/ingest/orders", UriKind.Relative), content, Cancellation);
        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "http://evil.example")]
    public async Task A_web_page_of_another_origin_cannot_push(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/orders") { Content = new StringContent("{}", Encoding.UTF8, "application/x-ndjson") };
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await _http.SendAsync(request, Cancellation);
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Equal(0, _inboxes!.Find("orders")!.Sequence);
    }

    [Fact]
    public async Task Of_many_requests_at_once_with_the_same_keys_each_counts_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Push($"{{\"id\":{i % 20}}}", $"k{i % 20}")));
        Assert.All(answers, a => Assert.Equal(202, a.Status));
        Assert.Equal(20, answers.Select(a => a.Body).Distinct().Count());
        Assert.Equal(20, _inboxes!.Find("orders")!.Sequence);
    }

    [Fact]
    public async Task Whenever_the_server_is_killed_each_answered_request_is_there_once()
    {
        var home = _home + "-kill";
        var chance = new Random(20120101);
        var answered = new ConcurrentDictionary<string, bool>();
        var unsure = new ConcurrentQueue<string>();
        try
        {
            for (var kill = 0; kill <= 4; kill++)
            {
                using var victim = Sources.Connectors.Child.Start(Path.Combine(AppContext.BaseDirectory, "Millrace.Victim"), ["ingest", home]);
                victim.WaitUntil(() => victim.Said.Contains('\n', StringComparison.Ordinal), "it listened");
                using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{victim.Said.Split('\n')[0].Trim()}/") };
                while (unsure.TryDequeue(out var again))
                    Assert.True(await Send(http, again), $"The retry of {again} got no answer.");
                if (kill == 4)
                    break;
                using var stop = new CancellationTokenSource();
                var clients = Enumerable.Range(0, 3).Select(c => Task.Run(
                    async () =>
                    {
                        for (var i = 0; !stop.IsCancellationRequested; i++)
                        {
                            var key = string.Create(CultureInfo.InvariantCulture, $"k{kill}c{c}i{i}");
                            if (await Send(http, key))
                                continue;
                            unsure.Enqueue(key);
                            return;
                        }
                    },
                    Cancellation)).ToList();
                await Task.Delay(chance.Next(50, 400), Cancellation);
                victim.Kill();
                await stop.CancelAsync();
                await Task.WhenAll(clients);
            }

            using var inbox = Inbox.Open(home, Orders, TimeProvider.System);
            var stored = InboxSegment.Read(Inbox.FolderOf(home, Orders), 0).Select(Text).ToList();
            Assert.Equal(stored.Count, stored.Distinct().Count());
            Assert.Equal(answered.Keys.Order(), stored.Order());
        }
        finally
        {
            if (Directory.Exists(home))
                Directory.Delete(home, recursive: true);
        }

        async Task<bool> Send(HttpClient http, string key)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "ingest/orders") { Content = new StringContent($"\"{key}\"\n", Encoding.UTF8, "application/x-ndjson") };
                request.Headers.Add("Idempotency-Key", key);
                using var answer = await http.SendAsync(request, Cancellation);
                Assert.Equal(202, (int)answer.StatusCode);
                return answered[$"\"{key}\"\n"] = true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    private string Stored() => string.Concat(InboxSegment.Read(Inbox.FolderOf(_home, Orders), 0).Select(Text));

    private static string Text(InboxEntry entry)
    {
        using var stream = new MemoryStream();
        entry.CopyTo(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private async Task<(int Status, string Body)> Push(string body, string? key, string? packing = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        if (packing == "gzip")
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
                gzip.Write(bytes);
            bytes = packed.ToArray();
        }

        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("application/x-ndjson");
        if (packing is not null)
            content.Headers.ContentEncoding.Add(packing == "gzip-not" ? "gzip" : packing);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ingest/orders") { Content = content };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await _http.SendAsync(request, Cancellation);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
