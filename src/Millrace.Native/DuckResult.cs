using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>The rows of one run of a statement, chunk by chunk, forward only.</summary>
/// <remarks>
/// Rows are made while they are fetched. Read the result to its end or dispose it before the next statement of its connection: that one
/// closes it, and <see cref="Fetch"/> then fails with the engine's text. It keeps its connection open. One thread at a time.
/// </remarks>
public sealed class DuckResult : IDisposable
{
    private readonly ResultHandle _handle;
    private readonly ConnectionHandle _connection;
    private readonly string _sql;
    private IReadOnlyList<DuckColumn>? _columns;
    private bool _atEnd;

    internal DuckResult(ResultHandle handle, ConnectionHandle connection, string sql)
    {
        _handle = handle;
        _connection = connection;
        _sql = sql;

        // The engine reads the count as if the result were materialised, without looking, so we ask only where it is.
        if (NativeMethods.duckdb_result_return_type(handle.Value) == NativeResultKind.ChangedRows
            && NativeMethods.duckdb_result_is_streaming(handle.Value) == 0)
            RowsChanged = (long)NativeMethods.duckdb_rows_changed(handle);
    }

    public IReadOnlyList<DuckColumn> Columns => _columns ??= ReadColumns();

    /// <summary>How many rows the statement inserted, updated, deleted or copied; 0 for other statements.</summary>
    /// <remarks>0 also for RETURNING, whose rows are the answer, and for CREATE TABLE AS, whose single row is the count.</remarks>
    public long RowsChanged { get; }

    /// <summary>The next chunk, or null at the end. The caller disposes each chunk; a chunk may outlive the result.</summary>
    /// <exception cref="DuckException">The statement failed while making these rows, or was interrupted.</exception>
    public DuckChunk? Fetch()
    {
        ThrowIfDisposed();
        if (_atEnd)
            return null;

        var columns = Columns;
        var chunk = FetchNative();
        if (chunk != 0)
            return new DuckChunk(new ChunkHandle(chunk, _connection), columns);

        _atEnd = true;
        if (NativeText.Read(NativeMethods.duckdb_result_error(_handle)) is { } error)
            throw DuckException.From(error, _sql, (DuckErrorKind)NativeMethods.duckdb_result_error_type(_handle));
        return null;
    }

    /// <summary>The rows that are left, as boxed values (see <see cref="DuckVector.Value"/>).</summary>
    /// <remarks>
    /// For small results: boxing costs about four times the reading.
    /// The result is disposed when the enumeration ends, also when it ends early.
    /// </remarks>
    public IEnumerable<object?[]> Rows()
    {
        using (this)
        {
            while (Fetch() is { } fetched)
            {
                using var chunk = fetched;
                for (var row = 0; row < chunk.Rows; row++)
                    yield return chunk.Row(row);
            }
        }
    }

    /// <summary>The first value of the next row, or null when there is none. Disposes the result.</summary>
    public object? Scalar()
    {
        using (this)
        {
            using var chunk = Fetch();
            return chunk is { Rows: > 0 } ? chunk[0].Value(0) : null;
        }
    }

    public void Dispose() => _handle.Dispose();

    private nint FetchNative()
    {
        var held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            return NativeMethods.duckdb_fetch_chunk(_handle.Value);
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }

    private DuckColumn[] ReadColumns()
    {
        ThrowIfDisposed();
        var columns = new DuckColumn[NativeMethods.duckdb_column_count(_handle)];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = NativeText.Read(NativeMethods.duckdb_column_name(_handle, (ulong)i)) ?? "";
            using var type = new TypeHandle(NativeMethods.duckdb_column_logical_type(_handle, (ulong)i));
            columns[i] = new DuckColumn(name, DuckType.Read(type));
        }

        return columns;
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
}
