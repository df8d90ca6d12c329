using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Millrace.Sources;
using Millrace.Sources.Connectors;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Answers of a real web server.</summary>
public sealed class HttpConnectorTests : ConnectorTests
{
    private readonly List<(long Id, string Name)> _rows = [];
    private readonly HttpServer _server;
    private RequestDelegate? _instead;

    public HttpConnectorTests() => _server = new HttpServer(http => (_instead ?? Paged)(http));

    protected override string Called => _server.Url + "/rows";

    protected override string Definition => $$"""
        type: http
        cursor: {column: id}
        http:
          url: {{_server.Url}}/rows
          records: data.items
          headers: {Authorization: "Bearer ${env:SECRET}"}
          query: {api_key: "${env:SECRET}"}
          from_parameter: above
          pagination: {by: page, size_parameter: size, size: 1000}
          attempts: 2
          wait_seconds: 0
        """;

    protected override string? Endless
    {
        get
        {
            _instead = http => Task.Delay(Timeout.Infinite, http.RequestAborted);
            return Definition;
        }
    }

    private CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public override void Dispose()
    {
        _server.Dispose();
        base.Dispose();
    }

    [Theory]
    [InlineData("{by: page, size: 7, size_parameter: size}")]
    [InlineData("{by: page, parameter: p, start: 0}")]
    [InlineData("{by: offset, size: 7, size_parameter: size}")]
    [InlineData("{by: cursor, cursor: meta.next}")]
    [InlineData("{by: cursor, cursor: meta.url}")]
    [InlineData("{by: link}")]
    public void Pages_are_read_to_the_end_whatever_leads_to_the_next(string pagination)
    {
        Put(Rows(1, 40));
        _instead = http =>
        {
            var query = http.Request.Query;
            int Number(string name, int otherwise) => int.TryParse(query[name], CultureInfo.InvariantCulture, out var n) ? n : otherwise;
            var from = query.ContainsKey("p") ? Number("p", 0) * 7 : query.ContainsKey("offset") ? Number("offset", 0) : query.ContainsKey("cursor") ? Number("cursor", 0) : (Number("page", 1) - 1) * 7;
            var next = from + 7 < _rows.Count ? from + 7 : (int?)null;
            var url = next is null ? null : $"{_server.Url}/rows?cursor={next}";
            if (url is not null)
                http.Response.Headers.Link = new StringValues($"<{_server.Url}/rows?a=1,2>; rel=\"prev\", </rows?cursor={next}>; title=\"a, b\"; rel=\"last next\"");
            return http.Response.WriteAsync(new JsonObject
            {
                ["items"] = new JsonArray([.. _rows.Skip(from).Take(7).Select(r => new JsonObject { ["id"] = r.Id, ["name"] = r.Name })]),
                ["meta"] = new JsonObject { ["next"] = next, ["url"] = url },
            }.ToJsonString());
        };
        Assert.Equal(Ids(1, 40), Load(Plain($"records: items\n  pagination: {pagination}")));
    }

    [Fact]
    public void An_answer_that_did_not_change_is_not_brought_again()
    {
        var (etag, body) = ("\"a\"", "[{\"id\": 1, \"name\": \"x\"}]");
        _instead = http =>
        {
            if (http.Request.Headers.IfNoneMatch == etag)
            {
                http.Response.StatusCode = 304;
                return Task.CompletedTask;
            }

            http.Response.Headers.ETag = etag;
            return http.Response.WriteAsync(body);
        };
        var landing = Fetch(Plain(""), null, Cancellation, out var first);
        Assert.Single(landing.Files);
        landing = Fetch(Plain(""), first.State, Cancellation, out var second);
        Assert.Empty(landing.Files);
        Assert.False(second.IsWhole);
        Assert.Equal(first.State!.ToJsonString(), second.State!.ToJsonString());
        (etag, body) = ("\"b\"", "[{\"id\": 2, \"name\": \"y\"}]");
        landing = Fetch(Plain(""), second.State, Cancellation, out var third);
        Assert.True(third.IsWhole);
        Assert.Equal("{\"id\":2,\"name\":\"y\"}\n", File.ReadAllText(landing.Files[0].Path));
    }

    [Fact]
    public void Last_modified_serves_where_there_is_no_etag()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        _instead = http =>
        {
            if (http.Request.GetTypedHeaders().IfModifiedSince >= at)
            {
                http.Response.StatusCode = 304;
                return Task.CompletedTask;
            }

            http.Response.GetTypedHeaders().LastModified = at;
            return http.Response.WriteAsync("[]");
        };
        Fetch(Plain(""), null, Cancellation, out var first);
        Assert.Equal("Fri, 02 Jan 2026 03:04:05 GMT", (string?)first.State!["last_modified"]);
        Assert.Empty(Fetch(Plain(""), first.State, Cancellation, out _).Files);
    }

    [Fact]
    public void Numbers_keep_their_digits_and_a_record_its_line()
    {
        _instead = http => http.Response.WriteAsync("{\n \"items\": [ {\"id\":\n 1, \"name\": \"a\\nb\", \"n\": 12345678901234567.123456789012345678, \"e\": 1e2} ]\n}");
        var landing = Fetch(Plain("records: items"), null, Cancellation, out _);
        Assert.Equal("{\"id\":1,\"name\":\"a\\nb\",\"n\":12345678901234567.123456789012345678,\"e\":1e2}\n", File.ReadAllText(landing.Files[0].Path));
    }

    [Theory]
    [InlineData("ndjson", "{\"id\": 1,  \"name\":\"x\"}\n", "page-00001.ndjson")]
    [InlineData("csv", "id,name\n1,x\n", "page-00001.csv")]
    public void Lines_and_csv_are_kept_as_they_are_also_when_packed(string answer, string body, string file)
    {
        _instead = async http =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(body));
        };
        var landing = Fetch(Plain($"answer: {answer}"), null, Cancellation, out var result);
        Assert.Equal((file, body), (landing.Files[0].Name, File.ReadAllText(landing.Files[0].Path)));
        Assert.Equal(body.Length, result.Receipts[0].Bytes);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("date")]
    public void A_server_that_asks_to_come_back_later_is_asked_again_exactly_then(string after)
    {
        var clock = new WaitingClock();
        var asked = 0;
        _instead = http =>
        {
            if (++asked == 1)
            {
                http.Response.StatusCode = 429;
                http.Response.Headers.RetryAfter = after == "date" ? clock.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture) : after;
                return Task.CompletedTask;
            }

            return http.Response.WriteAsync("[{\"id\":1,\"name\":\"x\"}]");
        };
        var landing = Fetch(Plain("wait_seconds: 50"), clock);
        Assert.Single(landing.Files);
        Assert.Equal([TimeSpan.FromSeconds(after == "date" ? 90 : 2)], clock.Waits);
    }

    [Fact]
    public void Without_such_a_word_the_waits_double_and_a_seed_spreads_them()
    {
        _instead = http =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        var (first, second) = (new WaitingClock(), new WaitingClock());
        var error = Assert.Throws<SourceException>(() => Fetch(Plain("attempts: 5\n  wait_seconds: 8"), first));
        Assert.Throws<SourceException>(() => Fetch(Plain("attempts: 5\n  wait_seconds: 8"), second));
        Assert.Contains("503", error.Message, StringComparison.Ordinal);
        Assert.Contains("asked 5 times", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, first.Waits.Count);
        Assert.All(first.Waits.Select((w, i) => w.TotalSeconds / (8 << i)), share => Assert.InRange(share, 0.5, 1));
        Assert.Equal(first.Waits, second.Waits);
    }

    [Fact]
    public void A_server_that_asks_for_too_long_a_wait_is_an_error()
    {
        _instead = http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers.RetryAfter = "100000";
            return Task.CompletedTask;
        };
        Assert.Contains("max_wait_seconds", Assert.Throws<SourceException>(() => Load(Plain(""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_breaks_off_is_asked_for_again_and_lands_once()
    {
        var asked = 0;
        _instead = async http =>
        {
            http.Response.ContentLength = 30;
            await http.Response.WriteAsync("{\"id\":1,\"name\":\"x\"}\n");
            await http.Response.Body.FlushAsync();
            if (++asked == 1)
                http.Abort();
            else
                await http.Response.WriteAsync("{\"id\":22}\n");
        };
        var landing = Fetch(Plain("answer: ndjson\n  wait_seconds: 0"), null, Cancellation, out var result);
        Assert.Equal("{\"id\":1,\"name\":\"x\"}\n{\"id\":22}\n", File.ReadAllText(Assert.Single(landing.Files).Path));
        Assert.Single(result.Receipts);
    }

    [Fact]
    public void A_redirect_is_followed_and_secrets_stay_with_their_host()
    {
        using var other = new HttpServer(http => http.Response.WriteAsync("[{\"id\":1,\"name\":\"x\"}]"));
        _instead = http =>
        {
            http.Response.Redirect(http.Request.Path == "/rows" ? "/moved" : other.Url + "/far");
            return Task.CompletedTask;
        };
        Assert.Equal([1], Load(Plain("headers: {X-Api-Key: '${env:SECRET}'}\n  query: {token: '${env:SECRET}'}\n  user: me\n  password: ${env:SECRET}")));
        Assert.Equal(2, _server.Asked.Count(a => a.Headers["X-Api-Key"] == Secret && a.Headers["Authorization"].StartsWith("Basic ", StringComparison.Ordinal)));
        var far = Assert.Single(other.Asked);
        Assert.DoesNotContain(far.Headers, h => h.Value.Contains(Secret, StringComparison.Ordinal) || h.Key is "Authorization" or "X-Api-Key");
        Assert.DoesNotContain(Secret, far.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Redirects_and_pages_that_go_round_in_a_circle_end_in_an_error()
    {
        _instead = http =>
        {
            http.Response.Redirect("/rows");
            return Task.CompletedTask;
        };
        Assert.Contains("sent on more than", Assert.Throws<SourceException>(() => Load(Plain(""))).Message, StringComparison.Ordinal);
        _instead = http => http.Response.WriteAsync("{\"items\": [{\"id\": 1}], \"next\": \"same\"}");
        Assert.Contains("circle", Assert.Throws<SourceException>(() => Load(Plain("records: items\n  pagination: {by: cursor, cursor: next}"))).Message, StringComparison.Ordinal);
        _instead = http => http.Response.WriteAsync("{\"items\": [{\"id\": 1}]}");
        Assert.Contains("max_pages", Assert.Throws<SourceException>(() => Load(Plain("records: items\n  pagination: {by: page, max_pages: 3}"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "", "Check the credentials")]
    [InlineData(404, "no such thing", "Check 'url'")]
    [InlineData(200, "<html>login</html>", "is no JSON")]
    [InlineData(200, "{\"rows\": []}", "has no 'items'")]
    public void An_answer_that_is_not_meant_says_what_came_and_what_to_check(int status, string body, string said)
    {
        _instead = http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(body);
        };
        var error = Assert.Throws<SourceException>(() => Load(Plain("records: items\n  query: {key: '${env:SECRET}', plain: a}")));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains($"{_server.Url}/rows?plain=a:", error.Message, StringComparison.Ordinal);
        Assert.Single(_server.Asked);
    }

    [Fact]
    public void An_answer_beyond_the_limits_is_refused_also_one_that_grows_when_unpacked()
    {
        _instead = async http =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(http.Response.Body, CompressionLevel.Fastest);
            for (var i = 0; i < 64; i++)
                await gzip.WriteAsync(new byte[1 << 16]);
        };
        Assert.Contains("max_page_mb", Assert.Throws<SourceException>(() => Load(Plain("max_page_mb: 1"))).Message, StringComparison.Ordinal);
        Assert.Contains("max_total_mb", Assert.Throws<SourceException>(() => Load(Plain("answer: ndjson\n  max_total_mb: 2"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_port_says_where_nobody_answers()
    {
        var port = Child.FreePort();
        var error = Assert.Throws<SourceException>(() => Load(Plain("wait_seconds: 0").Replace(_server.Url, $"http://127.0.0.1:{port}", StringComparison.Ordinal)));
        Assert.Contains($"http://127.0.0.1:{port}/rows: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows) => _rows.AddRange(rows);

    protected override string? BreakOff()
    {
        _instead = http =>
        {
            if (http.Request.Query["page"] != "3")
                return Paged(http);
            http.Response.StatusCode = 500;
            return http.Response.WriteAsync("out of order");
        };
        return Definition;
    }

    protected override void Mend() => _instead = null;

    private string Plain(string more) => $$"""
        type: http
        http:
          url: {{_server.Url}}/rows
          {{more}}
        """;

    private Landing Fetch(string definition, TimeProvider time)
    {
        var source = Source(definition);
        var landing = new Landing(Path.Combine(Folder, Guid.NewGuid().ToString("N")));
        source.Place!.Fetch(new FetchRequest { Source = source, Landing = landing, ProjectFolder = Folder, Secrets = new Secrets(Folder, _ => Secret), Time = time }, Cancellation);
        return landing;
    }

    private Task Paged(HttpContext http)
    {
        if (http.Request.Headers.Authorization != "Bearer " + Secret || http.Request.Query["api_key"] != Secret)
        {
            http.Response.StatusCode = 401;
            return Task.CompletedTask;
        }

        var above = long.TryParse(http.Request.Query["above"], CultureInfo.InvariantCulture, out var a) ? a : 0;
        var page = int.Parse(http.Request.Query["page"]!, CultureInfo.InvariantCulture);
        var size = int.Parse(http.Request.Query["size"]!, CultureInfo.InvariantCulture);
        var items = _rows.Where(r => r.Id > above).Skip((page - 1) * size).Take(size).Select(r => (JsonNode)new JsonObject { ["id"] = r.Id, ["name"] = r.Name });
        return http.Response.WriteAsync(new JsonObject { ["data"] = new JsonObject { ["items"] = new JsonArray([.. items]) } }.ToJsonString());
    }

    /// <summary>A clock whose waits are over at once, and are remembered.</summary>
    private sealed class WaitingClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        public List<TimeSpan> Waits { get; } = [];

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            _now += dueTime;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
