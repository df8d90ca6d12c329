using System.Buffers;
using System.Text;
using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Sql;

// The form is positional and names each relation and column once: a project of a thousand assets reads it at every start.
public sealed partial record QueryAnalysis
{
    private const int Form = 1;

    /// <summary>The analysis as one line of JSON, for a cache.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
            Write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">The text is something else, or was written by another version of Millrace.</exception>
    public static QueryAnalysis FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("form", out var form) || form.GetInt32() != Form)
            throw new JsonException($"This is no analysis of a query in form {Form}.");

        var names = new List<ColumnRef>();
        foreach (var entry in root.GetProperty("names").EnumerateArray())
            names.Add(new ColumnRef(entry[0].GetString()!, entry[1].GetString()!));

        return new QueryAnalysis
        {
            Rows = new Fingerprint(root.GetProperty("rows").GetString()!),
            IsResolved = root.GetProperty("resolved").GetBoolean(),
            RowSources = References(root.GetProperty("rowSources"), names),
            Columns =
            [
                .. root.GetProperty("columns").EnumerateArray().Select(c => new OutputColumn(
                    c[0].GetString()!, new Fingerprint(c[1].GetString()!), References(c[2], names), c[3].GetBoolean())),
            ],
            Reads =
            [
                .. root.GetProperty("reads").EnumerateArray().Select(r => new ReadRelation(
                    r[0].GetString()!, [.. r[1].EnumerateArray().Select(c => c.GetString()!)], r[2].GetBoolean())),
            ],
        };
    }

    private static ColumnRef[] References(JsonElement positions, List<ColumnRef> names)
    {
        var references = new ColumnRef[positions.GetArrayLength()];
        var next = 0;
        foreach (var position in positions.EnumerateArray())
            references[next++] = names[position.GetInt32()];
        return references;
    }

    private void Write(Utf8JsonWriter writer)
    {
        var positions = new Dictionary<ColumnRef, int>();
        foreach (var reference in RowSources.Concat(Columns.SelectMany(c => c.Sources)))
            positions.TryAdd(reference, positions.Count);

        writer.WriteStartObject();
        writer.WriteNumber("form", Form);
        writer.WriteString("rows", Rows.Text);
        writer.WriteBoolean("resolved", IsResolved);
        writer.WriteStartArray("names");
        foreach (var reference in positions.Keys)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(reference.Relation);
            writer.WriteStringValue(reference.Column);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WritePropertyName("rowSources");
        Write(writer, RowSources, positions);
        writer.WriteStartArray("columns");
        foreach (var column in Columns)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(column.Name);
            writer.WriteStringValue(column.Fingerprint.Text);
            Write(writer, column.Sources, positions);
            writer.WriteBooleanValue(column.IsResolved);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("reads");
        foreach (var read in Reads)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(read.Relation);
            writer.WriteStartArray();
            foreach (var column in read.Columns)
                writer.WriteStringValue(column);
            writer.WriteEndArray();
            writer.WriteBooleanValue(read.IsAll);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<ColumnRef> references, Dictionary<ColumnRef, int> positions)
    {
        writer.WriteStartArray();
        foreach (var reference in references)
            writer.WriteNumberValue(positions[reference]);
        writer.WriteEndArray();
    }
}
