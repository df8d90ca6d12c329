using System.Globalization;
using System.Text.Json.Nodes;

namespace Millrace.Assets;

/// <summary>The type of a stored column: the one table between DuckDB and Delta Lake.</summary>
/// <remarks>
/// <para>
/// Every DuckDB type that can be stored maps to exactly one <see cref="DataType"/>, and each of these to one Delta type and one DuckDB type.
/// Types that Delta lacks are stored in the next one that holds every value: unsigned integers in the next signed one, UBIGINT in
/// DECIMAL(20,0), HUGEINT in DECIMAL(38,0), UUID, ENUM and JSON as text. <see cref="Sql"/> is the type to cast to before writing.
/// </para>
/// <para>TIMESTAMP (without zone) is Delta <c>timestamp_ntz</c>; TIMESTAMP WITH TIME ZONE is Delta <c>timestamp</c>. Neither is ever read as the other.</para>
/// </remarks>
public sealed class DataType : IEquatable<DataType>
{
    /// <summary>BOOLEAN, Delta <c>boolean</c>.</summary>
    public static readonly DataType Boolean = new("BOOLEAN", "boolean");

    /// <summary>TINYINT, Delta <c>byte</c>.</summary>
    public static readonly DataType Byte = new("TINYINT", "byte");

    /// <summary>SMALLINT, Delta <c>short</c>.</summary>
    public static readonly DataType Short = new("SMALLINT", "short");

    /// <summary>INTEGER, Delta <c>integer</c>.</summary>
    public static readonly DataType Integer = new("INTEGER", "integer");

    /// <summary>BIGINT, Delta <c>long</c>.</summary>
    public static readonly DataType Long = new("BIGINT", "long");

    /// <summary>FLOAT, Delta <c>float</c>.</summary>
    public static readonly DataType Float = new("FLOAT", "float");

    /// <summary>DOUBLE, Delta <c>double</c>.</summary>
    public static readonly DataType Double = new("DOUBLE", "double");

    /// <summary>VARCHAR, Delta <c>string</c>.</summary>
    public static readonly DataType String = new("VARCHAR", "string");

    /// <summary>BLOB, Delta <c>binary</c>.</summary>
    public static readonly DataType Binary = new("BLOB", "binary");

    /// <summary>DATE, Delta <c>date</c>.</summary>
    public static readonly DataType Date = new("DATE", "date");

    /// <summary>TIMESTAMP WITH TIME ZONE, an instant; Delta <c>timestamp</c>.</summary>
    public static readonly DataType Timestamp = new("TIMESTAMP WITH TIME ZONE", "timestamp");

    /// <summary>TIMESTAMP, a wall clock's reading without zone; Delta <c>timestamp_ntz</c>.</summary>
    public static readonly DataType TimestampNtz = new("TIMESTAMP", "timestamp_ntz");

    private static readonly Dictionary<string, DataType> Simple = new(StringComparer.OrdinalIgnoreCase)
    {
        ["BOOLEAN"] = Boolean, ["BOOL"] = Boolean, ["LOGICAL"] = Boolean,
        ["TINYINT"] = Byte, ["INT1"] = Byte,
        ["SMALLINT"] = Short, ["INT2"] = Short, ["INT16"] = Short, ["SHORT"] = Short, ["UTINYINT"] = Short, ["UINT8"] = Short,
        ["INTEGER"] = Integer, ["INT"] = Integer, ["INT4"] = Integer, ["INT32"] = Integer, ["INTEGRAL"] = Integer, ["SIGNED"] = Integer,
        ["USMALLINT"] = Integer, ["UINT16"] = Integer,
        ["BIGINT"] = Long, ["INT8"] = Long, ["INT64"] = Long, ["LONG"] = Long, ["OID"] = Long, ["UINTEGER"] = Long, ["UINT32"] = Long,
        ["UBIGINT"] = Decimal(20, 0), ["UINT64"] = Decimal(20, 0),
        ["HUGEINT"] = Decimal(38, 0), ["INT128"] = Decimal(38, 0), ["UHUGEINT"] = Decimal(38, 0), ["UINT128"] = Decimal(38, 0),
        ["FLOAT"] = Float, ["REAL"] = Float, ["FLOAT4"] = Float,
        ["DOUBLE"] = Double, ["FLOAT8"] = Double,
        ["VARCHAR"] = String, ["TEXT"] = String, ["STRING"] = String, ["CHAR"] = String, ["BPCHAR"] = String, ["NVARCHAR"] = String,
        ["UUID"] = String, ["GUID"] = String, ["JSON"] = String, ["ENUM"] = String,
        ["BLOB"] = Binary, ["BYTEA"] = Binary, ["BINARY"] = Binary, ["VARBINARY"] = Binary,
        ["DATE"] = Date,
        ["TIMESTAMP"] = TimestampNtz, ["DATETIME"] = TimestampNtz, ["TIMESTAMP_US"] = TimestampNtz,
        ["TIMESTAMP_S"] = TimestampNtz, ["TIMESTAMP_MS"] = TimestampNtz, ["TIMESTAMP_NS"] = TimestampNtz,
        ["TIMESTAMP WITH TIME ZONE"] = Timestamp, ["TIMESTAMPTZ"] = Timestamp,
        ["DECIMAL"] = Decimal(18, 3), ["DEC"] = Decimal(18, 3), ["NUMERIC"] = Decimal(18, 3),
    };

    private readonly JsonNode _delta;

    private DataType(string sql, JsonNode delta)
    {
        Sql = sql;
        _delta = delta;
    }

    /// <summary>DuckDB's text of the type, upper case, such as <c>DECIMAL(10,2)</c> or <c>STRUCT("a" INTEGER)</c>.</summary>
    public string Sql { get; }

    /// <summary>The type in a Delta schema: a JSON string, or an object for nested types. A fresh copy at each call.</summary>
    public JsonNode Delta => _delta.DeepClone();

    /// <summary>The child of an array; the fields of a struct in order; key and value of a map; else empty.</summary>
    public IReadOnlyList<Column> Children { get; private init; } = [];

    /// <summary>True for array, map and struct.</summary>
    public bool IsNested => Children.Count > 0;

    /// <summary>True for the integer types, decimals and floats.</summary>
    public bool IsNumeric => this == Byte || this == Short || this == Integer || this == Long || this == Float || this == Double || IsDecimal;

    /// <summary>True for DECIMAL(p,s).</summary>
    public bool IsDecimal => Sql.StartsWith("DECIMAL(", StringComparison.Ordinal);

    /// <summary>True for DATE, TIMESTAMP and TIMESTAMP WITH TIME ZONE: the types a time column can have.</summary>
    public bool IsTime => this == Date || this == Timestamp || this == TimestampNtz;

    /// <summary>True when this or any nested type is a timestamp without zone, which needs Delta protocol (3,7).</summary>
    public bool HasTimestampNtz => this == TimestampNtz || Children.Any(c => c.Type.HasTimestampNtz);

    /// <summary>DECIMAL with a precision of 1 to 38 digits, <paramref name="scale"/> of them after the point.</summary>
    public static DataType Decimal(int precision, int scale)
    {
        if (precision is < 1 or > 38 || scale < 0 || scale > precision)
            throw new FormatException($"DECIMAL({precision},{scale}) does not exist. The precision is 1 to 38 and the scale 0 to the precision.");
        return new DataType(string.Create(CultureInfo.InvariantCulture, $"DECIMAL({precision},{scale})"), string.Create(CultureInfo.InvariantCulture, $"decimal({precision},{scale})"));
    }

    /// <summary>A list of <paramref name="element"/>.</summary>
    public static DataType Array(DataType element, bool containsNull = true) => new(
        element.Sql + "[]",
        new JsonObject { ["type"] = "array", ["elementType"] = element.Delta, ["containsNull"] = containsNull })
    {
        Children = [new Column("element", element, containsNull)],
    };

    /// <summary>A map from <paramref name="key"/> to <paramref name="value"/>.</summary>
    public static DataType Map(DataType key, DataType value, bool valueContainsNull = true) => new(
        $"MAP({key.Sql}, {value.Sql})",
        new JsonObject { ["type"] = "map", ["keyType"] = key.Delta, ["valueType"] = value.Delta, ["valueContainsNull"] = valueContainsNull })
    {
        Children = [new Column("key", key, false), new Column("value", value, valueContainsNull)],
    };

    /// <summary>A record of named fields, at least one.</summary>
    public static DataType Struct(IReadOnlyList<Column> fields) => new(
        $"STRUCT({string.Join(", ", fields.Select(f => $"{SqlName.Quote(f.Name)} {f.Type.Sql}"))})",
        new JsonObject { ["type"] = "struct", ["fields"] = new JsonArray([.. fields.Select(f => (JsonNode)f.ToDelta())]) })
    {
        Children = fields,
    };

    /// <summary>Reads DuckDB's text of a type and gives the type it is stored as.</summary>
    /// <exception cref="FormatException">The type cannot be stored (INTERVAL, TIME, BIT, UNION, VARIANT) or is unknown; the message names what would work.</exception>
    public static DataType Parse(string sql) => new DataTypeParser(sql).Read();

    /// <summary>Reads a type of a Delta schema.</summary>
    /// <exception cref="FormatException">The type is unknown to this version of Millrace.</exception>
    public static DataType FromDelta(JsonNode type)
    {
        if (type is JsonValue && type.GetValue<string>() is { } name)
            return name switch
            {
                "boolean" => Boolean, "byte" => Byte, "short" => Short, "integer" => Integer, "long" => Long,
                "float" => Float, "double" => Double, "string" => String, "binary" => Binary, "date" => Date,
                "timestamp" => Timestamp, "timestamp_ntz" => TimestampNtz,
                _ when name.StartsWith("decimal(", StringComparison.Ordinal) => Parse(name.ToUpperInvariant()),
                _ => throw new FormatException($"The Delta type '{name}' is not supported."),
            };

        return (string?)type["type"] switch
        {
            "array" => Array(FromDelta(type["elementType"]!), (bool)type["containsNull"]!),
            "map" => Map(FromDelta(type["keyType"]!), FromDelta(type["valueType"]!), (bool)type["valueContainsNull"]!),
            "struct" => Struct([.. type["fields"]!.AsArray().Select(f => Column.FromDelta(f!))]),
            var other => throw new FormatException($"The Delta type '{other}' is not supported."),
        };
    }

    /// <summary>The simple type of a DuckDB word, or null.</summary>
    internal static DataType? OfWord(string word) => Simple.GetValueOrDefault(word);

    /// <inheritdoc/>
    public bool Equals(DataType? other) => other is not null && (ReferenceEquals(this, other) || Sql == other.Sql);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DataType);

    /// <inheritdoc/>
    public override int GetHashCode() => Sql.GetHashCode(StringComparison.Ordinal);

    /// <summary>True when both are stored alike; nullability of elements does not count.</summary>
    public static bool operator ==(DataType? left, DataType? right) => left is null ? right is null : left.Equals(right);

    /// <summary>The opposite of ==.</summary>
    public static bool operator !=(DataType? left, DataType? right) => !(left == right);

    /// <inheritdoc/>
    public override string ToString() => Sql;
}
