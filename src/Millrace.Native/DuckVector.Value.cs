using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Millrace.Native.Interop;

namespace Millrace.Native;

public readonly unsafe ref partial struct DuckVector
{
    /// <summary>One value, boxed; null where it is NULL.</summary>
    /// <remarks>
    /// BOOLEAN, TINYINT to UBIGINT, FLOAT, DOUBLE: the C# type of that width. HUGEINT, UHUGEINT, BIGNUM: <see cref="BigInteger"/>.
    /// DECIMAL: decimal, or text where its digits are too many for that. VARCHAR, ENUM: string. BLOB, GEOMETRY: byte[].
    /// BIT: text of 0 and 1. DATE: DateOnly. TIME: TimeOnly. TIMESTAMP of any precision: DateTime of no kind, cut to 100 ns.
    /// TIMESTAMPTZ: DateTimeOffset in UTC. A date or a moment outside the years 1 to 9999, and infinity, is text as the engine writes it;
    /// so is 24:00:00 and a TIME with a zone. INTERVAL: <see cref="DuckInterval"/>. UUID: Guid. LIST, ARRAY: object?[].
    /// STRUCT: a dictionary in the order of the fields. MAP: a list of pairs, in the map's order. UNION: the value of its member.
    /// </remarks>
    /// <exception cref="NotSupportedException">The type has no counterpart, such as VARIANT.</exception>
    public object? Value(int row)
    {
        if (IsNull(row))
            return null;

        return Type.Id switch
        {
            DuckTypeId.Boolean => At<byte>(row) != 0,
            DuckTypeId.TinyInt => At<sbyte>(row),
            DuckTypeId.SmallInt => At<short>(row),
            DuckTypeId.Integer => At<int>(row),
            DuckTypeId.BigInt => At<long>(row),
            DuckTypeId.UTinyInt => At<byte>(row),
            DuckTypeId.USmallInt => At<ushort>(row),
            DuckTypeId.UInteger => At<uint>(row),
            DuckTypeId.UBigInt => At<ulong>(row),
            DuckTypeId.Float => At<float>(row),
            DuckTypeId.Double => At<double>(row),
            DuckTypeId.HugeInt => (BigInteger)At<Int128>(row),
            DuckTypeId.UHugeInt => (BigInteger)At<UInt128>(row),
            DuckTypeId.BigNum => BigNum(Bytes(row)),
            DuckTypeId.Decimal => Decimal(row),
            DuckTypeId.Varchar or DuckTypeId.Enum => Text(row),
            DuckTypeId.Blob or DuckTypeId.Geometry => Bytes(row).ToArray(),
            DuckTypeId.Bit => Bits(Bytes(row)),
            DuckTypeId.Date => DuckCalendar.Date(At<int>(row)),
            DuckTypeId.Time => DuckCalendar.Time(At<long>(row)),
            DuckTypeId.TimeNs => DuckCalendar.TimeNs(At<long>(row)),
            DuckTypeId.TimeTz => DuckCalendar.TimeTz(At<ulong>(row)),
            DuckTypeId.Timestamp => DuckCalendar.Timestamp(At<long>(row), DuckCalendar.MicrosPerSecond),
            DuckTypeId.TimestampS => DuckCalendar.Timestamp(At<long>(row), 1),
            DuckTypeId.TimestampMs => DuckCalendar.Timestamp(At<long>(row), 1_000),
            DuckTypeId.TimestampNs => DuckCalendar.Timestamp(At<long>(row), 1_000_000_000),
            DuckTypeId.TimestampTz => DuckCalendar.Moment(At<long>(row)),
            DuckTypeId.Interval => At<DuckInterval>(row),
            DuckTypeId.Uuid => Uuid(At<UInt128>(row)),
            DuckTypeId.List or DuckTypeId.Array => Elements(row),
            DuckTypeId.Struct => Fields(row),
            DuckTypeId.Map => Entries(row),
            DuckTypeId.Union => Member(row),
            DuckTypeId.SqlNull => null,
            _ => throw new NotSupportedException($"A value of {Type} has no counterpart here. Cast it in SQL, for example to VARCHAR."),
        };
    }

    /// <summary>Three bytes of header, then the magnitude, high byte first; every bit is turned over in a negative number.</summary>
    private static BigInteger BigNum(ReadOnlySpan<byte> bytes)
    {
        var isNegative = (bytes[0] & 0x80) == 0;
        var magnitude = bytes[3..].ToArray();
        for (var i = 0; isNegative && i < magnitude.Length; i++)
            magnitude[i] = (byte)~magnitude[i];

        var number = new BigInteger(magnitude, isUnsigned: true, isBigEndian: true);
        return isNegative ? -number : number;
    }

    /// <summary>The first byte says how many bits of the second are padding.</summary>
    private static string Bits(ReadOnlySpan<byte> bytes)
    {
        int padding = bytes[0];
        var digits = new char[((bytes.Length - 1) * 8) - padding];
        for (var i = 0; i < digits.Length; i++)
        {
            var bit = i + padding;
            digits[i] = (bytes[1 + (bit / 8)] & (0x80 >> (bit % 8))) != 0 ? '1' : '0';
        }

        return new string(digits);
    }

    /// <summary>The engine turns the highest bit over, so that its order as a signed number is the order of the text.</summary>
    private static Guid Uuid(UInt128 stored)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, stored ^ (UInt128.One << 127));
        return new Guid(bytes, bigEndian: true);
    }

    private object Decimal(int row)
    {
        var unscaled = Type.PhysicalWidth switch
        {
            2 => At<short>(row),
            4 => At<int>(row),
            8 => At<long>(row),
            _ => At<Int128>(row),
        };
        var magnitude = (UInt128)Int128.Abs(unscaled);
        if (magnitude >> 96 == 0 && Type.Scale <= 28)
        {
            var (low, middle, high) = ((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64));
            return new decimal(low, middle, high, unscaled < 0, (byte)Type.Scale);
        }

        var digits = magnitude.ToString(CultureInfo.InvariantCulture).PadLeft(Type.Scale + 1, '0');
        var text = Type.Scale == 0 ? digits : $"{digits[..^Type.Scale]}.{digits[^Type.Scale..]}";
        return unscaled < 0 ? $"-{text}" : text;
    }

    private object?[] Elements(int row)
    {
        var (offset, length) = List(row);
        var child = ListChild;
        var elements = new object?[length];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = child.Value((int)offset + i);
        return elements;
    }

    private Dictionary<string, object?> Fields(int row)
    {
        var fields = new Dictionary<string, object?>(Type.Fields.Count);
        for (var i = 0; i < Type.Fields.Count; i++)
        {
            // row(1, 2) makes fields without names: their place stands in for it.
            var name = Type.Fields[i].Name;
            fields[name.Length > 0 ? name : (i + 1).ToString(CultureInfo.InvariantCulture)] = StructField(i).Value(row);
        }

        return fields;
    }

    private List<KeyValuePair<object?, object?>> Entries(int row)
    {
        var (offset, length) = List(row);
        var child = ListChild;
        var keys = child.StructField(0);
        var values = child.StructField(1);
        var entries = new List<KeyValuePair<object?, object?>>((int)length);
        for (var i = (int)offset; i < (int)(offset + length); i++)
            entries.Add(new(keys.Value(i), values.Value(i)));
        return entries;
    }

    private object? Member(int row)
    {
        var tag = Child(NativeMethods.duckdb_struct_vector_get_child(_vector, 0), DuckType.Of(DuckTypeId.UTinyInt), Count);
        return StructField(tag.At<byte>(row)).Value(row);
    }
}
