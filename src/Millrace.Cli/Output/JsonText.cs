using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Ledger;

namespace Millrace.Cli.Output;

/// <summary>Answers for programs. One document, written node by node: a serializer would cost every start the look at types.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the document that a command answers with.</summary>
    public static void Write(TextWriter to, JsonNode document) => to.WriteLine(TextOf(document, Readable));

    /// <summary>The document on one line, for logs and streams of lines.</summary>
    public static string Line(JsonNode document) => TextOf(document, OneLine);

    public static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> node) => new([.. items.Select(node)]);

    public static JsonNode? Moment(DateTimeOffset? moment) =>
        moment?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Of(RowCounts rows)
    {
        var json = new JsonObject { ["in"] = rows.In, ["out"] = rows.Out, ["quarantined"] = rows.Quarantined, ["total"] = rows.Total };
        if (rows.Skipped > 0)
            json["skipped"] = rows.Skipped;
        if (rows.Deletes > 0)
            json["deletes"] = rows.Deletes;
        return json;
    }

    public static JsonObject Of(CheckRecord check) => new()
    {
        ["id"] = check.Id, ["effect"] = check.Effect, ["passed"] = check.Passed, ["failed"] = check.Failed, ["note"] = check.Note,
    };

    public static JsonObject Of(ReleaseRecord release) => new()
    {
        ["id"] = release.Id,
        ["environment"] = release.Environment,
        ["at"] = Moment(release.At),
        ["kind"] = release.Kind.ToString().ToLowerInvariant(),
        ["run"] = release.Run,
        ["target"] = release.Target,
        ["message"] = release.Message,
        ["moves"] = Array(release.Moves, m => new JsonObject { ["asset"] = m.Asset.ToString(), ["from"] = Of(m.From), ["to"] = Of(m.To) }),
    };

    public static JsonObject Of(Problem problem) => new()
    {
        ["code"] = problem.Code, ["message"] = problem.Message, ["file"] = problem.File, ["line"] = problem.Line,
    };

    private static JsonObject? Of(Pointer? pointer) => pointer is null
        ? null
        : new JsonObject { ["fingerprint"] = pointer.Version.Build.Fingerprint.Text, ["version"] = pointer.Version.Number };

    private static string TextOf(JsonNode document, JsonWriterOptions options)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, options))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
