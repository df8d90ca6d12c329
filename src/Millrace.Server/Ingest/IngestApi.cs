using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Millrace.Sources.Connectors;

namespace Millrace.Server.Ingest;

/// <summary><c>POST /ingest/SOURCE</c>: lines of JSON into the inbox of a source.</summary>
/// <remarks>
/// The answer is 202 once the body lies on the disk; the next run loads it. A request with an <c>Idempotency-Key</c> that was taken before
/// gets the same answer and adds nothing; with another body it gets 409. What a line means is the contract's to say: it is looked at when it
/// is loaded, and put aside there if it does not fit.
/// </remarks>
internal sealed class IngestApi(Inboxes inboxes, ServerOptions options)
{
    private const int MaxKey = 255;

    private static readonly string[] Types = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-seq", "application/json"];

    private readonly InboxLimits _limits = new(options.MaxBodyBytes);

    /// <summary>True for a path that is ours.</summary>
    public static bool Takes(PathString path) => path.StartsWithSegments("/ingest", StringComparison.Ordinal);

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            var (status, message) = await TakeAsync(http).ConfigureAwait(false);
            if (message is not null)
                await JsonAnswer.ErrorAsync(http, status, message).ConfigureAwait(false);
        }
        catch (InboxRefusal e)
        {
            await JsonAnswer.ErrorAsync(http, e.IsTooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest, e.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            var message = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"The body is longer than {options.MaxBodyBytes} bytes. Send it in parts." : e.Message;
            await JsonAnswer.ErrorAsync(http, e.StatusCode, message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told, and nothing was taken.
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException && !http.Response.HasStarted)
        {
            options.Failed?.Invoke(e);
            await JsonAnswer.ErrorAsync(http, StatusCodes.Status503ServiceUnavailable, "The inbox cannot be written now, and nothing was taken. Send the request again later.").ConfigureAwait(false);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            options.Failed?.Invoke(e);
            await JsonAnswer.ErrorAsync(http, StatusCodes.Status500InternalServerError, "The server failed to answer, and nothing was taken.").ConfigureAwait(false);
        }
    }

    private async Task<(int Status, string? Error)> TakeAsync(HttpContext http)
    {
        var parts = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        var known = inboxes.Sources.Count == 0 ? "No source of this project has type: push." : $"Sources with type: push are: {string.Join(", ", inboxes.Sources.Select(s => s.Name).Order(StringComparer.Ordinal))}.";
        if (parts is not ["ingest", var name] || !inboxes.Sources.Any(s => s.Name == name))
            return (StatusCodes.Status404NotFound, $"Nothing is pushed to {http.Request.Path}. {known} Send to /ingest/SOURCE.");
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            return (StatusCodes.Status405MethodNotAllowed, $"{http.Request.Path} takes POST.");
        }

        if (http.Request.ContentType is { } type && !Types.Contains(type.Split(';')[0].Trim(), StringComparer.OrdinalIgnoreCase))
            return (StatusCodes.Status415UnsupportedMediaType, $"The body is '{type}'. Send lines of JSON as application/x-ndjson.");
        var packing = http.Request.Headers.ContentEncoding.ToString();
        if (packing.Length > 0 && !packing.Equals("gzip", StringComparison.OrdinalIgnoreCase) && !packing.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return (StatusCodes.Status415UnsupportedMediaType, $"The body is packed as '{packing}'. Send it as it is, or with gzip.");
        var keys = http.Request.Headers["Idempotency-Key"];
        if (keys.Count > 1 || (keys.Count == 1 && (keys[0] is not { Length: > 0 and <= MaxKey } text || text.Any(c => c is < '!' or > '~'))))
            return (StatusCodes.Status400BadRequest, $"The Idempotency-Key is one text of 1 to {MaxKey} visible ASCII characters.");
        var key = keys.Count == 1 ? keys[0] : null;

        var inbox = inboxes.Find(name)!;
        using var upload = inbox.Begin(_limits);
        try
        {
            await PumpAsync(http, packing.Equals("gzip", StringComparison.OrdinalIgnoreCase), upload).ConfigureAwait(false);
        }
        catch (InvalidDataException)
        {
            return (StatusCodes.Status400BadRequest, "The body is no whole gzip.");
        }

        var answer = inbox.Append(upload, key);
        if (answer.IsConflict)
            return (StatusCodes.Status409Conflict, $"The Idempotency-Key '{key}' was taken before with another body, as request {answer.Sequence}. Nothing was added. A new body has a new key.");
        await JsonAnswer.WriteAsync(http, StatusCodes.Status202Accepted, (Name: name, answer), static (json, state) =>
        {
            json.WriteStartObject();
            json.WriteString("source"u8, state.Name);
            json.WriteNumber("sequence"u8, state.answer.Sequence);
            json.WriteNumber("rows"u8, state.answer.Rows);
            json.WriteEndObject();
        }).ConfigureAwait(false);
        return (StatusCodes.Status202Accepted, null);
    }

    private static async Task PumpAsync(HttpContext http, bool isPacked, InboxUpload upload)
    {
        var body = isPacked ? new GZipStream(http.Request.Body, CompressionMode.Decompress, leaveOpen: true) : http.Request.Body;
        var buffer = new byte[1 << 16];
        for (int read; (read = await body.ReadAsync(buffer, http.RequestAborted).ConfigureAwait(false)) > 0;)
            upload.Write(buffer.AsSpan(0, read));
        if (isPacked)
            await body.DisposeAsync().ConfigureAwait(false);
        if (upload.Rows == 0 && upload.Bytes == 0)
            throw new InboxRefusal("The body is empty. Send one JSON object a line.", isTooLarge: false);
    }
}
