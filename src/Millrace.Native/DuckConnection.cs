using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>A session of a database: its own transaction, its own settings, one statement at a time.</summary>
/// <remarks>
/// <see cref="Interrupt"/> and <see cref="Progress"/> may be used from any thread while another thread runs a statement; everything else
/// belongs to one thread at a time. A streaming result must be read to its end or disposed before the next statement
/// of the same connection starts: the engine closes it then, and its next <see cref="DuckResult.Fetch"/> fails.
/// The database stays open as long as one of its connections does.
/// </remarks>
public sealed class DuckConnection : IDisposable
{
    private readonly ConnectionHandle _handle;

    internal DuckConnection(ConnectionHandle handle) => _handle = handle;

    /// <summary>How far the running statement is. From any thread.</summary>
    /// <remarks>The engine keeps count only where <c>enable_progress_bar</c> is true; <c>enable_progress_bar_print</c> may be false.</remarks>
    public DuckProgress Progress
    {
        get
        {
            ThrowIfDisposed();
            var progress = NativeMethods.duckdb_query_progress(_handle);
            return new DuckProgress(progress.Percentage, progress.RowsProcessed, progress.TotalRows);
        }
    }

    /// <summary>Runs one statement or several, one after the other, and drops the rows they give as they come.</summary>
    /// <remarks>The first one that fails ends the run; what ran before it stays, unless the script holds a transaction.</remarks>
    /// <exception cref="DuckException">The script does not parse, or a statement failed.</exception>
    public void Execute(string sql)
    {
        using var script = Extract(sql, out var count);
        if (count <= 1)
        {
            RunAll(script, count, sql);
            return;
        }

        foreach (var piece in SqlScript.Statements(sql))
        {
            using var statement = Extract(piece, out var parts);
            RunAll(statement, parts, sql);
        }
    }

    /// <summary>Runs one statement and gives its rows as they are made.</summary>
    /// <remarks>Memory stays flat however long the result is, since the engine works only a few chunks ahead.</remarks>
    /// <exception cref="DuckException">The statement does not parse, does not bind, or failed before its first row.</exception>
    public DuckResult Query(string sql)
    {
        if (IsPivot(sql))
        {
            using var script = Extract(sql, out var count);
            if (count > 1)
            {
                RunAll(script, count - 1, sql);
                using var last = PrepareOf(script, count - 1, sql);
                return last.Query();
            }
        }

        using var statement = Prepare(sql);
        return statement.Query();
    }

    /// <summary>Parses and binds one statement without running it.</summary>
    /// <exception cref="DuckException">The text does not parse, does not bind, or holds several statements.</exception>
    public DuckStatement Prepare(string sql)
    {
        ThrowIfDisposed();
        NativeText.WithoutNul(sql, "The SQL text");
        var state = NativeMethods.duckdb_prepare(_handle, sql, out var statement);
        return Prepared(state, statement, sql);
    }

    /// <summary>Opens a bulk writer for an existing table.</summary>
    /// <param name="table">The table's name, without quotes.</param>
    /// <param name="schema">The schema's name; null means <c>main</c>.</param>
    /// <exception cref="DuckException">There is no such table.</exception>
    public DuckAppender Appender(string table, string? schema = null)
    {
        ThrowIfDisposed();
        return DuckAppender.Open(_handle, table, schema);
    }

    /// <summary>Stops the running statement, which then fails with <see cref="DuckErrorKind.Interrupt"/>. From any thread.</summary>
    /// <remarks>Does nothing when no statement runs: a statement that starts later is not stopped. The connection stays usable.</remarks>
    public void Interrupt()
    {
        ThrowIfDisposed();
        NativeMethods.duckdb_interrupt(_handle);
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>A PIVOT that must look up its columns first is several statements to the engine, which duckdb_prepare refuses.</summary>
    private static bool IsPivot(string sql) => sql.Contains("pivot", StringComparison.OrdinalIgnoreCase);

    private ScriptHandle Extract(string sql, out ulong count)
    {
        ThrowIfDisposed();
        NativeText.WithoutNul(sql, "The SQL text");
        count = NativeMethods.duckdb_extract_statements(_handle, sql, out var raw);
        var script = new ScriptHandle(raw, _handle);
        if (NativeText.Read(NativeMethods.duckdb_extract_statements_error(script)) is not { } error)
            return script;

        script.Dispose();
        throw DuckException.From(error, sql);
    }

    private void RunAll(ScriptHandle script, ulong count, string sql)
    {
        for (ulong i = 0; i < count; i++)
        {
            using var statement = PrepareOf(script, i, sql);
            statement.Execute();
        }
    }

    private DuckStatement PrepareOf(ScriptHandle script, ulong index, string sql)
    {
        var state = NativeMethods.duckdb_prepare_extracted_statement(_handle, script, index, out var statement);
        return Prepared(state, statement, sql);
    }

    private DuckStatement Prepared(NativeState state, nint statement, string sql)
    {
        if (statement == 0)
            throw DuckException.From("The engine could not prepare the statement and gave no reason.", sql);

        var handle = new StatementHandle(statement, _handle);
        if (state == NativeState.Success)
            return new DuckStatement(handle, _handle, sql);

        var error = NativeText.Read(NativeMethods.duckdb_prepare_error(handle));
        handle.Dispose();
        throw DuckException.From(error, sql);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
}
