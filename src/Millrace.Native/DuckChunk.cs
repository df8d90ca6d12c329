using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>Up to 2048 rows, column by column, in the engine's own memory.</summary>
/// <remarks>Vectors and spans taken from a chunk are valid until it is disposed, and no longer. It keeps its connection open.</remarks>
public sealed class DuckChunk : IDisposable
{
    private readonly ChunkHandle _handle;
    private readonly IReadOnlyList<DuckColumn> _columns;

    internal DuckChunk(ChunkHandle handle, IReadOnlyList<DuckColumn> columns)
    {
        _handle = handle;
        _columns = columns;
        Rows = (int)NativeMethods.duckdb_data_chunk_get_size(handle);
    }

    public int Rows { get; }

    public int ColumnCount => _columns.Count;

    /// <summary>One column of the chunk.</summary>
    public DuckVector this[int column]
    {
        get
        {
            ThrowIfDisposed();
            ArgumentOutOfRangeException.ThrowIfNegative(column);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, _columns.Count);
            return new DuckVector(this, NativeMethods.duckdb_data_chunk_get_vector(_handle, (ulong)column), _columns[column].Type, Rows);
        }
    }

    public void Dispose() => _handle.Dispose();

    internal object?[] Row(int row)
    {
        var values = new object?[_columns.Count];
        for (var column = 0; column < values.Length; column++)
            values[column] = this[column].Value(row);
        return values;
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
}
