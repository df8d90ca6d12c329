namespace Millrace.Sql;

/// <summary>Engines ready for work. A worker rents one for a task and gives it back clean.</summary>
/// <remarks>Safe to use from several threads. A session belongs to one thread at a time.</remarks>
public sealed class SqlSessionPool : IDisposable
{
    private readonly SqlSettings _settings;
    private readonly Lock _turn = new();
    private readonly Stack<SqlSession> _free = [];
    private bool _isDisposed;

    /// <summary>A pool of engines opened with these settings. Opens none yet.</summary>
    public SqlSessionPool(SqlSettings settings) => _settings = settings;

    /// <summary>A clean session: no relation is known to it. Opens an engine (tens of milliseconds) when none is free.</summary>
    public SqlSession Rent()
    {
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_free.TryPop(out var free))
                return free.Rented();
        }

        Directory.CreateDirectory(_settings.TempDirectory);
        return SqlSession.Open(_settings, this);
    }

    /// <summary>Closes every free engine; one that is rented closes when it is given back.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _isDisposed = true;
            while (_free.TryPop(out var free))
                free.Close();
        }
    }

    /// <summary>Takes a clean session back, or closes it when the pool has been closed.</summary>
    internal void Return(SqlSession session)
    {
        lock (_turn)
        {
            if (!_isDisposed)
            {
                _free.Push(session);
                return;
            }
        }

        session.Close();
    }
}
