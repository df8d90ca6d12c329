using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Single values, as parameters and appended rows take them.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_value(ref nint value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_get_value_type(nint value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_null_value();

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_bool(byte value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_int8(sbyte value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uint8(byte value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_int16(short value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uint16(ushort value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_int32(int value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uint32(uint value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_int64(long value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uint64(ulong value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_hugeint(NativeHugeInt value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uhugeint(NativeHugeInt value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_decimal(NativeDecimal value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_float(float value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_double(double value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_date(int days);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_time(long micros);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_timestamp(long micros);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_timestamp_tz(long micros);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_interval(DuckInterval value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_uuid(NativeHugeInt value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_varchar_length(byte* text, ulong length);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_blob(byte* data, ulong length);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_list_value(nint elementType, nint* values, ulong count);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_struct_value(nint type, nint* values);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_map_value(nint type, nint* keys, nint* values, ulong count);
}
