using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

internal static partial class SchemaText
{
    public const string MappingId = "delta.columnMapping.id";
    public const string PhysicalName = "delta.columnMapping.physicalName";
    public const string MaxId = "delta.columnMapping.maxColumnId";

    /// <summary>The columns with one more at the end, or after another.</summary>
    /// <param name="text">A <c>schemaString</c>.</param>
    /// <param name="column">The new column.</param>
    /// <param name="after">The column before it; null puts it last.</param>
    /// <param name="maxId">The highest column id given so far; null for a table without column mapping. Raised by what the new one
    /// takes.</param>
    public static string Add(string text, Column column, string? after, ref long? maxId)
    {
        var schema = JsonNode.Parse(text)!;
        var fields = schema["fields"]!.AsArray();
        var field = column.ToDelta();
        if (maxId is { } highest)
        {
            // A name of its own: a column that was dropped may have had the same, and its values still lie in the files.
            Number(field, ref highest, _ => $"col-{Guid.NewGuid():D}");
            maxId = highest;
        }

        fields.Insert(after is null ? fields.Count : IndexOf(fields, after) + 1, field);
        return schema.ToJsonString();
    }

    public static string Drop(string text, string column)
    {
        var schema = JsonNode.Parse(text)!;
        var fields = schema["fields"]!.AsArray();
        fields.RemoveAt(IndexOf(fields, column));
        return schema.ToJsonString();
    }

    public static string Rename(string text, string column, string name)
    {
        var schema = JsonNode.Parse(text)!;
        var fields = schema["fields"]!.AsArray();
        fields[IndexOf(fields, column)]!["name"] = name;
        return schema.ToJsonString();
    }

    /// <summary>Gives a column another type, and writes down that files before have the old one.</summary>
    public static string Widen(string text, string column, DataType type)
    {
        var schema = JsonNode.Parse(text)!;
        var fields = schema["fields"]!.AsArray();
        var field = fields[IndexOf(fields, column)]!;
        var metadata = field["metadata"] as JsonObject ?? [];
        if (metadata["delta.typeChanges"] is not JsonArray changes)
            metadata["delta.typeChanges"] = changes = [];
        changes.Add(new JsonObject { ["fromType"] = field["type"]!.DeepClone(), ["toType"] = type.Delta });
        field["type"] = type.Delta;
        if (field["metadata"] is null)
            field["metadata"] = metadata;
        return schema.ToJsonString();
    }

    /// <summary>Gives every column an id and, as the name that files know it by, its present name.</summary>
    public static (string Text, long MaxId) Map(string text)
    {
        var schema = JsonNode.Parse(text)!;
        var highest = 0L;
        foreach (var field in schema["fields"]!.AsArray())
            Number(field!, ref highest, f => (string)f["name"]!);
        return (schema.ToJsonString(), highest);
    }

    private static int IndexOf(JsonArray fields, string column)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            if (((string)fields[i]!["name"]!).Equals(column, StringComparison.OrdinalIgnoreCase))
                return i;
        }

        throw new LakeException(string.Create(CultureInfo.InvariantCulture, $"There is no column '{column}'."));
    }

    private static void Number(JsonNode field, ref long highest, Func<JsonNode, string> physical)
    {
        var metadata = field["metadata"] as JsonObject ?? [];
        metadata[MappingId] = ++highest;
        metadata[PhysicalName] = physical(field);
        if (field["metadata"] is null)
            field["metadata"] = metadata;
        NumberType(field["type"], ref highest, physical);
    }

    private static void NumberType(JsonNode? type, ref long highest, Func<JsonNode, string> physical)
    {
        if (type is not JsonObject nested)
            return;
        foreach (var field in nested["fields"]?.AsArray() ?? [])
            Number(field!, ref highest, physical);
        NumberType(nested["elementType"], ref highest, physical);
        NumberType(nested["keyType"], ref highest, physical);
        NumberType(nested["valueType"], ref highest, physical);
    }
}
