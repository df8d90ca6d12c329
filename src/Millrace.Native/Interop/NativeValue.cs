using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Millrace.Native.Interop;

/// <summary>Makes the engine's value of an object of ours, for parameters and for appended rows.</summary>
internal static unsafe class NativeValue
{
    /// <exception cref="ArgumentException">The object has a type that the engine has no counterpart for.</exception>
    public static ValueHandle Of(object? value)
    {
        var native = Create(value);
        if (native == 0)
            throw new ArgumentException($"The engine could not make a value of this {value?.GetType()}.");
        return new ValueHandle(native);
    }

    private static nint Create(object? value) => value switch
    {
        null or DBNull => NativeMethods.duckdb_create_null_value(),
        bool flag => NativeMethods.duckdb_create_bool(flag ? (byte)1 : (byte)0),
        sbyte number => NativeMethods.duckdb_create_int8(number),
        byte number => NativeMethods.duckdb_create_uint8(number),
        short number => NativeMethods.duckdb_create_int16(number),
        ushort number => NativeMethods.duckdb_create_uint16(number),
        int number => NativeMethods.duckdb_create_int32(number),
        uint number => NativeMethods.duckdb_create_uint32(number),
        long number => NativeMethods.duckdb_create_int64(number),
        ulong number => NativeMethods.duckdb_create_uint64(number),
        Int128 number => NativeMethods.duckdb_create_hugeint(NativeHugeInt.From(number)),
        UInt128 number => NativeMethods.duckdb_create_uhugeint(NativeHugeInt.From(number)),
        BigInteger number => OfBigInteger(number),
        float number => NativeMethods.duckdb_create_float(number),
        double number => NativeMethods.duckdb_create_double(number),
        decimal number => NativeMethods.duckdb_create_decimal(OfDecimal(number)),
        ScaledDecimal number => NativeMethods.duckdb_create_decimal(OfDecimal(number)),
        string text => OfText(text),
        byte[] bytes => OfBytes(bytes),
        ReadOnlyMemory<byte> bytes => OfBytes(bytes.Span),
        DateOnly date => NativeMethods.duckdb_create_date(DuckCalendar.Days(date)),
        TimeOnly time => NativeMethods.duckdb_create_time(DuckCalendar.Micros(time)),
        DateTime time => NativeMethods.duckdb_create_timestamp(DuckCalendar.Micros(time)),
        DateTimeOffset time => NativeMethods.duckdb_create_timestamp_tz(DuckCalendar.Micros(time.UtcDateTime)),
        TimeSpan span => NativeMethods.duckdb_create_interval(new DuckInterval(0, 0, span.Ticks / TimeSpan.TicksPerMicrosecond)),
        DuckInterval interval => NativeMethods.duckdb_create_interval(interval),
        Guid id => OfGuid(id),
        IReadOnlyDictionary<string, object?> fields => OfStruct(fields),
        IEnumerable<KeyValuePair<object?, object?>> entries => OfMap([.. entries]),
        IEnumerable elements => OfList([.. elements.Cast<object?>()]),
        _ => throw new ArgumentException($"A value of type {value.GetType()} has no counterpart in the engine. Convert it before."),
    };

    private static nint OfBigInteger(BigInteger number)
    {
        if (number >= (BigInteger)Int128.MinValue && number <= (BigInteger)Int128.MaxValue)
            return NativeMethods.duckdb_create_hugeint(NativeHugeInt.From((Int128)number));
        if (number.Sign > 0 && number <= (BigInteger)UInt128.MaxValue)
            return NativeMethods.duckdb_create_uhugeint(NativeHugeInt.From((UInt128)number));
        throw new ArgumentException($"The number {number} needs more than 128 bits. Pass it as text and cast it in SQL to BIGNUM.");
    }

    private static NativeDecimal OfDecimal(decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        var magnitude = new UInt128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var digits = magnitude.ToString(CultureInfo.InvariantCulture).Length;
        return new NativeDecimal
        {
            Width = (byte)Math.Max(digits, number.Scale),
            Scale = number.Scale,
            Value = NativeHugeInt.From(decimal.IsNegative(number) ? -(Int128)magnitude : (Int128)magnitude),
        };
    }

    private static NativeDecimal OfDecimal(ScaledDecimal scaled)
    {
        var native = OfDecimal(scaled.Number);
        var unscaled = new Int128(native.Value.Upper, native.Value.Lower);
        for (; native.Scale < scaled.Scale; native.Scale++)
            unscaled = checked(unscaled * 10);
        return native with { Width = 38, Value = NativeHugeInt.From(unscaled) };
    }

    private static nint OfText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "\0");
        fixed (byte* pointer = bytes)
            return NativeMethods.duckdb_create_varchar_length(pointer, (ulong)bytes.Length - 1);
    }

    private static nint OfBytes(ReadOnlySpan<byte> bytes)
    {
        byte none = 0;
        fixed (byte* pointer = bytes)
            return NativeMethods.duckdb_create_blob(pointer is null ? &none : pointer, (ulong)bytes.Length);
    }

    private static nint OfGuid(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return NativeMethods.duckdb_create_uuid(NativeHugeInt.From(BinaryPrimitives.ReadUInt128BigEndian(bytes)));
    }

    private static nint OfList(object?[] elements)
    {
        using var values = new Values(elements);
        fixed (nint* pointer = values.Native)
            return NativeMethods.duckdb_create_list_value(values.CommonType(), pointer, (ulong)elements.Length);
    }

    private static nint OfMap(KeyValuePair<object?, object?>[] entries)
    {
        using var keys = new Values([.. entries.Select(entry => entry.Key)]);
        using var values = new Values([.. entries.Select(entry => entry.Value)]);
        using var type = new TypeHandle(NativeMethods.duckdb_create_map_type(keys.CommonType(), values.CommonType()));
        fixed (nint* keyPointer = keys.Native, valuePointer = values.Native)
            return NativeMethods.duckdb_create_map_value(type.DangerousGetHandle(), keyPointer, valuePointer, (ulong)entries.Length);
    }

    private static nint OfStruct(IReadOnlyDictionary<string, object?> fields)
    {
        using var values = new Values([.. fields.Values]);
        var types = Array.ConvertAll(values.Native, NativeMethods.duckdb_get_value_type);
        var names = fields.Keys.Select(name => Encoding.UTF8.GetBytes(NativeText.WithoutNul(name, "A field's name") + "\0")).ToArray();
        var flat = names.SelectMany(name => name).ToArray();
        var pointers = stackalloc byte*[names.Length];
        fixed (byte* start = flat)
        fixed (nint* typePointer = types, valuePointer = values.Native)
        {
            var next = start;
            for (var i = 0; i < names.Length; next += names[i++].Length)
                pointers[i] = next;

            using var type = new TypeHandle(NativeMethods.duckdb_create_struct_type(typePointer, pointers, (ulong)names.Length));
            return NativeMethods.duckdb_create_struct_value(type.DangerousGetHandle(), valuePointer);
        }
    }

    /// <summary>The values inside a nested one; they are copied when the nested one is made, so they are destroyed with this.</summary>
    /// <remarks>One NULL more than asked for stands at the end: an address and a type are needed even where there is no value.</remarks>
    private sealed class Values : IDisposable
    {
        private readonly object?[] _items;
        private readonly ValueHandle[] _handles;

        public Values(object?[] items)
        {
            _items = items;
            _handles = [.. SameScale(items).Select(Of), Of(null)];
            Native = Array.ConvertAll(_handles, handle => handle.DangerousGetHandle());
        }

        public nint[] Native { get; }

        /// <summary>The type that all values have which are not NULL. It belongs to one of the values.</summary>
        /// <exception cref="ArgumentException">They differ: the engine would cast all to the first one's and lose digits.</exception>
        public nint CommonType()
        {
            var kinds = _items.Where(item => item is not (null or DBNull)).Select(item => item!.GetType()).Distinct().ToList();
            if (kinds.Count > 1)
                throw new ArgumentException($"A list holds values of several types: {string.Join(", ", kinds)}. Convert them to one.");

            var first = Array.FindIndex(_items, item => item is not (null or DBNull));
            return NativeMethods.duckdb_get_value_type(Native[first < 0 ? ^1 : first]);
        }

        public void Dispose() => Array.ForEach(_handles, handle => handle.Dispose());

        /// <summary>Each decimal carries its own scale; in one list all take the largest.</summary>
        private static IEnumerable<object?> SameScale(object?[] items)
        {
            var scale = items.OfType<decimal>().Select(number => number.Scale).DefaultIfEmpty().Max();
            return items.Select(item => item is decimal number ? new ScaledDecimal(number, scale) : item);
        }
    }

    private readonly record struct ScaledDecimal(decimal Number, byte Scale);
}
