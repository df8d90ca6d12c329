using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>A table's columns as the log holds them: names and types, and the field metadata that other writers put there.</summary>
internal static partial class SchemaText
{
    /// <summary>The columns as a <c>schemaString</c>, with the field metadata that the columns of the same names had before.</summary>
    public static string Carry(Schema schema, string? before)
    {
        if (string.IsNullOrEmpty(before))
            return schema.ToDelta();
        var (now, old) = (JsonNode.Parse(schema.ToDelta())!, JsonNode.Parse(before)!);
        CarryFields(now["fields"]!.AsArray(), old["fields"]!.AsArray());
        return now.ToJsonString();
    }

    private static void CarryFields(JsonArray now, JsonArray before)
    {
        foreach (var field in now)
        {
            if (before.FirstOrDefault(f => (string)f!["name"]! == (string)field!["name"]!) is not { } known)
                continue;
            if (known["metadata"] is JsonObject { Count: > 0 } metadata && field!["metadata"] is JsonObject { Count: 0 })
                field["metadata"] = metadata.DeepClone();
            CarryType(field!["type"], known["type"]);
        }
    }

    private static void CarryType(JsonNode? now, JsonNode? before)
    {
        if (now is not JsonObject to || before is not JsonObject from)
            return;
        if (to["fields"] is JsonArray fields && from["fields"] is JsonArray known)
            CarryFields(fields, known);
        CarryType(to["elementType"], from["elementType"]);
        CarryType(to["keyType"], from["keyType"]);
        CarryType(to["valueType"], from["valueType"]);
    }
}
