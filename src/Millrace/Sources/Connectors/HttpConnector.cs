using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>Answers of an HTTP server: JSON, lines of JSON, CSV or files of any other format, page by page.</summary>
internal sealed class HttpConnector : IConnector
{
    private static readonly Shape Pages = new(
        "pagination section",
        "How the pages of an answer are asked for.",
        new Key("by", KeyKind.Word, "What a request says to get the next page: its number, how many records to leave out, a cursor of the last answer; or the last answer's Link header says it.")
        {
            IsRequired = true,
            Words = ["page", "offset", "cursor", "link"],
        },
        new Key("parameter", KeyKind.Text, "The query parameter that says which page; without it 'page', 'offset' or 'cursor'.") { Example = "page" },
        new Key("start", KeyKind.Integer, "The first page's number; without it 1 for pages and 0 for an offset."),
        new Key("size_parameter", KeyKind.Text, "The query parameter that says how many records a page has.") { Example = "per_page" },
        new Key("size", KeyKind.Integer, "How many records a page has. A shorter page is the last one.") { Minimum = 1, Maximum = 1_000_000, Example = 100 },
        new Key("cursor", KeyKind.Text, "Where the answer has the next cursor: names joined by dots. A full address is asked as it is.") { Example = "meta.next" },
        new Key("max_pages", KeyKind.Integer, "More pages are an error, so that an answer that never ends does not load for ever.") { Default = 100_000, Minimum = 1 });

    /// <inheritdoc/>
    public string Type => "http";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "http section",
        "The answer of an HTTP server.",
        new Key("url", KeyKind.Text, "The address, http or https; without secrets, which belong into headers or query.") { IsRequired = true, Example = "https://api.example.com/v1/orders" },
        new Key("records", KeyKind.Text, "For JSON: where the answer has the list of records, names joined by dots; without it the answer is the list, or the one record.") { Example = "data.items" },
        new Key("answer", KeyKind.Word, "How the answer is written. A file is kept as it is, and the source's 'format' says how it is read.")
        {
            Words = ["json", "ndjson", "csv", "file"],
            Default = "json",
        },
        new Key("headers", KeyKind.Scalars, "Headers of each request; secrets as references."),
        new Key("query", KeyKind.Scalars, "Query parameters of each request; secrets as references."),
        new Key("user", KeyKind.Text, "For Basic authentication.") { Example = "reader" },
        new Key("password", KeyKind.Text, "For Basic authentication, as a reference.") { Example = "${env:API_PASSWORD}" },
        new Key("pagination", KeyKind.Map, "How the pages of an answer are asked for; without it there is one.") { Shape = Pages },
        new Key("from_parameter", KeyKind.Text, "The query parameter that takes the smallest cursor value wanted, for a source with a cursor.") { Example = "updated_since" },
        new Key("to_parameter", KeyKind.Text, "The query parameter that takes the first cursor value not wanted any more."),
        new Key("attempts", KeyKind.Integer, "How often a request is made that fails in passing: no connection, 408, 425, 429, 500, 502, 503, 504, an answer that breaks off.")
        {
            Default = 5,
            Minimum = 1,
            Maximum = 100,
        },
        new Key("wait_seconds", KeyKind.Number, "How long the first repetition waits; each further one twice as long. Retry-After of the server goes before.") { Default = 1, Minimum = 0, Maximum = 3600 },
        new Key("max_wait_seconds", KeyKind.Number, "No repetition waits longer; a server that asks for more is an error.") { Default = 300, Minimum = 0, Maximum = 86400 },
        new Key("timeout_seconds", KeyKind.Number, "How long the server may be silent.") { Default = 100, Minimum = 1, Maximum = 86400 },
        new Key("max_page_mb", KeyKind.Number, "The largest JSON answer, unpacked, in MiB: it is held in memory.") { Default = 64, Minimum = 0.001, Maximum = 2047 },
        new Key("max_total_mb", KeyKind.Number, "The most that one load takes, unpacked, in MiB.") { Default = 10240, Minimum = 0.001 });

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        if (section.Text("url") is not { } url)
            return null;
        var isSound = true;
        void Wrong(string code, string message, string key)
        {
            section.Report(code, message, key);
            isSound = false;
        }

        var plain = Reference(url);
        if (!Uri.TryCreate(plain, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            Wrong("bad-value", $"'url' is '{url}'. Write a whole address with http:// or https://.", "url");
        else if (uri.UserInfo.Length > 0)
            Wrong("literal-secret", "'url' has a user or a password in it. Give them with 'user' and 'password'.", "url");
        var answer = section.Text("answer") ?? "json";
        if (answer != "json" && section.Node("records") is not null)
            Wrong("unknown-key", $"'records' is for JSON, and 'answer' is '{answer}'. Remove 'records'.", "records");
        var pages = section.Map("pagination") is { } map ? PagesOf(map, answer, Wrong) : null;
        if (!isSound)
            return null;
        return new HttpPlace
        {
            Url = url,
            Records = section.Text("records"),
            Answer = answer,
            Headers = section.Scalars("headers"),
            Query = section.Scalars("query"),
            User = section.Text("user"),
            Password = section.Text("password"),
            Pages = pages,
            FromParameter = section.Text("from_parameter"),
            ToParameter = section.Text("to_parameter"),
            Attempts = (int)(section.Integer("attempts") ?? 5),
            Wait = TimeSpan.FromSeconds(section.Number("wait_seconds") ?? 1),
            MaxWait = TimeSpan.FromSeconds(section.Number("max_wait_seconds") ?? 300),
            TimeOut = TimeSpan.FromSeconds(section.Number("timeout_seconds") ?? 100),
            MaxPageBytes = (long)((section.Number("max_page_mb") ?? 64) * (1 << 20)),
            MaxBytes = (long)((section.Number("max_total_mb") ?? 10240) * (1 << 20)),
        };
    }

    private static HttpPages? PagesOf(Section section, string answer, Action<string, string, string> wrong)
    {
        if (section.Text("by") is not { } by)
            return null;
        if (answer is "csv" or "file" or "ndjson" && by != "link")
            wrong("bad-value", $"'by' is '{by}', which needs answers in JSON: only there the records are counted. With '{answer}' pages come by link.", "pagination");
        if (by == "cursor" && section.Text("cursor") is null)
            wrong("missing-key", "'by: cursor' needs 'cursor': where the answer has the next one, for example cursor: meta.next.", "pagination");
        return new HttpPages(
            by, section.Text("parameter") ?? by, section.Integer("start") ?? (by == "page" ? 1 : 0), section.Text("size_parameter"), section.Integer("size"),
            section.Text("cursor"), section.Integer("max_pages") ?? 100_000);
    }

    private static string Reference(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"\$\{[^}]*\}", "x");
}

/// <summary>How pages are asked for.</summary>
internal sealed record HttpPages(string By, string Parameter, long Start, string? SizeParameter, long? Size, string? Cursor, long MaxPages);

/// <summary>The answer of an HTTP server.</summary>
internal sealed record HttpPlace : Place
{
    public required string Url { get; init; }

    public string? Records { get; init; }

    public string Answer { get; init; } = "json";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    public string? User { get; init; }

    public string? Password { get; init; }

    public HttpPages? Pages { get; init; }

    public string? FromParameter { get; init; }

    public string? ToParameter { get; init; }

    public int Attempts { get; init; } = 5;

    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan TimeOut { get; init; } = TimeSpan.FromSeconds(100);

    public long MaxPageBytes { get; init; } = 64L << 20;

    public long MaxBytes { get; init; } = 10L << 30;

    /// <inheritdoc/>
    public override string Identity => string.Join('\n', ["http " + Path(Url), Records ?? "", .. Query.Where(q => !IsSecret(q.Value)).OrderBy(q => q.Key, StringComparer.Ordinal).Select(q => q.Key + "=" + q.Value)]);

    /// <inheritdoc/>
    public override string Format => Answer switch { "csv" => "csv", "file" => "", _ => "ndjson" };

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        using var fetch = new HttpFetch(this, request);
        return fetch.Run(cancellationToken);
    }

    /// <summary>True for a text with a reference, whose value is never shown.</summary>
    public static bool IsSecret(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>The address without its host.</summary>
    private static string Path(string url) => url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3) is var at and > 0 ? url[at..] : "/";
}
