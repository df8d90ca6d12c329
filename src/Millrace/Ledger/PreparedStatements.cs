using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Millrace.Ledger;

/// <summary>The statements that every task repeats, prepared once: preparing one takes longer than running it.</summary>
/// <remarks>Belongs to one connection, and is used by one thread at a time.</remarks>
internal sealed class PreparedStatements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <summary>Runs a statement that gives no rows.</summary>
    /// <param name="transaction">The open transaction.</param>
    /// <param name="sql">The statement; <c>$1</c> is the first value.</param>
    /// <param name="values">Texts, numbers, or null.</param>
    public void Execute(SqliteTransaction transaction, string sql, params ReadOnlySpan<object?> values) => Bound(transaction, sql, values).ExecuteNonQuery();

    /// <summary>The first row that a statement gives, NULL as null; or null when it gives none.</summary>
    /// <param name="transaction">The open transaction; null outside of one.</param>
    /// <param name="sql">The statement; <c>$1</c> is the first value.</param>
    /// <param name="values">Texts, numbers, or null.</param>
    public object?[]? Row(SqliteTransaction? transaction, string sql, params ReadOnlySpan<object?> values)
    {
        using var reader = Bound(transaction, sql, values).ExecuteReader();
        if (!reader.Read())
            return null;
        var row = new object?[reader.FieldCount];
        for (var i = 0; i < row.Length; i++)
            row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
        return row;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
    }

    private SqliteCommand Bound(SqliteTransaction? transaction, string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = "$" + i.ToString(CultureInfo.InvariantCulture) });
            _commands[sql] = command;
        }

        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
