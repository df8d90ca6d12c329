using Millrace.Native.Interop;

namespace Millrace.Native;

/// <summary>A statement that is parsed and bound, and may be run several times with other parameters.</summary>
/// <remarks>
/// Its columns are known before it runs. Bound values stay until they are bound anew or <see cref="ClearBindings"/> is called.
/// It keeps its connection open.
/// </remarks>
public sealed class DuckStatement : IDisposable
{
    private readonly StatementHandle _handle;
    private readonly ConnectionHandle _connection;
    private readonly string _sql;
    private IReadOnlyList<DuckColumn>? _columns;

    internal DuckStatement(StatementHandle handle, ConnectionHandle connection, string sql)
    {
        _handle = handle;
        _connection = connection;
        _sql = sql;
    }

    /// <summary>The columns that the statement will give, known without running it.</summary>
    /// <remarks>A column whose type depends on a parameter without a cast has <see cref="DuckTypeId.Unknown"/>.
    /// A statement that changes rows gives one column <c>Count</c>.</remarks>
    public IReadOnlyList<DuckColumn> Columns => _columns ??= ReadColumns();

    public DuckStatementKind Kind => (DuckStatementKind)NativeMethods.duckdb_prepared_statement_type(Open());

    public int ParameterCount => (int)NativeMethods.duckdb_nparams(Open());

    /// <summary>The name of a parameter, without its dollar sign; its number as text where it has no name.</summary>
    /// <param name="index">From 1.</param>
    public string ParameterName(int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, ParameterCount);
        return NativeText.Take(NativeMethods.duckdb_parameter_name(Open(), (ulong)index)) ?? "";
    }

    /// <summary>Gives a parameter its value.</summary>
    /// <param name="index">From 1.</param>
    /// <param name="value">
    /// null, bool, any integer of up to 128 bits (<see cref="System.Numerics.BigInteger"/> too), float, double, decimal, string, byte[],
    /// DateOnly, TimeOnly, DateTime (a TIMESTAMP, its kind is not looked at), DateTimeOffset (a TIMESTAMPTZ), TimeSpan,
    /// <see cref="DuckInterval"/>, Guid, a sequence of these (a LIST), a dictionary from names (a STRUCT), or pairs of these (a MAP).
    /// </param>
    /// <returns>The statement itself.</returns>
    /// <exception cref="ArgumentException">The value has a type that the engine has no counterpart for.</exception>
    /// <exception cref="DuckException">The statement has no such parameter.</exception>
    public DuckStatement Bind(int index, object? value)
    {
        using var native = NativeValue.Of(value);
        if (NativeMethods.duckdb_bind_value(Open(), (ulong)index, native) != NativeState.Success)
            throw DuckException.From(NativeText.Read(NativeMethods.duckdb_prepare_error(_handle)), _sql);
        return this;
    }

    /// <summary>Gives a named parameter its value.</summary>
    /// <param name="name">Without the dollar sign; case does not matter.</param>
    /// <param name="value">As for <see cref="Bind(int, object?)"/>.</param>
    /// <exception cref="ArgumentException">The statement has no parameter of that name.</exception>
    public DuckStatement Bind(string name, object? value)
    {
        NativeText.WithoutNul(name, "A parameter's name");
        if (NativeMethods.duckdb_bind_parameter_index(Open(), out var index, name) != NativeState.Success)
        {
            var known = string.Join(", ", Enumerable.Range(1, ParameterCount).Select(ParameterName));
            throw new ArgumentException($"The statement has no parameter '{name}'. It has: {known}.", nameof(name));
        }

        return Bind((int)index, value);
    }

    /// <summary>Forgets all bound values.</summary>
    public void ClearBindings() => NativeMethods.duckdb_clear_bindings(Open());

    /// <summary>Runs the statement and gives its rows as they are made.</summary>
    /// <remarks>The result outlives the statement. Running anything else on the connection ends it.</remarks>
    /// <exception cref="DuckException">The statement failed before its first row, or a parameter has no value.</exception>
    public DuckResult Query() => new(Run(), _connection, _sql);

    /// <summary>Runs the statement to its end, dropping the rows it gives.</summary>
    /// <returns>The number of rows that it inserted, updated, deleted or copied; 0 for other statements.</returns>
    /// <exception cref="DuckException">The statement failed, or a parameter has no value.</exception>
    public long Execute()
    {
        using var result = Query();
        while (result.Fetch() is { } chunk)
            chunk.Dispose();
        return result.RowsChanged;
    }

    public void Dispose() => _handle.Dispose();

    private ResultHandle Run()
    {
        var state = NativeMethods.duckdb_pending_prepared_streaming(Open(), out var raw);
        using var pending = new PendingHandle(raw, _handle);
        if (state != NativeState.Success)
            throw DuckException.From(NativeText.Read(NativeMethods.duckdb_pending_error(pending)), _sql);

        var result = new ResultHandle(_connection);
        if (NativeMethods.duckdb_execute_pending(pending, result) == NativeState.Success)
            return result;

        var error = NativeText.Read(NativeMethods.duckdb_result_error(result));
        var kind = (DuckErrorKind)NativeMethods.duckdb_result_error_type(result);
        result.Dispose();
        throw DuckException.From(error, _sql, kind);
    }

    private DuckColumn[] ReadColumns()
    {
        var columns = new DuckColumn[NativeMethods.duckdb_prepared_statement_column_count(Open())];
        for (var i = 0; i < columns.Length; i++)
        {
            var name = NativeText.Take(NativeMethods.duckdb_prepared_statement_column_name(_handle, (ulong)i)) ?? "";
            using var type = new TypeHandle(NativeMethods.duckdb_prepared_statement_column_logical_type(_handle, (ulong)i));
            columns[i] = new DuckColumn(name, DuckType.Read(type));
        }

        return columns;
    }

    private StatementHandle Open()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        return _handle;
    }
}
