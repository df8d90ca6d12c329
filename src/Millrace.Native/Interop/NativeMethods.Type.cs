using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Logical types.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_logical_type(ref nint type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial int duckdb_get_type_id(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_logical_type_get_alias(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial byte duckdb_decimal_width(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial byte duckdb_decimal_scale(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial uint duckdb_enum_dictionary_size(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_enum_dictionary_value(TypeHandle type, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_list_type_child_type(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_array_type_child_type(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_array_type_array_size(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_map_type_key_type(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_map_type_value_type(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_struct_type_child_count(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_struct_type_child_name(TypeHandle type, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_struct_type_child_type(TypeHandle type, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_union_type_member_count(TypeHandle type);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_union_type_member_name(TypeHandle type, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_union_type_member_type(TypeHandle type, ulong index);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_logical_type(int id);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_map_type(nint key, nint value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_create_struct_type(nint* types, byte** names, ulong count);
}
