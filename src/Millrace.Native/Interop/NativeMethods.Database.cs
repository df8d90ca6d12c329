using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Databases, connections and their settings.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_library_version();

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_free(nint pointer);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_create_config(out nint config);

    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeState duckdb_set_config(ConfigHandle config, string name, string option);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nuint duckdb_config_count();

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_get_config_flag(nuint index, out nint name, out nint description);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeState duckdb_open_ext(string? path, out nint database, ConfigHandle config, out nint error);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_close(ref nint database);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_connect(DatabaseHandle database, out nint connection);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeProgress duckdb_query_progress(ConnectionHandle connection);
}
