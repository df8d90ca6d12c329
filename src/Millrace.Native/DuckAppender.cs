using System.Buffers;
using System.Text;
using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>Writes many rows into a table, by row or by chunk.</summary>
/// <remarks>
/// Rows are collected and written about 200,000 at a time, so an error such as a broken constraint may be told by a later call, and
/// some rows may already be there: work inside a transaction where that matters. Only <see cref="Close"/> writes the last rows:
/// an appender that is disposed without it drops what it still holds. One thread at a time.
/// </remarks>
public sealed class DuckAppender : IDisposable
{
    private readonly AppenderHandle _handle;
    private int _column;
    private bool _isClosed;

    private DuckAppender(AppenderHandle handle)
    {
        _handle = handle;
        var types = new DuckType[NativeMethods.duckdb_appender_column_count(handle)];
        for (var i = 0; i < types.Length; i++)
        {
            using var type = new TypeHandle(NativeMethods.duckdb_appender_column_type(handle, (ulong)i));
            types[i] = DuckType.Read(type);
        }

        Types = types;
    }

    /// <summary>The types of the table's columns, in their order.</summary>
    public IReadOnlyList<DuckType> Types { get; }

    internal AppenderHandle Handle => Open();

    internal static DuckAppender Open(ConnectionHandle connection, string table, string? schema)
    {
        NativeText.WithoutNul(table, "The table's name");
        NativeText.WithoutNul(schema ?? "", "The schema's name");
        var state = NativeMethods.duckdb_appender_create(connection, schema, table, out var raw);
        var handle = new AppenderHandle(raw, connection);
        if (state == NativeState.Success)
            return new DuckAppender(handle);

        var error = ErrorOf(handle);
        handle.Dispose();
        throw error;
    }

    /// <summary>A chunk to fill column by column and to append whole, as often as wanted. The caller disposes it.</summary>
    public DuckChunkWriter Chunk() => new(this);

    public DuckAppender Append(bool value) => Appended(NativeMethods.duckdb_append_bool(Open(), value ? (byte)1 : (byte)0));

    public DuckAppender Append(int value) =>
        IsDecimal ? Append((object)value) : Appended(NativeMethods.duckdb_append_int32(Open(), value));

    public DuckAppender Append(long value) =>
        IsDecimal ? Append((object)value) : Appended(NativeMethods.duckdb_append_int64(Open(), value));

    // Without this one, C# would choose float for a ulong.
    public DuckAppender Append(ulong value) => Append((object)value);

    public DuckAppender Append(float value) =>
        IsDecimal ? Append((object)value) : Appended(NativeMethods.duckdb_append_float(Open(), value));

    public DuckAppender Append(double value) =>
        IsDecimal ? Append((object)value) : Appended(NativeMethods.duckdb_append_double(Open(), value));

    public DuckAppender Append(DateOnly value) => Appended(NativeMethods.duckdb_append_date(Open(), DuckCalendar.Days(value)));

    /// <summary>Appends the time as it is; its kind is not looked at.</summary>
    public DuckAppender Append(DateTime value) => Appended(NativeMethods.duckdb_append_timestamp(Open(), DuckCalendar.Micros(value)));

    /// <summary>Appends the moment, in UTC.</summary>
    public DuckAppender Append(DateTimeOffset value) => Append(value.UtcDateTime);

    /// <summary>Appends a text, or NULL where it is null.</summary>
    public DuckAppender Append(string? value) => value is null ? AppendNull() : Append(value.AsSpan());

    /// <summary>Appends a text.</summary>
    public unsafe DuckAppender Append(ReadOnlySpan<char> value)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        try
        {
            var length = Encoding.UTF8.GetBytes(value, buffer);
            fixed (byte* pointer = buffer)
                return Appended(NativeMethods.duckdb_append_varchar_length(Open(), pointer, (ulong)length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Appends any value that <see cref="DuckStatement.Bind(int, object?)"/> takes, cast to the column's type.</summary>
    /// <exception cref="DuckException">The value does not fit the column.</exception>
    public DuckAppender Append(object? value)
    {
        using var native = NativeValue.Of(value);
        return Appended(NativeMethods.duckdb_append_value(Open(), native));
    }

    public DuckAppender AppendNull() => Appended(NativeMethods.duckdb_append_null(Open()));

    /// <summary>Appends what the table's definition says for a column that is left out.</summary>
    public DuckAppender AppendDefault() => Appended(NativeMethods.duckdb_append_default(Open()));

    /// <exception cref="DuckException">A column is missing, or the rows collected so far break a constraint.</exception>
    public void EndRow()
    {
        Check(NativeMethods.duckdb_appender_end_row(Open()));
        _column = 0;
    }

    /// <summary>Writes the rows collected so far.</summary>
    /// <exception cref="DuckException">They break a constraint, or the last row is not ended.</exception>
    public void Flush() => Check(NativeMethods.duckdb_appender_flush(Open()));

    /// <summary>Writes the rows collected so far and ends the appender.</summary>
    /// <exception cref="DuckException">They break a constraint, or the last row is not ended.</exception>
    public void Close()
    {
        // The engine's close says nothing when the last row is not ended, and drops all rows with it; its flush does say so.
        Flush();
        Check(NativeMethods.duckdb_appender_close(Open()));
        _isClosed = true;
    }

    public void Dispose() => _handle.Dispose();

    internal void Check(NativeState state)
    {
        if (state != NativeState.Success)
            throw ErrorOf(_handle);
    }

    /// <summary>The engine drops the error when a number does not fit a DECIMAL and stores garbage, unless it comes as a value.</summary>
    private bool IsDecimal => _column < Types.Count && Types[_column].Id == DuckTypeId.Decimal;

    private static DuckException ErrorOf(AppenderHandle handle)
    {
        using var error = new ErrorHandle(NativeMethods.duckdb_appender_error_data(handle));
        var kind = (DuckErrorKind)NativeMethods.duckdb_error_data_error_type(error);
        return DuckException.From(NativeText.Read(NativeMethods.duckdb_error_data_message(error)), kind: kind);
    }

    private DuckAppender Appended(NativeState state)
    {
        Check(state);
        _column++;
        return this;
    }

    private AppenderHandle Open()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed || _isClosed, this);
        return _handle;
    }
}
