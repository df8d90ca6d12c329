using System.Globalization;
using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>A type of the engine, with the types inside it.</summary>
/// <remarks>Two types are equal when they are the same to SQL: <see cref="ToString"/> gives the same text.</remarks>
public sealed class DuckType : IEquatable<DuckType>
{
    private static readonly DuckType?[] Plain = new DuckType?[64];

    private string? _sql;
    private DuckType? _entry;

    private DuckType(DuckTypeId id) => Id = id;

    public DuckTypeId Id { get; }

    /// <summary>The name the type goes by where it has one of its own, such as <c>JSON</c>, which is a VARCHAR inside.</summary>
    public string? Alias { get; private init; }

    /// <summary>All digits of a decimal, 1 to 38; 0 for other types.</summary>
    public int Width { get; private init; }

    /// <summary>The digits of a decimal after the point.</summary>
    public int Scale { get; private init; }

    /// <summary>What a list or an array holds.</summary>
    public DuckType? Child { get; private init; }

    /// <summary>How many elements each value of an array has.</summary>
    public int Size { get; private init; }

    /// <summary>The fields of a struct, or the members of a union, in their order.</summary>
    public IReadOnlyList<DuckColumn> Fields { get; private init; } = [];

    /// <summary>The keys of a map.</summary>
    public DuckType? Key { get; private init; }

    /// <summary>The values of a map.</summary>
    public DuckType? Value { get; private init; }

    /// <summary>The words of an enum; a vector holds positions in this list.</summary>
    public IReadOnlyList<string> EnumValues { get; private init; } = [];

    /// <summary>Bytes that one value takes in a vector; 0 for structs, unions and arrays, which lie in their children.</summary>
    public int PhysicalWidth => Id switch
    {
        DuckTypeId.Boolean or DuckTypeId.TinyInt or DuckTypeId.UTinyInt => 1,
        DuckTypeId.SmallInt or DuckTypeId.USmallInt => 2,
        DuckTypeId.Integer or DuckTypeId.UInteger or DuckTypeId.Float or DuckTypeId.Date or DuckTypeId.SqlNull => 4,
        DuckTypeId.BigInt or DuckTypeId.UBigInt or DuckTypeId.Double => 8,
        DuckTypeId.Time or DuckTypeId.TimeTz or DuckTypeId.TimeNs => 8,
        DuckTypeId.Timestamp or DuckTypeId.TimestampS or DuckTypeId.TimestampMs or DuckTypeId.TimestampNs or DuckTypeId.TimestampTz => 8,
        DuckTypeId.HugeInt or DuckTypeId.UHugeInt or DuckTypeId.Uuid or DuckTypeId.Interval => 16,
        DuckTypeId.Varchar or DuckTypeId.Blob or DuckTypeId.Bit or DuckTypeId.BigNum or DuckTypeId.Geometry => 16,
        DuckTypeId.List or DuckTypeId.Map => 16,
        DuckTypeId.Decimal => Width switch { <= 4 => 2, <= 9 => 4, <= 18 => 8, _ => 16 },
        DuckTypeId.Enum => EnumValues.Count switch { <= byte.MaxValue => 1, <= ushort.MaxValue => 2, _ => 4 },
        _ => 0,
    };

    /// <summary>What the list inside a map holds: a struct of a key and a value.</summary>
    internal DuckType Entry => _entry ??= new DuckType(DuckTypeId.Struct)
    {
        Fields = [new DuckColumn("key", Key!), new DuckColumn("value", Value!)],
    };

    /// <summary>A type that needs nothing but its id, for comparing.</summary>
    /// <exception cref="ArgumentException">The type has parameters, such as a list's element.</exception>
    public static DuckType Of(DuckTypeId id) =>
        id is DuckTypeId.Decimal or DuckTypeId.Enum or DuckTypeId.List or DuckTypeId.Struct
            or DuckTypeId.Map or DuckTypeId.Union or DuckTypeId.Array
            ? throw new ArgumentException($"The type {id} needs more than its id.", nameof(id))
            : Plain[(int)id] ??= new DuckType(id);

    public bool Equals(DuckType? other) => other is not null && (ReferenceEquals(this, other) || ToString() == other.ToString());

    public override bool Equals(object? obj) => Equals(obj as DuckType);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The type as SQL writes it, such as <c>DECIMAL(10,2)</c> or <c>STRUCT(a INTEGER, b VARCHAR[])</c>.</summary>
    public override string ToString() => _sql ??= Alias ?? Sql();

    internal static DuckType Read(TypeHandle type)
    {
        var id = (DuckTypeId)NativeMethods.duckdb_get_type_id(type);
        var rawAlias = NativeMethods.duckdb_logical_type_get_alias(type);
        var alias = rawAlias == 0 ? null : NativeText.Take(rawAlias);
        return id switch
        {
            DuckTypeId.Decimal => new DuckType(id)
            {
                Alias = alias,
                Width = NativeMethods.duckdb_decimal_width(type),
                Scale = NativeMethods.duckdb_decimal_scale(type),
            },
            DuckTypeId.Enum => new DuckType(id)
            {
                Alias = alias,
                EnumValues = Each(
                    NativeMethods.duckdb_enum_dictionary_size(type),
                    i => NativeMethods.duckdb_enum_dictionary_value(type, i)),
            },
            DuckTypeId.List => new DuckType(id) { Alias = alias, Child = Take(NativeMethods.duckdb_list_type_child_type(type)) },
            DuckTypeId.Array => new DuckType(id)
            {
                Alias = alias,
                Child = Take(NativeMethods.duckdb_array_type_child_type(type)),
                Size = (int)NativeMethods.duckdb_array_type_array_size(type),
            },
            DuckTypeId.Map => new DuckType(id)
            {
                Alias = alias,
                Key = Take(NativeMethods.duckdb_map_type_key_type(type)),
                Value = Take(NativeMethods.duckdb_map_type_value_type(type)),
            },
            DuckTypeId.Struct => new DuckType(id)
            {
                Alias = alias,
                Fields = Members(
                    Each(NativeMethods.duckdb_struct_type_child_count(type), i => NativeMethods.duckdb_struct_type_child_name(type, i)),
                    i => NativeMethods.duckdb_struct_type_child_type(type, i)),
            },
            DuckTypeId.Union => new DuckType(id)
            {
                Alias = alias,
                Fields = Members(
                    Each(NativeMethods.duckdb_union_type_member_count(type), i => NativeMethods.duckdb_union_type_member_name(type, i)),
                    i => NativeMethods.duckdb_union_type_member_type(type, i)),
            },
            _ => alias is null ? Of(id) : new DuckType(id) { Alias = alias },
        };
    }

    private static DuckType Take(nint raw)
    {
        using var type = new TypeHandle(raw);
        return Read(type);
    }

    private static string[] Each(ulong count, Func<ulong, nint> text)
    {
        var words = new string[count];
        for (ulong i = 0; i < count; i++)
            words[i] = NativeText.Take(text(i)) ?? "";
        return words;
    }

    private static DuckColumn[] Members(string[] names, Func<ulong, nint> type) =>
        [.. names.Select((name, i) => new DuckColumn(name, Take(type((ulong)i))))];

    private string Sql() => Id switch
    {
        DuckTypeId.Decimal => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({Width},{Scale})"),
        DuckTypeId.Enum => $"ENUM({string.Join(", ", EnumValues.Select(DuckIdentifier.Literal))})",
        DuckTypeId.List => $"{Child}[]",
        DuckTypeId.Array => string.Create(CultureInfo.InvariantCulture, $"{Child}[{Size}]"),
        DuckTypeId.Map => $"MAP({Key}, {Value})",
        DuckTypeId.Struct => $"STRUCT({string.Join(", ", Fields.Select(f => f.Name.Length == 0 ? $"{f.Type}" : $"{f}"))})",
        DuckTypeId.Union => $"UNION({string.Join(", ", Fields)})",
        DuckTypeId.TimestampS => "TIMESTAMP_S",
        DuckTypeId.TimestampMs => "TIMESTAMP_MS",
        DuckTypeId.TimestampNs => "TIMESTAMP_NS",
        DuckTypeId.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        DuckTypeId.TimeTz => "TIME WITH TIME ZONE",
        DuckTypeId.TimeNs => "TIME_NS",
        DuckTypeId.SqlNull => "\"NULL\"",
        _ => Id.ToString().ToUpperInvariant(),
    };
}
