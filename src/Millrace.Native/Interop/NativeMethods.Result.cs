using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Results, data chunks and vectors.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_result_error(ResultHandle result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial int duckdb_result_error_type(ResultHandle result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeResultKind duckdb_result_return_type(NativeResult result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial byte duckdb_result_is_streaming(NativeResult result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_rows_changed(ResultHandle result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_column_count(ResultHandle result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_column_name(ResultHandle result, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_column_logical_type(ResultHandle result, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_result(nint result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_data_chunk(nint* types, ulong columns);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_data_chunk_reset(ChunkHandle chunk);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_data_chunk_get_size(ChunkHandle chunk);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_data_chunk_set_size(ChunkHandle chunk, ulong size);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_data_chunk_get_vector(ChunkHandle chunk, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_vector_size();

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial byte* duckdb_vector_get_data(nint vector);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_vector_ensure_validity_writable(nint vector);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_unsafe_vector_assign_string_element_len(nint vector, ulong row, byte* text, ulong length);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_list_vector_get_child(nint vector);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_list_vector_get_size(nint vector);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_list_vector_set_size(nint vector, ulong size);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_list_vector_reserve(nint vector, ulong capacity);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_array_vector_get_child(nint vector);
}
