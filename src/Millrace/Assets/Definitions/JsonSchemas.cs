using System.Collections;
using System.Text.Json.Nodes;

namespace Millrace.Assets.Definitions;

/// <summary>Writes shapes as JSON Schemas of draft 2020-12, with which editors complete and check a definition.</summary>
/// <remarks>A schema refuses nothing that <see cref="Section"/> accepts: a text, for example, may be written as a bare number.</remarks>
public static class JsonSchemas
{
    /// <summary>The schema of a whole file or front matter.</summary>
    /// <param name="shape">The shape of its mapping.</param>
    /// <param name="id">The <c>$id</c>, a URI.</param>
    public static JsonObject Of(Shape shape, string id)
    {
        var schema = new JsonObject { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["$id"] = id };
        foreach (var (name, value) in Mapping(shape).ToArray())
            schema[name] = value?.DeepClone();
        return schema;
    }

    private static JsonObject Mapping(Shape shape)
    {
        var schema = new JsonObject
        {
            ["title"] = shape.Title,
            ["description"] = shape.Description,
            ["type"] = "object",
            ["properties"] = new JsonObject(shape.Keys.Select(k => KeyValuePair.Create(k.Name, (JsonNode?)Property(k)))),
            ["additionalProperties"] = false,
        };
        if (shape.Keys.Any(k => k.IsRequired))
            schema["required"] = new JsonArray([.. shape.Keys.Where(k => k.IsRequired).Select(k => JsonValue.Create(k.Name))]);
        return schema;
    }

    private static JsonObject Property(Key key)
    {
        var schema = key.Kind switch
        {
            KeyKind.Integer => new JsonObject { ["type"] = "integer" },
            KeyKind.Number => new JsonObject { ["type"] = "number" },
            KeyKind.Flag => new JsonObject { ["type"] = "boolean" },
            KeyKind.Text or KeyKind.Word => Scalar(key.Words),
            KeyKind.Texts => new JsonObject
            {
                ["anyOf"] = new JsonArray(Scalar(key.Words), new JsonObject { ["type"] = "array", ["items"] = Scalar(key.Words) }),
            },
            KeyKind.Map => Mapping(key.Shape!),
            KeyKind.List => new JsonObject { ["type"] = "array", ["items"] = Mapping(key.Shape!) },
            KeyKind.Scalars => new JsonObject { ["type"] = "object", ["additionalProperties"] = Scalar([]) },
            _ => [],
        };
        schema["description"] = key.Description;
        if (key.Minimum is { } low)
            schema["minimum"] = low;
        if (key.Maximum is { } high)
            schema["maximum"] = high;
        if (key.Default is not null)
            schema["default"] = Json(key.Default);
        if (key.Example is not null)
            schema["examples"] = new JsonArray(Json(key.Example));
        return schema;
    }

    private static JsonObject Scalar(IReadOnlyList<string> words) => words.Count > 0
        ? new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => JsonValue.Create(w))]) }
        : new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") };

    private static JsonNode Json(object value) => value switch
    {
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        IEnumerable list => new JsonArray([.. list.Cast<object>().Select(Json)]),
        _ => JsonValue.Create(value.ToString()!),
    };
}
