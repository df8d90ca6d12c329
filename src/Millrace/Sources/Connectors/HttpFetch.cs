using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Sources.Connectors;

/// <summary>One fetch from an HTTP server: page after page, each repeated while it fails in passing.</summary>
internal sealed class HttpFetch : IDisposable
{
    private const int MaxRedirects = 10;

    private readonly HttpPlace _place;
    private readonly FetchRequest _request;
    private readonly HttpClient _client;
    private readonly List<Receipt> _receipts = [];
    private readonly HttpPatience _patience;
    private readonly Uri _first;
    private long _bytes;

    public HttpFetch(HttpPlace place, FetchRequest request)
    {
        (_place, _request) = (place, request);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All, ConnectTimeout = place.TimeOut, UseProxy = true,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _first = First();
        _patience = new HttpPatience(place, request.Time, Seed(request.Source.Key.Name));
    }

    public FetchResult Run(CancellationToken cancellationToken)
    {
        JsonObject? state = null;
        if (_place.Pages is null)
        {
            var held = _request.Range is null ? _request.State : null;
            var page = Page(_first, 1, held, cancellationToken);
            if (page.IsUnchanged)
                return new FetchResult { State = _request.State, Receipts = [] };
            if (page.ETag is not null || page.Modified is not null)
                state = new JsonObject { ["etag"] = page.ETag, ["last_modified"] = page.Modified };
        }
        else
        {
            All(_place.Pages, cancellationToken);
        }

        return new FetchResult { State = state, IsWhole = _request.Range is null, Receipts = _receipts };
    }

    public void Dispose() => _client.Dispose();

    private void All(HttpPages pages, CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        var (url, offset) = (pages.By is "page" or "offset" ? Numbered(pages, pages.Start) : Sized(_first, pages), pages.Start);
        for (long number = 1; ; number++)
        {
            if (number > pages.MaxPages)
                throw Fail(url, $"there are more than {pages.MaxPages} pages. Raise 'max_pages' if that is right.");
            if (!asked.Add(url.AbsoluteUri))
                throw Fail(url, $"page {number} has the address of an earlier page: the pages go round in a circle. Check 'pagination'.");
            var page = Page(url, number, null, cancellationToken);
            Uri? next;
            switch (pages.By)
            {
                case "link":
                    next = page.Next;
                    break;
                case "cursor":
                    next = Following(url, pages, page.Cursor);
                    break;
                default:
                    offset += pages.By == "page" ? 1 : page.Records;
                    next = page.Records == 0 || page.Records < pages.Size ? null : Numbered(pages, offset);
                    break;
            }

            if (next is null)
                return;
            url = next;
        }
    }

    private HttpPage Page(Uri url, long number, JsonObject? held, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = string.Create(CultureInfo.InvariantCulture, $"page-{number:D5}.{(_place.Format.Length == 0 ? "bin" : _place.Format)}");
            try
            {
                return Once(url, name, held, cancellationToken);
            }
            catch (Exception e) when (HttpPatience.IsPassing(e) && !cancellationToken.IsCancellationRequested)
            {
                _request.Landing.Withdraw(name);
                var said = (e as PassingException)?.Message ?? Reason(e);
                if (attempt >= _place.Attempts)
                    throw Fail(url, $"{said}. It was asked {attempt} times, and nothing of this load is kept. Run again once the server is well; 'attempts' and 'wait_seconds' say how patient a load is.", e);
                if (_patience.Before(attempt, (e as PassingException)?.RetryAfter) is not { } wait)
                    throw Fail(url, $"{said}, and asks to come back later than 'max_wait_seconds' ({_place.MaxWait.TotalSeconds.ToString(CultureInfo.InvariantCulture)}) allows. Run again then.", e);
                _request.Said?.Invoke($"{Shown(url)}: {said}; asking again in {wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s");
                _patience.Wait(wait, cancellationToken);
            }
        }
    }

    private HttpPage Once(Uri url, string name, JsonObject? held, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(_place.TimeOut);
        using var answer = Send(url, held, silence.Token);
        if (answer.StatusCode == HttpStatusCode.NotModified && held is not null)
            return new HttpPage { IsUnchanged = true };
        if (!answer.IsSuccessStatusCode)
            throw Refused(url, answer);
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return new HttpPage();

        var etag = answer.Headers.ETag?.ToString();
        var modified = answer.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);
        var expected = answer.Content.Headers.ContentEncoding.Count == 0 ? answer.Content.Headers.ContentLength : null;
        using var body = answer.Content.ReadAsStream(silence.Token);
        var next = NextLink(answer, url);
        var before = _bytes;
        var page = _place.Answer == "json"
            ? Records(url, name, body, silence)
            : Copy(url, name, body, silence);
        if (expected is { } length && _bytes - before != length)
            throw new PassingException($"the answer broke off after {_bytes - before} of {length} bytes", null);
        var landed = _request.Landing.Files[^1];
        var details = new Dictionary<string, string> { ["page"] = name, ["status"] = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture) };
        if (etag is not null)
            details["etag"] = etag;
        if (modified is not null)
            details["last_modified"] = modified;
        _receipts.Add(new Receipt(Shown(url), [landed.Name], _bytes - before, landed.Hash, _request.Time.GetUtcNow(), details));
        return page with { ETag = etag, Modified = modified, Next = next };
    }

    /// <summary>Sends a request and follows where it is sent on to. What the definition adds goes to its own host only, and never from https to http.</summary>
    private HttpResponseMessage Send(Uri url, JsonObject? held, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var message = new HttpRequestMessage(HttpMethod.Get, url);
            if (IsHome(url))
                AddHeaders(message);
            message.Headers.TryAddWithoutValidation("User-Agent", "millrace");
            if (held is not null && (string?)held["etag"] is { } etag)
                message.Headers.TryAddWithoutValidation("If-None-Match", etag);
            if (held is not null && (string?)held["last_modified"] is { } modified)
                message.Headers.TryAddWithoutValidation("If-Modified-Since", modified);
            var answer = _client.Send(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } to)
                return answer;
            answer.Dispose();
            var target = new Uri(url, to);
            if (redirects == MaxRedirects)
                throw Fail(url, $"it is sent on more than {MaxRedirects} times. Check 'url'.");
            if (target.Scheme is not ("http" or "https") || (url.Scheme == "https" && target.Scheme == "http"))
                throw Fail(url, $"it is sent on to '{_request.Secrets.Hide(target.GetLeftPart(UriPartial.Path))}', which is not as safe. Write the address that is meant in 'url'.");
            url = target;
        }
    }

    private bool IsHome(Uri url) => url.Scheme == _first.Scheme && url.IdnHost.Equals(_first.IdnHost, StringComparison.OrdinalIgnoreCase) && url.Port == _first.Port;

    private void AddHeaders(HttpRequestMessage message)
    {
        foreach (var (name, value) in _place.Headers)
        {
            var text = _request.Secrets.Resolve(value);
            if (text.AsSpan().ContainsAny('\r', '\n') || !message.Headers.TryAddWithoutValidation(name, text))
                throw new SourceException($"The header '{name}' for {Shown(_first)} is none that a request can have: its name or value has a character that HTTP does not allow.");
        }

        if (_place.User is not null)
        {
            var pair = $"{_request.Secrets.Resolve(_place.User)}:{_request.Secrets.Resolve(_place.Password ?? "")}";
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
    }

    /// <summary>The records of a JSON answer, one a line, with the digits of their numbers as they came.</summary>
    private HttpPage Records(Uri url, string name, Stream body, CancellationTokenSource silence)
    {
        using var whole = new MemoryStream();
        Pump(url, body, whole.Write, silence, _place.MaxPageBytes, "max_page_mb");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(whole.GetBuffer().AsMemory(0, (int)whole.Length));
        }
        catch (JsonException e)
        {
            throw Fail(url, $"the answer is no JSON: {_request.Secrets.Hide(e.Message)} It begins with: {Start(whole)}. Check 'url' and 'answer'.", e);
        }

        using (document)
        {
            var records = Find(document.RootElement, _place.Records);
            if (records is null && _place.Records is not null)
                throw Fail(url, $"the answer has no '{_place.Records}', where 'records' looks for the list. It begins with: {Start(whole)}.");
            using var lines = new JsonLines(_request.Landing, name);
            if (records is { ValueKind: JsonValueKind.Array } list)
            {
                foreach (var record in list.EnumerateArray())
                    Write(lines, record);
            }
            else if (records is { ValueKind: not JsonValueKind.Null } one)
            {
                Write(lines, one);
            }

            var cursor = _place.Pages?.Cursor is { } path && Find(document.RootElement, path) is { } found && found.ValueKind is not (JsonValueKind.Null or JsonValueKind.False)
                ? found.ValueKind == JsonValueKind.String ? found.GetString() : found.GetRawText()
                : null;
            lines.Close();
            return new HttpPage { Records = lines.Rows, Cursor = string.IsNullOrEmpty(cursor) ? null : cursor };
        }
    }

    private static void Write(JsonLines lines, JsonElement record)
    {
        record.WriteTo(lines.Json);
        lines.End();
    }

    private HttpPage Copy(Uri url, string name, Stream body, CancellationTokenSource silence)
    {
        using var file = _request.Landing.Create(name);
        Pump(url, body, file.Write, silence, long.MaxValue, "");
        return new HttpPage { Records = 1 };
    }

    private void Pump(Uri url, Stream body, Action<byte[], int, int> write, CancellationTokenSource silence, long limit, string key)
    {
        var buffer = new byte[1 << 16];
        for (long total = 0; ;)
        {
            silence.CancelAfter(_place.TimeOut);
            int read;
            try
            {
                read = body.ReadAsync(buffer, silence.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
            {
                throw new PassingException($"the answer broke off after {total} bytes ({Reason(e)})", null, e);
            }

            if (read == 0)
                return;
            total += read;
            _bytes += read;
            if (total > limit)
                throw Fail(url, $"the answer is larger than {limit} bytes. Ask for smaller pages, or raise '{key}'.");
            if (_bytes > _place.MaxBytes)
                throw Fail(url, $"the load is larger than {_place.MaxBytes} bytes. Raise 'max_total_mb' if that is right.");
            write(buffer, 0, read);
        }
    }

    private Exception Refused(Uri url, HttpResponseMessage answer)
    {
        var code = (int)answer.StatusCode;
        var said = $"the server answers {code} {answer.ReasonPhrase}".TrimEnd();
        if (code is 408 or 425 or 429 or 500 or 502 or 503 or 504)
            return new PassingException(said, answer.Headers.RetryAfter);
        var advice = code switch
        {
            401 or 403 => "Check the credentials in 'headers', 'query', 'user' and 'password'.",
            404 or 410 => "Check 'url'.",
            _ => "Check 'url', 'query' and 'headers'.",
        };
        using var body = answer.Content.ReadAsStream();
        var start = new byte[300];
        var read = body.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var text = Clean(Encoding.UTF8.GetString(start, 0, read));
        return Fail(url, $"{said}. {advice}{(text.Length > 0 ? $" It says: {text}" : "")}");
    }

    private Uri? NextLink(HttpResponseMessage answer, Uri url)
    {
        if (_place.Pages?.By != "link" || !answer.Headers.TryGetValues("Link", out var links))
            return null;
        foreach (var part in links.SelectMany(Parts))
        {
            var link = part.Trim();
            var end = link.IndexOf('>', StringComparison.Ordinal);
            if (!link.StartsWith('<') || end < 0)
                continue;
            var isNext = link[(end + 1)..].Split(';', StringSplitOptions.TrimEntries).Any(p =>
                p.StartsWith("rel", StringComparison.OrdinalIgnoreCase) && p[(p.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim(' ', '"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase));
            if (isNext)
                return Safe(new Uri(url, link[1..end]), url);
        }

        return null;
    }

    /// <summary>Parts a header's links at commas outside of addresses and quotes.</summary>
    private static List<string> Parts(string header)
    {
        var (parts, part, isInside, isQuoted) = (new List<string>(), new StringBuilder(), false, false);
        foreach (var c in header)
        {
            if (c == ',' && !isInside && !isQuoted)
            {
                parts.Add(part.ToString());
                part.Clear();
                continue;
            }

            if (c == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && c is '<' or '>')
                isInside = c == '<';
            part.Append(c);
        }

        parts.Add(part.ToString());
        return parts;
    }

    private Uri Safe(Uri target, Uri url) => target.Scheme is "http" or "https" && !(url.Scheme == "https" && target.Scheme == "http")
        ? target
        : throw Fail(url, $"its next page is '{_request.Secrets.Hide(target.GetLeftPart(UriPartial.Path))}', which is not as safe. Nothing was asked of it.");

    private Uri? Following(Uri url, HttpPages pages, string? cursor)
    {
        if (cursor is null)
            return null;
        return Uri.TryCreate(cursor, UriKind.Absolute, out var whole) && whole.Scheme is "http" or "https"
            ? Safe(whole!, url)
            : With(Sized(_first, pages), pages.Parameter, cursor);
    }

    private Uri Numbered(HttpPages pages, long number) => With(Sized(_first, pages), pages.Parameter, number.ToString(CultureInfo.InvariantCulture));

    private static Uri Sized(Uri url, HttpPages pages) =>
        pages.SizeParameter is { } name && pages.Size is { } size ? With(url, name, size.ToString(CultureInfo.InvariantCulture)) : url;

    private Uri First()
    {
        var text = _request.Secrets.Resolve(_place.Url);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new SourceException($"'{_request.Secrets.Hide(text)}' of {_request.Source.File} is no address with http:// or https://.");
        foreach (var (name, value) in _place.Query)
            url = With(url, name, _request.Secrets.Resolve(value));
        if (_request.Range is { From: { } from } && _place.FromParameter is { } start)
            url = With(url, start, from);
        if (_request.Range is { To: { } to } && _place.ToParameter is { } end)
            url = With(url, end, to);
        return url;
    }

    /// <summary>The address with a parameter, in place of one of that name.</summary>
    private static Uri With(Uri url, string name, string value)
    {
        var pair = Uri.EscapeDataString(name) + "=" + Uri.EscapeDataString(value);
        var others = url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(p => Uri.UnescapeDataString(p.Split('=')[0]) != name);
        return new UriBuilder(url) { Query = string.Join('&', others.Append(pair)) }.Uri;
    }

    /// <summary>The address as messages and provenance show it: without parameters that hold a secret.</summary>
    private string Shown(Uri url)
    {
        var hidden = _place.Query.Where(q => HttpPlace.IsSecret(q.Value)).Select(q => q.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var query = string.Join('&', url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(p => !hidden.Contains(Uri.UnescapeDataString(p.Split('=')[0]))));
        return _request.Secrets.Hide(url.GetLeftPart(UriPartial.Path) + (query.Length > 0 ? "?" + query : ""));
    }

    private SourceException Fail(Uri url, string what, Exception? inner = null) => new($"{Shown(url)}: {what}", inner);

    private string Start(MemoryStream body) => Clean(Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)Math.Min(body.Length, 100)));

    private string Clean(string text) => _request.Secrets.Hide(new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]).Trim());

    private string Reason(Exception e) => _request.Secrets.Hide(e switch
    {
        OperationCanceledException => $"the server was silent for {_place.TimeOut.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s",
        { InnerException: { } inner } => inner.Message.TrimEnd('.'),
        _ => e.Message.TrimEnd('.'),
    });

    private static JsonElement? Find(JsonElement root, string? path)
    {
        var at = root;
        foreach (var name in (path ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        }

        return at;
    }

    private static ulong Seed(string name) => name.Aggregate(14695981039346656037UL, (hash, c) => (hash ^ c) * 1099511628211UL);

    private sealed record HttpPage
    {
        public bool IsUnchanged { get; init; }

        public long Records { get; init; }

        public string? Cursor { get; init; }

        public Uri? Next { get; init; }

        public string? ETag { get; init; }

        public string? Modified { get; init; }
    }
}
