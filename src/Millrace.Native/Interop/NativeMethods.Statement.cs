using System.Runtime.InteropServices;

namespace Millrace.Native.Interop;

/// <summary>Scripts, prepared statements and their execution.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ulong duckdb_extract_statements(ConnectionHandle connection, string query, out nint script);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_extract_statements_error(ScriptHandle script);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_extracted(ref nint script);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_prepare_extracted_statement(
        ConnectionHandle connection, ScriptHandle script, ulong index, out nint statement);

    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeState duckdb_prepare(ConnectionHandle connection, string query, out nint statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_prepare_error(StatementHandle statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial int duckdb_prepared_statement_type(StatementHandle statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_prepared_statement_column_count(StatementHandle statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_prepared_statement_column_name(StatementHandle statement, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_prepared_statement_column_logical_type(StatementHandle statement, ulong column);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial ulong duckdb_nparams(StatementHandle statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_parameter_name(StatementHandle statement, ulong index);

    [LibraryImport(NativeLibraries.Duck, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativeState duckdb_bind_parameter_index(StatementHandle statement, out ulong index, string name);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_bind_value(StatementHandle statement, ulong index, ValueHandle value);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_clear_bindings(StatementHandle statement);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_pending_prepared_streaming(StatementHandle statement, out nint pending);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial nint duckdb_pending_error(PendingHandle pending);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial NativeState duckdb_execute_pending(PendingHandle pending, ResultHandle result);

    [LibraryImport(NativeLibraries.Duck)]
    internal static partial void duckdb_destroy_pending(ref nint pending);
}
