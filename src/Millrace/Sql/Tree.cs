using System.Runtime.InteropServices;
using System.Text.Json;

namespace Millrace.Sql;

/// <summary>Reads the syntax tree that the engine's <c>json_serialize_sql</c> gives.</summary>
internal static class Tree
{
    /// <summary>A thousand levels of expression are the engine's own limit; each takes an object and an array.</summary>
    public static readonly JsonDocumentOptions Options = new() { MaxDepth = 8_000 };

    /// <summary>The child of this name; false when it is absent or null.</summary>
    public static bool Has(this JsonElement node, ReadOnlySpan<byte> name, out JsonElement child)
    {
        if (node.ValueKind == JsonValueKind.Object && node.TryGetProperty(name, out child) && child.ValueKind != JsonValueKind.Null)
            return true;
        child = default;
        return false;
    }

    /// <summary>The text of this name, or the empty text.</summary>
    public static string Text(this JsonElement node, ReadOnlySpan<byte> name) =>
        node.Has(name, out var child) && child.ValueKind == JsonValueKind.String ? child.GetString()! : "";

    /// <summary>The elements of an array of this name; empty when there is none.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement node, ReadOnlySpan<byte> name) =>
        node.Has(name, out var child) && child.ValueKind == JsonValueKind.Array ? child.EnumerateArray() : default;

    public static int Count(this JsonElement node, ReadOnlySpan<byte> name) =>
        node.Has(name, out var child) && child.ValueKind == JsonValueKind.Array ? child.GetArrayLength() : 0;

    public static bool IsTrue(this JsonElement node, ReadOnlySpan<byte> name) =>
        node.Has(name, out var child) && child.ValueKind == JsonValueKind.True;

    public static bool Is(this JsonElement node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        node.Has(name, out var child) && child.ValueKind == JsonValueKind.String && child.ValueEquals(value);

    public static string[] Texts(this JsonElement node, ReadOnlySpan<byte> name)
    {
        var count = node.Count(name);
        if (count == 0)
            return [];

        var texts = new string[count];
        var next = 0;
        foreach (var item in node.Items(name))
            texts[next++] = item.GetString() ?? "";
        return texts;
    }

    /// <summary>The value as it stands in the JSON text; a text keeps its quotes.</summary>
    public static ReadOnlySpan<byte> Raw(this JsonElement value) => JsonMarshal.GetRawUtf8Value(value);

    /// <summary>True when two names of SQL are one: case does not count.</summary>
    public static bool Same(this string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for what says nothing: null, and whatever is empty. False speaks where true is the default.</summary>
    public static bool IsNothing(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => value.ValueEquals(""u8),
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        _ => false,
    };

    /// <summary>True for the properties that only say where in the text a node stood.</summary>
    public static bool IsPlace(this JsonProperty property) =>
        property.NameEquals("query_location"u8) || property.NameEquals("query_location_length"u8);
}
