using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using Millrace.Ledger;

namespace Millrace.Tracking;

/// <summary>Experiments and their runs, in one SQLite file of its own: what was tried is much more than what stands.</summary>
/// <remarks>What was logged survives kill -9. Thread-safe; several processes may log at once.</remarks>
public sealed class TrackingStore : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();

    private TrackingStore(SqliteConnection connection, TimeProvider clock) => (_connection, _clock) = (connection, clock);

    /// <summary>Opens the file, makes it if there is none, and brings it to the newest schema.</summary>
    /// <exception cref="InvalidDataException">A newer Millrace wrote the file.</exception>
    public static TrackingStore Open(string path, TimeProvider clock)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        try
        {
            connection.Open();
            connection.Execute("pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on; pragma busy_timeout=30000");
            MigrationRunner.Migrate(connection, "Millrace.Tracking.Migrations.");
            return new TrackingStore(connection, clock);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Begins a run of an experiment, which is made with its first run.</summary>
    /// <returns>The run's id.</returns>
    public string Start(string experiment, string name, IReadOnlyDictionary<string, string> parameters, IReadOnlyDictionary<string, string> tags)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Write(t =>
        {
            var c = t.Connection!;
            c.Execute(
                "insert into experiment select coalesce(max(id), 0) + 1, @experiment, @at from experiment where true on conflict(name) do nothing", new { experiment, at = Now() }, t);
            c.Execute(
                "insert into experiment_run select @id, id, @name, 'running', @at, null, null from experiment where name = @experiment", new { id, name, experiment, at = Now() }, t);
            foreach (var (key, value) in parameters)
                c.Execute("insert into param values (@id, @key, @value)", new { id, key, value }, t);
            foreach (var (key, value) in tags)
                c.Execute("insert into tag values (@id, @key, @value)", new { id, key, value }, t);
        });
        return id;
    }

    /// <summary>Keeps reported values; a step that is reported again takes the new value.</summary>
    public void Log(string run, IReadOnlyCollection<MetricPoint> points) => Write(t =>
    {
        foreach (var point in points)
        {
            t.Connection!.Execute(
                "insert into metric values (@run, @Key, @Step, @value, @at) on conflict(run, key, step) do update set value = excluded.value, at = excluded.at",
                new { run, point.Key, point.Step, value = point.Value is { } v && double.IsNaN(v) ? null : point.Value, at = Now() },
                t);
        }
    });

    /// <summary>Notes a file of the <see cref="ArtifactStore"/> as given by a run.</summary>
    public void Log(string run, RunArtifact artifact) => Write(t => t.Connection!.Execute(
        "insert into artifact values (@run, @Path, @Hash, @Size) on conflict(run, path) do update set hash = excluded.hash, size = excluded.size",
        new { run, artifact.Path, artifact.Hash, artifact.Size },
        t));

    /// <summary>Sets a tag.</summary>
    public void Tag(string run, string key, string value) => Write(t => t.Connection!.Execute(
        "insert into tag values (@run, @key, @value) on conflict(run, key) do update set value = excluded.value", new { run, key, value }, t));

    /// <summary>Ends a run.</summary>
    public void End(string run, ExperimentRunStatus status, string? message) => Write(t => t.Connection!.Execute(
        "update experiment_run set status = @status, ended = @at, message = @message where id = @run",
        new { run, status = status.ToString().ToLowerInvariant(), at = Now(), message },
        t));

    /// <summary>The runs of an experiment, newest first.</summary>
    public IReadOnlyList<ExperimentRun> Runs(string experiment, int take = 100)
    {
        lock (_gate)
        {
            return [.. _connection.Query<RunRow>(
                RunRow.Select + " where e.name = @experiment order by r.started desc, r.id limit @take", new { experiment, take }).ToList().Select(Whole)];
        }
    }

    /// <summary>One run, or null.</summary>
    public ExperimentRun? Find(string id)
    {
        lock (_gate)
            return _connection.QueryFirstOrDefault<RunRow>(RunRow.Select + " where r.id = @id", new { id }) is { } row ? Whole(row) : null;
    }

    /// <summary>Every reported value of one metric, by step.</summary>
    public IReadOnlyList<MetricPoint> History(string run, string key)
    {
        lock (_gate)
        {
            return [.. _connection.Query<(long Step, double? Value)>("select step, value from metric where run = @run and key = @key order by step", new { run, key })
                .Select(p => new MetricPoint(key, p.Step, p.Value))];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private ExperimentRun Whole(RunRow row)
    {
        var key = new { run = row.Id };
        return new ExperimentRun(
            row.Id,
            row.Experiment,
            row.Name,
            Enum.Parse<ExperimentRunStatus>(row.Status, ignoreCase: true),
            Instants.Parse(row.Started),
            row.Ended is null ? null : Instants.Parse(row.Ended),
            row.Message,
            _connection.Query<(string Key, string Value)>("select key, value from param where run = @run", key).ToDictionary(p => p.Key, p => p.Value),
            _connection.Query<(string Key, double? Value)>(
                "select key, value from metric m where run = @run and step = (select max(step) from metric where run = m.run and key = m.key)", key)
                .ToDictionary(p => p.Key, p => p.Value),
            _connection.Query<(string Key, string Value)>("select key, value from tag where run = @run", key).ToDictionary(p => p.Key, p => p.Value),
            [.. _connection.Query<(string Path, string Hash, long Size)>("select path, hash, size from artifact where run = @run order by path", key)
                .Select(a => new RunArtifact(a.Path, a.Hash, a.Size))]);
    }

    private void Write(Action<SqliteTransaction> change)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            change(transaction);
            transaction.Commit();
        }
    }

    private string Now() => Instants.Format(_clock.GetUtcNow());

    private sealed record RunRow
    {
        public const string Select = "select r.id, e.name experiment, r.name, r.status, r.started, r.ended, r.message from experiment_run r join experiment e on e.id = r.experiment";

        public string Id { get; init; } = "";

        public string Experiment { get; init; } = "";

        public string Name { get; init; } = "";

        public string Status { get; init; } = "";

        public string Started { get; init; } = "";

        public string? Ended { get; init; }

        public string? Message { get; init; }
    }
}
