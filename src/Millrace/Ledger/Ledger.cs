using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>What happened (events) and what stands (runs, tasks, versions, releases, pointers), in one SQLite file.</summary>
/// <remarks>
/// Every change writes its event in the same transaction. Changes survive kill -9; a release also survives power loss, and with it everything
/// written before (WAL; <c>synchronous=FULL</c> for releases). One process writes at a time: the home's lock sees to that. Thread-safe.
/// </remarks>
public sealed partial class Ledger : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly PreparedStatements _prepared;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();

    private Ledger(SqliteConnection connection, TimeProvider clock)
    {
        _connection = connection;
        _prepared = new PreparedStatements(connection);
        _clock = clock;
    }

    /// <summary>Opens the file, makes it if there is none, and brings it to the newest schema.</summary>
    /// <param name="path">Absolute path of <c>ledger.db</c>; its folder exists.</param>
    /// <param name="clock">Where the times of events come from.</param>
    /// <exception cref="InvalidDataException">A newer Millrace wrote the file.</exception>
    public static Ledger Open(string path, TimeProvider clock)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        try
        {
            connection.Open();
            connection.Execute("pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on; pragma busy_timeout=30000");
            MigrationRunner.Migrate(connection, "Millrace.Ledger.Migrations.");
            return new Ledger(connection, clock);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prepared.Dispose();
        _connection.Dispose();
    }

    /// <summary>Runs one change: state and its events stand or fall together.</summary>
    private T Write<T>(Func<SqliteTransaction, T> change, bool durable = false)
    {
        lock (_gate)
        {
            if (durable)
                _connection.Execute("pragma synchronous=full");
            try
            {
                using var transaction = _connection.BeginTransaction(deferred: false);
                var result = change(transaction);
                Commit(transaction);
                return result;
            }
            finally
            {
                if (durable)
                    _connection.Execute("pragma synchronous=normal");
            }
        }
    }

    private void Commit(SqliteTransaction transaction)
    {
        try
        {
            transaction.Commit();
        }
        catch when (SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) != 0)
        {
            // On a full disk SQLite takes the transaction back by itself. Its wrapper does so once more, which fails without one and would hide why.
            _connection.Execute("begin");
            throw;
        }
    }

    private void Write(Action<SqliteTransaction> change) => Write(t =>
    {
        change(t);
        return 0;
    });

    private T Read<T>(Func<SqliteConnection, T> query)
    {
        lock (_gate)
            return query(_connection);
    }

    private static string Word<T>(T state)
        where T : struct, Enum => state.ToString().ToLowerInvariant();

    private static T Parse<T>(string word)
        where T : struct, Enum => Enum.Parse<T>(word, ignoreCase: true);

    private static Build BuildOf(string asset, string fingerprint) => new(AssetKey.Parse(asset), new Fingerprint(fingerprint));
}
