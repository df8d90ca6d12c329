using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>A chunk of rows to fill column by column, in the engine's own memory.</summary>
/// <remarks>
/// Fill the rows 0 to n - 1 of every column, then <see cref="Flush"/> n rows; after that the chunk is empty and may be filled again.
/// Spans are valid until Flush. A position that was not filled holds anything. One thread at a time.
/// </remarks>
public sealed unsafe class DuckChunkWriter : IDisposable
{
    private readonly DuckAppender _appender;
    private readonly ChunkHandle _handle;
    private readonly nint[] _vectors;

    internal DuckChunkWriter(DuckAppender appender)
    {
        _appender = appender;
        _handle = Create(appender);
        _vectors = new nint[appender.Types.Count];
        FindVectors();
    }

    /// <summary>How many rows a chunk holds at most, 2048.</summary>
    public static int Capacity { get; } = (int)NativeMethods.duckdb_vector_size();

    /// <summary>The values of a column, to be written in place.</summary>
    /// <typeparam name="T">A type of the engine's width, as for <see cref="DuckVector.Values{T}"/>.</typeparam>
    /// <exception cref="InvalidOperationException">T has another width, or the column holds text or nested values.</exception>
    public Span<T> Values<T>(int column) where T : unmanaged
    {
        var type = _appender.Types[column];
        if (sizeof(T) != type.PhysicalWidth || IsReference(type.Id))
            throw new InvalidOperationException(
                $"Column {column} holds {type} and cannot be written as a span of {typeof(T).Name}. "
                + "Take a type of the same width, or SetText, SetBytes or ListValues.");
        return new Span<T>(NativeMethods.duckdb_vector_get_data(Vector(column)), Capacity);
    }

    public void SetNull(int column, int row)
    {
        CheckRow(row);
        var vector = Vector(column);
        NativeMethods.duckdb_vector_ensure_validity_writable(vector);
        NativeMethods.duckdb_vector_get_validity(vector)[row >> 6] &= ~(1UL << (row & 63));
    }

    /// <summary>Writes a text, or NULL where it is null.</summary>
    public void SetText(int column, int row, string? text)
    {
        if (text is null)
            SetNull(column, row);
        else
            SetText(column, row, text.AsSpan());
    }

    /// <summary>Writes a text.</summary>
    public void SetText(int column, int row, ReadOnlySpan<char> text)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            Assign(column, row, buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)), DuckTypeId.Varchar);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a text that is UTF-8 already.</summary>
    /// <exception cref="ArgumentException">It is not UTF-8; the engine itself would write NULL and say nothing.</exception>
    public void SetUtf8(int column, int row, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw new ArgumentException($"The text for column {column}, row {row} is not UTF-8.", nameof(text));
        Assign(column, row, text, DuckTypeId.Varchar);
    }

    /// <summary>Writes a blob.</summary>
    public void SetBytes(int column, int row, ReadOnlySpan<byte> bytes) => Assign(column, row, bytes, DuckTypeId.Blob);

    /// <summary>Gives a row of a list column its length, and the elements to be written in place.</summary>
    /// <remarks>For lists of fixed-width values. The span is valid until the next list of the same column; write each row once.</remarks>
    public Span<T> ListValues<T>(int column, int row, int length) where T : unmanaged
    {
        CheckRow(row);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var type = _appender.Types[column];
        if (type.Id != DuckTypeId.List || sizeof(T) != type.Child!.PhysicalWidth || IsReference(type.Child.Id))
            throw new InvalidOperationException($"Column {column} holds {type} and cannot be written as lists of {typeof(T).Name}.");

        var vector = Vector(column);
        var offset = NativeMethods.duckdb_list_vector_get_size(vector);
        var end = offset + (ulong)length;
        if (NativeMethods.duckdb_list_vector_reserve(vector, end) != NativeState.Success
            || NativeMethods.duckdb_list_vector_set_size(vector, end) != NativeState.Success)
            throw new OutOfMemoryException($"The engine could not make room for {end} elements in column {column}.");

        var entries = (NativeListEntry*)NativeMethods.duckdb_vector_get_data(vector);
        entries[row] = new NativeListEntry { Offset = offset, Length = (ulong)length };
        var elements = (T*)NativeMethods.duckdb_vector_get_data(NativeMethods.duckdb_list_vector_get_child(vector));
        return new Span<T>(elements + offset, length);
    }

    /// <summary>Hands the first rows to the appender and empties the chunk.</summary>
    /// <exception cref="DuckException">The rows collected so far break a constraint.</exception>
    public void Flush(int rows)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Capacity);
        NativeMethods.duckdb_data_chunk_set_size(_handle, (ulong)rows);
        try
        {
            _appender.Check(NativeMethods.duckdb_append_data_chunk(_appender.Handle, _handle));
        }
        finally
        {
            NativeMethods.duckdb_data_chunk_reset(_handle);
            FindVectors();
        }
    }

    public void Dispose() => _handle.Dispose();

    private static bool IsReference(DuckTypeId id) =>
        id is DuckTypeId.Varchar or DuckTypeId.Blob or DuckTypeId.Bit or DuckTypeId.BigNum or DuckTypeId.Geometry
            or DuckTypeId.List or DuckTypeId.Map;

    private static ChunkHandle Create(DuckAppender appender)
    {
        var count = appender.Types.Count;
        var types = new TypeHandle[count];
        var raw = stackalloc nint[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                types[i] = new TypeHandle(NativeMethods.duckdb_appender_column_type(appender.Handle, (ulong)i));
                raw[i] = types[i].DangerousGetHandle();
            }

            return new ChunkHandle(NativeMethods.duckdb_create_data_chunk(raw, (ulong)count), appender.Handle);
        }
        finally
        {
            foreach (var type in types)
                type?.Dispose();
        }
    }

    private void Assign(int column, int row, ReadOnlySpan<byte> bytes, DuckTypeId wanted)
    {
        CheckRow(row);
        if (_appender.Types[column].Id != wanted)
            throw new InvalidOperationException($"Column {column} holds {_appender.Types[column]}, not {DuckType.Of(wanted)}.");

        byte none = 0;
        fixed (byte* pointer = bytes)
            NativeMethods.duckdb_unsafe_vector_assign_string_element_len(
                Vector(column), (ulong)row, pointer is null ? &none : pointer, (ulong)bytes.Length);
    }

    private nint Vector(int column)
    {
        ThrowIfDisposed();
        return _vectors[column];
    }

    private void FindVectors()
    {
        for (var i = 0; i < _vectors.Length; i++)
            _vectors[i] = NativeMethods.duckdb_data_chunk_get_vector(_handle, (ulong)i);
    }

    private static void CheckRow(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Capacity);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
}
