using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>How a value lies in a file.</summary>
internal enum StoredKind
{
    /// <summary>As its type says.</summary>
    Simple,

    /// <summary>Not at all: the type <c>void</c> has no value but NULL.</summary>
    Void,

    /// <summary>As the two byte strings of the variant encoding; read as JSON text.</summary>
    Variant,

    /// <summary>As the engine's own variant, which the file announces; read as JSON text.</summary>
    NativeVariant,

    /// <summary>As a geometry or a geography; read as well-known binary.</summary>
    Geometry,

    Array,
    Map,
    Struct,
}

/// <summary>A type as it lies in the files, and the way from there to the type that readers see.</summary>
internal sealed class StoredType
{
    private StoredType(StoredKind kind, DataType logical, params IReadOnlyList<StoredField> children)
    {
        (Kind, Logical, Children) = (kind, logical, children);
    }

    public StoredKind Kind { get; }

    /// <summary>What readers see.</summary>
    public DataType Logical { get; }

    /// <summary>The element of an array, key and value of a map, the fields of a struct; else empty.</summary>
    public IReadOnlyList<StoredField> Children { get; }

    /// <summary>True when the engine gives the value that readers see, once it was told <see cref="FileSql"/>.</summary>
    public bool IsAsStored => Kind switch
    {
        StoredKind.Variant or StoredKind.NativeVariant or StoredKind.Geometry => false,
        StoredKind.Struct => Children.All(c => c.Name == c.StoredName && c.Type.IsAsStored),
        _ => Children.All(c => c.Type.IsAsStored),
    };

    public bool HasVariant => Kind is StoredKind.Variant or StoredKind.NativeVariant || Children.Any(c => c.Type.HasVariant);

    /// <summary>The type that the engine is asked to give, under the names that the file has.</summary>
    public string FileSql => Kind switch
    {
        StoredKind.Variant => "STRUCT(\"value\" BLOB, \"metadata\" BLOB)",
        StoredKind.NativeVariant => "VARIANT",
        StoredKind.Geometry => "GEOMETRY",
        StoredKind.Array => Children[0].Type.FileSql + "[]",
        StoredKind.Map => $"MAP({Children[0].Type.FileSql}, {Children[1].Type.FileSql})",
        StoredKind.Struct => $"STRUCT({string.Join(", ", Children.Select(c => $"{SqlName.Quote(c.StoredName)} {c.Type.FileSql}"))})",
        _ => Logical.Sql,
    };

    /// <summary>A type whose files hold it under the names that readers see.</summary>
    public static StoredType Of(DataType type)
    {
        var children = type.Children.Select(c => new StoredField(c.Name, c.Name, c.Name, null, Of(c.Type), c.IsNullable)).ToList();
        return new StoredType(KindOf(type), type, children);
    }

    /// <summary>Reads a type of a Delta schema.</summary>
    /// <exception cref="FormatException">The type is unknown to this version of Millrace.</exception>
    public static StoredType Parse(JsonNode type, ColumnMapping mapping)
    {
        if (type is JsonValue)
            return Simple(type);
        switch ((string?)type["type"])
        {
            case "array":
                var element = StoredField.Inner("element", type["elementType"]!, (bool)type["containsNull"]!, mapping);
                return new StoredType(StoredKind.Array, DataType.Array(element.Type.Logical, element.IsNullable), element);
            case "map":
                var key = StoredField.Inner("key", type["keyType"]!, false, mapping);
                var value = StoredField.Inner("value", type["valueType"]!, (bool)type["valueContainsNull"]!, mapping);
                return new StoredType(StoredKind.Map, DataType.Map(key.Type.Logical, value.Type.Logical, value.IsNullable), key, value);
            case "struct":
                var fields = type["fields"]!.AsArray().Select(f => StoredField.Parse(f!, mapping)).ToList();
                return new StoredType(StoredKind.Struct, DataType.Struct([.. fields.Select(f => f.Logical)]), fields);
            default:
                return Simple(type["type"] ?? throw new FormatException("A type of the schema has no name."));
        }
    }

    /// <summary>The same type with other names in the files.</summary>
    public StoredType With(FileLayout layout, string column) =>
        Kind == StoredKind.Variant && layout.IsNativeVariant(column)
            ? new StoredType(StoredKind.NativeVariant, Logical)
            : Children.Count == 0 ? this : new StoredType(Kind, Logical, [.. Children.Select(c => c.With(layout, column))]);

    /// <summary>The SQL that gives what readers see of what the engine read.</summary>
    /// <param name="value">SQL of the value read.</param>
    /// <param name="depth">How many lambdas are open; each needs a name of its own.</param>
    public string Shape(string value, int depth = 0)
    {
        if (IsAsStored)
            return value;
        var item = $"item{depth}";
        var shaped = Kind switch
        {
            StoredKind.Variant => $"variant_bytes_to_variant(struct_extract({value}, 'metadata') || struct_extract({value}, 'value'))"
                + "::JSON::VARCHAR",
            StoredKind.NativeVariant => $"({value})::JSON::VARCHAR",
            StoredKind.Geometry => $"st_aswkb({value})",
            StoredKind.Array => $"list_transform({value}, lambda {item}: {Children[0].Type.Shape(item, depth + 1)})",
            StoredKind.Map => $"map_from_entries(list_transform(map_entries({value}), lambda {item}: struct_pack("
                + $"key := {Children[0].Type.Shape($"{item}.key", depth + 1)}, value := {Children[1].Type.Shape($"{item}.value", depth + 1)})))",
            _ => "struct_pack(" + string.Join(", ", Children.Select(c =>
                $"{SqlName.Quote(c.Name)} := {c.Type.Shape($"struct_extract({value}, {SqlName.Text(c.StoredName)})", depth)}")) + ")",
        };
        return $"CASE WHEN {value} IS NULL THEN NULL ELSE {shaped} END";
    }

    private static StoredType Simple(JsonNode type) => type.ToString() switch
    {
        "void" or "null" => new StoredType(StoredKind.Void, DataType.String),
        "variant" => new StoredType(StoredKind.Variant, DataType.String),
        var name when name.StartsWith("geometry", StringComparison.Ordinal) || name.StartsWith("geography", StringComparison.Ordinal) =>
            new StoredType(StoredKind.Geometry, DataType.Binary),
        _ => new StoredType(StoredKind.Simple, DataType.FromDelta(type)),
    };

    private static StoredKind KindOf(DataType type) =>
        !type.IsNested ? StoredKind.Simple
        : type.Sql.EndsWith("[]", StringComparison.Ordinal) ? StoredKind.Array
        : type.Sql.StartsWith("MAP(", StringComparison.Ordinal) ? StoredKind.Map
        : StoredKind.Struct;
}
