using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Delivery.Targets;

/// <summary>An address that takes rows in batches of JSON lines.</summary>
/// <remarks>
/// Each batch carries <c>Idempotency-Key</c> (IETF draft-ietf-httpapi-idempotency-key-header): equal for a repeated batch, so that a
/// receiver that remembers keys takes each batch once. What was answered with success is not sent again. Batches of a version come in
/// order; the headers <c>Millrace-Version</c>, <c>Millrace-Batch</c> and, on the last, <c>Millrace-Last: true</c> tell where one is.
/// </remarks>
internal sealed record HttpTarget(string Url, string Method, IReadOnlyDictionary<string, string> Headers, int BatchRows, TimeSpan Timeout) : Target
{
    public static readonly Shape Shape = new(
        "http section",
        "An address that takes rows as JSON lines, in batches with an idempotency key.",
        new Key("url", KeyKind.Text, "Where batches are sent.") { IsRequired = true, Example = "https://example.org/rows" },
        new Key("method", KeyKind.Word, "How they are sent.") { Words = ["post", "put"], Default = "post" },
        new Key("headers", KeyKind.Texts, "More headers, each 'Name: value'; a secret is written ${env:NAME} or ${file:path}.")
        {
            Example = new[] { "Authorization: Bearer ${env:TOKEN}" },
        },
        new Key("batch_rows", KeyKind.Integer, "Rows in one request.") { Default = 1000, Minimum = 1, Maximum = 1_000_000 },
        new Key("timeout_seconds", KeyKind.Integer, "How long one request may take.") { Default = 60, Minimum = 1, Maximum = 3600 });

    public override string Identity => Url;

    public override string Title => Url.Split('?')[0];

    public override string? Objection(DeliveryMode mode, IReadOnlyList<string> key) => mode == DeliveryMode.Changes && key.Count == 0
        ? "Rows that went are told by their key. Add key: with the columns that identify a row, or write mode: whole."
        : null;

    public static Target? Read(Section section)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in section.Texts("headers"))
        {
            if (line.Split(": ", 2) is [{ Length: > 0 } name, var value])
                headers[name] = value;
            else
                section.Report("bad-value", $"'{line}' is no header. Write 'Name: value'.", "headers");
        }

        if (section.Text("url") is not { } url)
            return null;
        if (!url.StartsWith("http://", StringComparison.Ordinal) && !url.StartsWith("https://", StringComparison.Ordinal) && !url.StartsWith("${", StringComparison.Ordinal))
        {
            section.Report("bad-value", $"'url' is '{url}', but begins with http:// or https://.", "url");
            return null;
        }

        return new HttpTarget(
            url, section.Text("method") ?? "post", headers, (int)(section.Integer("batch_rows") ?? 1000), TimeSpan.FromSeconds(section.Integer("timeout_seconds") ?? 60));
    }

    public override DeliveredRows Deliver(DeliveryOrder order, CancellationToken cancellationToken)
    {
        // A try that is taken up sends the same batches: what they are made of is part of the position.
        var isTakenUp = order.Position is { } known && (string?)known["version"] == order.Version.ToString();
        var from = isTakenUp ? Base(order, order.Position!) : order.Sink.Mode == DeliveryMode.Changes ? order.Last : null;
        var changes = from is { } earlier ? order.ChangesSince(earlier) : null;
        if (changes is null)
            from = null;
        var done = isTakenUp ? (int)order.Position!["batches"]! : 0;
        var (path, rows, deleted) = Lines(order, changes);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = Timeout };
        var batch = 0;
        using var lines = new StreamReader(path);
        var line = lines.ReadLine();
        do
        {
            var body = new StringBuilder();
            for (var i = 0; i < BatchRows && line is not null; i++, line = lines.ReadLine())
                body.Append(line).Append('\n');
            if (batch++ < done || (body.Length == 0 && rows + deleted > 0))
                continue;
            Send(client, order, body.ToString(), from, batch, line is null, cancellationToken);
            order.Reached(new JsonObject { ["version"] = order.Version.ToString(), ["base"] = from?.Number, ["batches"] = batch });
        }
        while (line is not null);
        return new DeliveredRows(rows, deleted, false, Title);
    }

    private static AssetVersion? Base(DeliveryOrder order, JsonObject position) =>
        (long?)position["base"] is { } number ? order.Version with { Number = number } : null;

    /// <summary>The rows as JSON lines in a total order, so that a later try cuts them into the same batches; changes say in <c>_op</c> what they are.</summary>
    private static (string Path, long Rows, long Deleted) Lines(DeliveryOrder order, TableChanges? changes)
    {
        Directory.CreateDirectory(order.Scratch);
        var path = Path.Combine(order.Scratch, "rows.ndjson");
        if (order.Sink.Mode == DeliveryMode.Whole)
            return (path, ExportFile.WriteAs(order.Connection, $"SELECT * FROM ({order.Rows}) ORDER BY ALL", path, "ndjson"), 0);
        if (changes is null)
            return (path, ExportFile.WriteAs(order.Connection, $"SELECT 'upsert' AS _op, * FROM ({order.Rows}) ORDER BY ALL", path, "ndjson"), 0);

        var upserts = ExportFile.WriteAs(order.Connection, $"SELECT 'upsert' AS _op, * FROM ({changes.Upserts}) ORDER BY ALL", path, "ndjson");
        var gone = Path.Combine(order.Scratch, "gone.ndjson");
        var deleted = ExportFile.WriteAs(order.Connection, $"SELECT 'delete' AS _op, * FROM ({changes.Deletes}) ORDER BY ALL", gone, "ndjson");
        using (var to = new FileStream(path, FileMode.Append))
        using (var add = File.OpenRead(gone))
            add.CopyTo(to);
        return (path, upserts, deleted);
    }

    private void Send(HttpClient client, DeliveryOrder order, string body, AssetVersion? from, int batch, bool isLast, CancellationToken cancellationToken)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{order.Sender}\n{order.Sink.Name}\n{order.Sink.IdentityHash}\n{order.Version}\n{from}\n{BatchRows}\n{batch}");
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(Method.ToUpperInvariant()), order.Secrets.Resolve(Url));
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            request.Headers.Add("Idempotency-Key", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32]);
            request.Headers.Add("Millrace-Version", order.Version.Number.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("Millrace-Batch", batch.ToString(CultureInfo.InvariantCulture));
            if (isLast)
                request.Headers.Add("Millrace-Last", "true");
            foreach (var (name, value) in Headers)
                request.Headers.TryAddWithoutValidation(name, order.Secrets.Resolve(value));
            using var answer = client.Send(request, cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw Refused(answer, batch, order);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException
            || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = e is TaskCanceledException ? string.Create(CultureInfo.InvariantCulture, $"no answer within {Timeout.TotalSeconds:0} s") : order.Secrets.Hide(e.Message);
            throw new DeliveryException(string.Create(CultureInfo.InvariantCulture, $"Batch {batch} could not be sent to {Title}: {why}"), e) { IsPassing = true };
        }
        catch (Exception e) when (e is UriFormatException or InvalidOperationException or NotSupportedException)
        {
            throw new DeliveryException($"'{Title}' is no address that rows can be sent to: {order.Secrets.Hide(e.Message)}", e);
        }
    }

    private DeliveryException Refused(HttpResponseMessage answer, int batch, DeliveryOrder order)
    {
        var said = order.Secrets.Hide(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult().ReplaceLineEndings(" "));
        var code = (int)answer.StatusCode;
        return new DeliveryException(string.Create(
            CultureInfo.InvariantCulture, $"{Title} answered batch {batch} with {code} {answer.ReasonPhrase}{(said.Length == 0 ? "" : ": " + said[..Math.Min(said.Length, 300)])}"))
        {
            IsPassing = answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || code >= 500,
            RetryAfter = answer.Headers.RetryAfter?.Delta,
        };
    }
}
