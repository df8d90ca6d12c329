using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>The bulk appender.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeState duckdb_appender_create(
        ConnectionHandle connection, string? schema, string table, out nint appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_appender_error_data(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_error_data_message(ErrorHandle error);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial int duckdb_error_data_error_type(ErrorHandle error);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_error_data(ref nint error);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_appender_column_count(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_appender_column_type(AppenderHandle appender, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_appender_flush(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_appender_clear(nint appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_appender_close(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_appender_destroy(ref nint appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_data_chunk(AppenderHandle appender, ChunkHandle chunk);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_appender_end_row(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_null(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_default(AppenderHandle appender);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_value(AppenderHandle appender, ValueHandle value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_bool(AppenderHandle appender, byte value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_int32(AppenderHandle appender, int value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_int64(AppenderHandle appender, long value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_float(AppenderHandle appender, float value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_double(AppenderHandle appender, double value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_date(AppenderHandle appender, int days);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_timestamp(AppenderHandle appender, long micros);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_append_varchar_length(AppenderHandle appender, byte* text, ulong length);
}
