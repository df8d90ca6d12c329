using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dapper;
using Millrace.Assets;

namespace Millrace.Ledger;

public sealed partial class Ledger
{
    /// <summary>Opens a run. Its id carries a random part, so that a home restored from a backup never meets an id again.</summary>
    /// <param name="environment">The environment whose pointers it will move.</param>
    /// <param name="plan">The hash of the plan.</param>
    /// <param name="asOf">The clock the run was given, or null.</param>
    public RunRecord StartRun(string environment, string plan, DateTimeOffset? asOf) => Write(t =>
    {
        var number = t.Connection!.ExecuteScalar<long>("select coalesce(max(number), 0) + 1 from run", transaction: t);
        var id = string.Create(CultureInfo.InvariantCulture, $"run-{number}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var line = Append(t, "run.started", id, new JsonObject { ["environment"] = environment, ["plan"] = plan, ["asOf"] = asOf is { } a ? Instants.Format(a) : null });
        t.Connection!.Execute(
            "insert into run values (@id, @number, @environment, 'running', @started, null, @asOf, @plan, null, null)",
            new { id, number, environment, started = Instants.Format(line.At), asOf = asOf is { } o ? Instants.Format(o) : null, plan },
            t);
        return new RunRecord(id, number, environment, RunState.Running, line.At, null, plan, null, null);
    });

    /// <summary>Closes a run. Tasks that never began become skipped.</summary>
    public void EndRun(string run, RunState state, long? release, string? message) => Write(t =>
    {
        var line = Append(t, "run.ended", run, new JsonObject { ["state"] = Word(state), ["release"] = release });
        t.Connection!.Execute(
            "update run set state = @state, ended = @ended, release = @release, message = @message where id = @run",
            new { run, state = Word(state), ended = Instants.Format(line.At), release, message },
            t);
        t.Connection!.Execute("update task set state = 'skipped' where run = @run and state = 'queued'", new { run }, t);
    });

    /// <summary>The newest runs, newest first.</summary>
    public IReadOnlyList<RunRecord> Runs(int take = 20) => Read(c => c.Query<RunRow>(
        "select * from run order by number desc limit @take", new { take }).Select(ToRun).ToList());

    /// <summary>Runs that say they are running. With the home's lock held, all of them belong to dead processes.</summary>
    public IReadOnlyList<RunRecord> OpenRuns() => Read(c => c.Query<RunRow>("select * from run where state = 'running' order by number").Select(ToRun).ToList());

    /// <summary>Writes tasks down before any of them begins.</summary>
    public void Queue(IReadOnlyList<TaskRecord> tasks) => Write(t =>
    {
        foreach (var task in tasks)
        {
            _prepared.Execute(
                t, "insert into task values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', null, null, null)",
                task.Id, task.Run, task.Position, task.Build.Asset.ToString(), task.Build.Fingerprint.Text, task.Kind, task.Intervals.ToString(), task.Base);
        }
    });

    /// <summary>Begins an attempt and gives its fence: 1 for the first, then one more each time.</summary>
    public long StartAttempt(string task) => Write(t =>
    {
        var at = Instants.Format(_clock.GetUtcNow());
        var fence = (long)_prepared.Row(t, "select coalesce(max(fence), 0) + 1 from attempt where task = $1", task)![0]!;
        _prepared.Execute(t, "insert into attempt values ($1, $2, 'running', $3, null, null)", task, fence, at);
        _prepared.Execute(t, "update task set state = 'running', started = coalesce(started, $2) where id = $1", task, at);
        return fence;
    });

    /// <summary>The fence of a task's newest attempt; 0 before the first.</summary>
    public long Fence(string task) => Read(c => c.ExecuteScalar<long>("select coalesce(max(fence), 0) from attempt where task = @task", new { task }));

    /// <summary>Ends an attempt that committed nothing.</summary>
    /// <param name="task">The task's id.</param>
    /// <param name="fence">The attempt.</param>
    /// <param name="state">Blocked, Failed or Idle.</param>
    /// <param name="message">What a person should read.</param>
    /// <param name="checks">What the checks found, as far as they ran.</param>
    public void EndAttempt(string task, long fence, TaskState state, string message, IReadOnlyList<CheckRecord> checks) => Write(t =>
    {
        var body = new JsonObject
        {
            ["fence"] = fence, ["state"] = Word(state),
            ["failedChecks"] = new JsonArray([.. checks.Where(c => !c.Passed).Select(c => (JsonNode)JsonValue.Create(c.Id)!)]),
        };
        var at = Instants.Format(Append(t, state switch { TaskState.Blocked => "task.blocked", TaskState.Idle => "task.idle", _ => "task.failed" }, task, body).At);
        t.Connection!.Execute(
            "update attempt set state = @state, ended = @at, message = @message where task = @task and fence = @fence",
            new { task, fence, state = Word(state), at, message },
            t);
        t.Connection!.Execute("update task set state = @state, ended = @at, message = @message where id = @task", new { task, state = Word(state), at, message }, t);
    });

    /// <summary>The tasks of a run in their order.</summary>
    public IReadOnlyList<TaskRecord> Tasks(string run) => Read(c => c.Query<TaskRow>(
        "select id, run, position, asset, fingerprint, kind, intervals, base, state, message from task where run = @run order by position, length(id), id", new { run })
        .Select(r => new TaskRecord(
            r.Id, r.Run, (int)r.Position, BuildOf(r.Asset, r.Fingerprint), r.Kind, IntervalSet.Parse(r.Intervals), r.Base, Parse<TaskState>(r.State), r.Message))
        .ToList());

    private static RunRecord ToRun(RunRow r) => new(
        r.Id, r.Number, r.Environment, Parse<RunState>(r.State), Instants.Parse(r.Started), r.Ended is null ? null : Instants.Parse(r.Ended), r.Plan, r.Release, r.Message);

    private sealed record RunRow
    {
        public string Id { get; init; } = "";

        public long Number { get; init; }

        public string Environment { get; init; } = "";

        public string State { get; init; } = "";

        public string Started { get; init; } = "";

        public string? Ended { get; init; }

        public string Plan { get; init; } = "";

        public long? Release { get; init; }

        public string? Message { get; init; }
    }

    private sealed record TaskRow
    {
        public string Id { get; init; } = "";

        public string Run { get; init; } = "";

        public long Position { get; init; }

        public string Asset { get; init; } = "";

        public string Fingerprint { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Intervals { get; init; } = "";

        public long? Base { get; init; }

        public string State { get; init; } = "";

        public string? Message { get; init; }
    }
}
