using System.Globalization;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Ledger;
using Millrace.Runs;
using Millrace.Sources;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>Which rows of a quarantine are meant; null means all.</summary>
/// <param name="Run">Of this run.</param>
/// <param name="Check">Set aside by this check, or by <c>contract</c>.</param>
/// <param name="Where">A SQL condition over the journal's columns.</param>
public sealed record QuarantineFilter(string? Run = null, string? Check = null, string? Where = null);

/// <summary>Rows that were set aside for one reason.</summary>
/// <param name="Check">The check, or <c>contract</c>.</param>
/// <param name="Reason">The reason of one of them.</param>
/// <param name="State"><c>open</c>, <c>replayed</c> or <c>dropped</c>.</param>
/// <param name="Rows">How many.</param>
/// <param name="First">When the first of them was set aside, UTC.</param>
/// <param name="Last">When the last of them was, UTC.</param>
public sealed record QuarantineGroup(string Check, string Reason, string State, long Rows, DateTimeOffset First, DateTimeOffset Last);

/// <summary>One row that was set aside.</summary>
/// <param name="Run">The run that did.</param>
/// <param name="Check">The check, or <c>contract</c>.</param>
/// <param name="Reason">Why.</param>
/// <param name="Source">The file it was read from, or null.</param>
/// <param name="Line">Its line, or null.</param>
/// <param name="Row">The raw record.</param>
/// <param name="State"><c>open</c>, <c>replayed</c> or <c>dropped</c>.</param>
public sealed record QuarantinedRow(string Run, string Check, string Reason, string? Source, long? Line, string? Row, string State);

/// <summary>What was set aside of an asset.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Groups">By check, reason and state; the largest first.</param>
/// <param name="Rows">The newest rows.</param>
/// <param name="Superseded">Rows of loads whose rows stand no longer: they were loaded again since, or rolled back.</param>
public sealed record QuarantineView(AssetKey Asset, IReadOnlyList<QuarantineGroup> Groups, IReadOnlyList<QuarantinedRow> Rows, long Superseded);

/// <summary>What became of quarantined rows.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Asked">Open rows that were meant.</param>
/// <param name="Settled">Rows that were replayed, or dropped.</param>
/// <param name="Left">Rows that are still open.</param>
/// <param name="Release">The release that moved the pointer, or null when nothing changed.</param>
/// <param name="Message">Why nothing more was done, or null.</param>
public sealed record QuarantineSettled(AssetKey Asset, long Asked, long Settled, long Left, ReleaseRecord? Release, string? Message);

public sealed partial class Engine
{
    /// <summary>What was set aside of an asset, in the environment's release.</summary>
    /// <param name="name">A source or a table.</param>
    /// <param name="filter">Which rows.</param>
    /// <param name="take">At most so many rows are shown one by one.</param>
    public QuarantineView QuarantineShow(string name, QuarantineFilter filter, int take)
    {
        var pointer = PointerOf(name);
        using var session = _pool.Rent();
        session.Define("journal", QuarantineOf(pointer));
        var standing = Live(pointer);
        var all = $"SELECT * FROM journal WHERE {Condition(filter)}";
        var live = $"SELECT * FROM ({all}) WHERE task_id IN ({List(standing)})";
        using var groups = session.Query($"SELECT check_id, any_value(reason), state, count(*), min(quarantined_at), max(quarantined_at) FROM ({live}) "
            + "GROUP BY check_id, regexp_replace(coalesce(reason, ''), '''[^'']*''', '''...''', 'g'), state ORDER BY count(*) DESC, 1, 2");
        var grouped = groups.Rows().Select(r => new QuarantineGroup((string)r[0]!, r[1] as string ?? "", (string)r[2]!, (long)r[3]!, Moment(r[4]), Moment(r[5]))).ToList();
        using var newest = session.Query(FormattableString.Invariant(
            $"SELECT run_id, check_id, reason, source, line, \"row\", state FROM ({live}) ORDER BY quarantined_at DESC, entry LIMIT {take}"));
        var rows = newest.Rows().Select(r => new QuarantinedRow((string)r[0]!, (string)r[1]!, r[2] as string ?? "", r[3] as string, r[4] as long?, r[5] as string, (string)r[6]!)).ToList();
        using var others = session.Query($"SELECT count(*) FROM ({all}) WHERE task_id NOT IN ({List(standing)})");
        return new QuarantineView(pointer.Asset, grouped, rows, (long)others.Scalar()!);
    }

    /// <summary>Puts open rows through contract and checks again; those that pass become rows of the table, in a release of their own.</summary>
    /// <exception cref="EngineException">The asset is no source, its definition changed since its release, or a check blocks.</exception>
    public QuarantineSettled QuarantineReplay(string name, QuarantineFilter filter, CancellationToken cancellationToken) => Settle(name, filter, null, cancellationToken);

    /// <summary>Says of open rows that they are not wanted. The journal keeps them, with the reason.</summary>
    /// <param name="name">A source.</param>
    /// <param name="filter">Which rows.</param>
    /// <param name="message">Why, for people.</param>
    /// <param name="cancellationToken">Ends the wait for the home.</param>
    public QuarantineSettled QuarantineDrop(string name, QuarantineFilter filter, string message, CancellationToken cancellationToken) => Settle(name, filter, message, cancellationToken);

    private QuarantineSettled Settle(string name, QuarantineFilter filter, string? drop, CancellationToken cancellationToken)
    {
        using var held = Home.Lock("quarantine", _options.Waiting ?? (_ => { }), cancellationToken);
        using var log = new RunLog(Home.LogFolder, _options.Clock);
        var specs = new Dictionary<string, ReplaySpec>(StringComparer.Ordinal);
        var task = new ReplayTask(_pool, Home, t => specs[t.Id]);
        var load = new LoadTask(_pool, Home, _sourceFolder, _ => throw new InvalidOperationException("A replay loads nothing."), _options.Clock, _options.Variable);
        new Runner(Ledger, [task, load], 1, _options.Clock, log.Write).Recover();

        var pointer = PointerOf(name);
        var (source, wanted) = Replayable(pointer, drop is not null);
        var standing = StandingOf(Ledger.Pointers(Environment));
        if (wanted.Build != pointer.Version.Build)
            return TakeOver(task, specs, pointer, source, wanted, standing, filter, cancellationToken);
        var latest = Newest(standing, pointer, wanted.RejectedBatches);
        var open = $"state = 'open' AND ({Condition(filter)})";
        var batches = Batches(pointer, latest, open);
        if (batches.Count == 0 && latest.Id == pointer.Version)
            return new QuarantineSettled(pointer.Asset, 0, 0, 0, null, "no open row is meant");

        var run = Ledger.StartRun(Environment, Fingerprint.Of("quarantine", name, filter.ToString(), drop).Text, null);
        try
        {
            var tasks = batches.Select((b, i) => new TaskRecord(
                string.Create(CultureInfo.InvariantCulture, $"{run.Id}/{name}/{i + 1}"), run.Id, 0, wanted.Build, ReplayTask.Kind, IntervalSet.All, latest.Id.Number, TaskState.Queued, null)).ToList();
            Ledger.Queue(tasks);
            var (settled, message) = (0L, (string?)null);
            for (var i = 0; i < tasks.Count && message is null; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var fence = Ledger.StartAttempt(tasks[i].Id);
                var journal = Quarantine.View(Home.QuarantineFolder(pointer.Asset), Ledger.QuarantineVersion(pointer.Asset), [.. standing.Chain(latest.Id).Select(v => v.Task)]);
                specs[tasks[i].Id] = new ReplaySpec(
                    source, Project.Assets[pointer.Asset].Checks, batches[i].Batch,
                    $"SELECT entry, check_id, reason, source, line, \"row\" FROM ({journal.Sql}) WHERE entry IS NOT NULL AND task_id = {SqlName.Text(batches[i].Batch)} AND {open}", drop, Project.Files.Folder);
                switch (Attempt(task, tasks[i], fence, wanted, latest, standing, cancellationToken))
                {
                    case TaskOutcome.Committed committed:
                        Ledger.CommitVersion(committed.Version);
                        Failpoint.Pass("run.version-committed");
                        latest = committed.Version;
                        settled += drop is null ? committed.Version.Rows.In : batches[i].Rows;
                        break;
                    case TaskOutcome.Blocked blocked:
                        Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Blocked, blocked.Message, blocked.Checks);
                        message = blocked.Message;
                        break;
                    case TaskOutcome.Unchanged unchanged:
                        Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Idle, unchanged.Message, []);
                        break;
                }
            }

            Failpoint.Pass("run.before-release");
            var release = latest.Id == pointer.Version
                ? null
                : Ledger.Release(
                    Environment, run.Id, new Dictionary<AssetKey, Pointer?> { [pointer.Asset] = pointer },
                    [new Move(pointer.Asset, pointer, pointer with { Version = latest.Id })]);
            var asked = batches.Sum(b => b.Rows);
            Ledger.EndRun(run.Id, message is null ? RunState.Done : RunState.Failed, release?.Id, message);
            return new QuarantineSettled(pointer.Asset, asked, settled, asked - settled, release, message);
        }
        catch (Exception e)
        {
            Ledger.EndRun(run.Id, e is OperationCanceledException ? RunState.Interrupted : RunState.Failed, null, e.Message);
            throw;
        }
    }

    /// <summary>The rows that stand and the quarantined ones become the first version under a mended contract, without asking or reading anything again.</summary>
    private QuarantineSettled TakeOver(
        ReplayTask task, Dictionary<string, ReplaySpec> specs, Pointer pointer, SourceDefinition source, Plans.WantedAsset wanted, Plans.Standing standing,
        QuarantineFilter filter, CancellationToken cancellationToken)
    {
        if (filter != new QuarantineFilter())
            throw new EngineException($"The definition of {pointer.Asset.Name} changed, so that all of its rows move to the new contract. Leave --run, --check and --where out.");
        if (Project.Files.Environments.First(e => e.Name == Environment).IsProtected)
        {
            throw new EngineException(
                $"The environment '{Environment}' is protected, and the definition of {pointer.Asset.Name} changed. Look at the change with 'millrace plan --env {Environment}', and apply it with the run that it names.");
        }

        var from = standing.Version(pointer.Version)!;
        var live = Live(pointer);
        var run = Ledger.StartRun(Environment, Fingerprint.Of("quarantine", pointer.Asset.Name).Text, null);
        try
        {
            Ledger.Declare([(wanted.Build, wanted.Definition, wanted.Detail)]);
            var record = new TaskRecord($"{run.Id}/{pointer.Asset.Name}/1", run.Id, 0, wanted.Build, ReplayTask.Kind, IntervalSet.All, null, TaskState.Queued, null);
            Ledger.Queue([record]);
            var fence = Ledger.StartAttempt(record.Id);
            var open = $"SELECT entry, check_id, reason, source, line, \"row\" FROM ({QuarantineOf(pointer).Sql}) WHERE entry IS NOT NULL AND state = 'open' AND task_id IN ({List(live)})";
            specs[record.Id] = new ReplaySpec(
                source, Project.Assets[pointer.Asset].Checks, "", open, null, Project.Files.Folder,
                new StandingRows(from, standing.Files(from.Id), [.. standing.Chain(from.Id).Reverse().SelectMany(v => v.Receipts)]));
            var asked = Batches(pointer, from, "state = 'open'").Sum(b => b.Rows);
            var outcome = Attempt(task, record, fence, wanted, null, standing, cancellationToken);
            if (outcome is TaskOutcome.Blocked blocked)
            {
                Ledger.EndAttempt(record.Id, fence, TaskState.Blocked, blocked.Message, blocked.Checks);
                Ledger.EndRun(run.Id, RunState.Failed, null, blocked.Message);
                return new QuarantineSettled(pointer.Asset, asked, 0, asked, null, blocked.Message);
            }

            var version = ((TaskOutcome.Committed)outcome).Version;
            Ledger.CommitVersion(version);
            Failpoint.Pass("run.before-release");
            var release = Ledger.Release(
                Environment, run.Id, new Dictionary<AssetKey, Pointer?> { [pointer.Asset] = pointer },
                [new Move(pointer.Asset, pointer, new Pointer(pointer.Asset, version.Id, wanted.Definition.Hash))]);
            Ledger.EndRun(run.Id, RunState.Done, release?.Id, null);
            return new QuarantineSettled(pointer.Asset, asked, asked - version.Rows.Quarantined, version.Rows.Quarantined, release, null);
        }
        catch (Exception e)
        {
            Ledger.EndRun(run.Id, e is OperationCanceledException ? RunState.Interrupted : RunState.Failed, null, e.Message);
            throw;
        }
    }

    /// <summary>Why the rows that stand cannot simply move to the changed definition, or null.</summary>
    private static string? Differs(SourceDefinition before, SourceDefinition now)
    {
        if (before.Type != now.Type || before.Path != now.Path || before.Format != now.Format || before.Csv != now.Csv || !before.PlaceTexts.SequenceEqual(now.PlaceTexts))
            return "other rows come, or they are read otherwise";
        var added = now.Columns.FirstOrDefault(c => before.Columns.All(b => !b.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase)));
        if (added is not null)
            return $"the column '{added.Name}' is new, and the rows that stand have no value for it";
        var otherwise = now.Columns.FirstOrDefault(c => before.Columns.Any(b => b.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase) && b.Format != c.Format));
        return otherwise is null ? null : $"the column '{otherwise.Name}' is read otherwise";
    }

    private TaskOutcome Attempt(
        ReplayTask task, TaskRecord record, long fence, Plans.WantedAsset wanted, VersionRecord? latest, Plans.Standing standing, CancellationToken cancellationToken)
    {
        try
        {
            return task.Execute(
                new TaskContext
                {
                    Task = record with { Base = latest?.Id.Number },
                    Fence = fence,
                    Asset = wanted,
                    Base = latest,
                    Inputs = [],
                    Origin = latest?.Origin ?? default,
                    Pending = IntervalSet.Empty,
                    AsOf = IntervalUnit.Day.Floor(_options.Clock.GetUtcNow()),
                    Standing = standing,
                    QuarantineBase = Ledger.QuarantineVersion(wanted.Key),
                    Now = _options.Clock.GetUtcNow(),
                    Report = (_, _) => { },
                },
                cancellationToken);
        }
        catch (Exception e)
        {
            Ledger.EndAttempt(record.Id, fence, TaskState.Failed, e.Message, []);
            throw;
        }
    }

    /// <summary>The newest version that continues what is released: a replay may have died before its release.</summary>
    private VersionRecord Newest(Plans.Standing standing, Pointer pointer, IReadOnlySet<string> rejected) =>
        Ledger.Versions(pointer.Version.Build).Reverse().FirstOrDefault(v =>
            v.Makers.ContainsKey(VersionRecord.ReplayMaker)
            && standing.Chain(v.Id).TakeWhile(c => c.Id != pointer.Version).All(c => c.Makers.ContainsKey(VersionRecord.ReplayMaker) && !rejected.Contains(c.Task))
            && standing.Chain(v.Id).Any(c => c.Id == pointer.Version))
        ?? standing.Version(pointer.Version)!;

    private (SourceDefinition Source, Plans.WantedAsset Wanted) Replayable(Pointer pointer, bool isDrop)
    {
        if (pointer.Asset.Kind != AssetKind.Source)
        {
            throw new EngineException(
                $"{pointer.Asset.Name} is a table: its rows are computed, and a row that was set aside comes again when it is computed anew. Mend its SQL, its check or its source, then run.") { IsMistake = true };
        }

        var asset = Project.Find(pointer.Asset.Name);
        if (asset?.Definition is not SourceDefinition source)
            throw new EngineException($"The project has no source '{pointer.Asset.Name}' any more.") { IsMistake = true };
        if (asset.Wanted.Build != pointer.Version.Build)
        {
            var why = isDrop ? "a drop says of released rows that they are not wanted" : Released(pointer) is SourceDefinition before ? Differs(before, source) : "the released one cannot be read";
            if (why is not null)
                throw new EngineException($"The definition of {pointer.Asset.Name} is not the released one, and {why}. Run first: that loads everything again, and rows that fit now come in by it.");
        }

        var rejected = Ledger.Rejections(Environment).Where(r => r.Asset == pointer.Asset && r.Kind == Rejection.Batch).Select(r => r.Value).ToHashSet(StringComparer.Ordinal);
        return (source, asset.Wanted with { RejectedBatches = rejected });
    }

    /// <summary>The loads that set rows aside which are meant, with their number.</summary>
    private List<(string Batch, long Rows)> Batches(Pointer pointer, VersionRecord latest, string condition)
    {
        using var session = _pool.Rent();
        session.Define("journal", QuarantineOf(pointer with { Version = latest.Id }));
        using var batches = session.Query(
            $"SELECT task_id, count(*) FROM journal WHERE entry IS NOT NULL AND task_id IN ({List(Live(pointer with { Version = latest.Id }))}) AND {condition} GROUP BY task_id ORDER BY min(quarantined_at), task_id");
        return [.. batches.Rows().Select(r => ((string)r[0]!, (long)r[1]!))];
    }

    /// <summary>The loads whose rows stand, and whose quarantined rows so are still to be settled.</summary>
    private IReadOnlyCollection<string> Live(Pointer pointer)
    {
        var standing = StandingOf(Ledger.Pointers(Environment));
        var chain = standing.Chain(pointer.Version).ToList();
        var files = standing.Files(pointer.Version);
        var adds = pointer.Asset.Kind == AssetKind.Source || Project.Find(pointer.Asset.Name)?.Wanted.Incremental is not null;
        return files.Count > 0 ? [.. files.Select(f => f.Batch).Distinct()] : [.. (adds ? chain : chain.Take(1)).Select(v => v.Task)];
    }

    private Relation QuarantineOf(Pointer pointer) => Quarantine.View(
        Home.QuarantineFolder(pointer.Asset), Ledger.QuarantineVersion(pointer.Asset), [.. StandingOf(Ledger.Pointers(Environment)).Chain(pointer.Version).Select(v => v.Task)]);

    private static string Condition(QuarantineFilter filter)
    {
        var parts = new List<string>();
        if (filter.Run is { } run)
            parts.Add($"(run_id = {SqlName.Text(run)} OR starts_with(run_id, {SqlName.Text(run + "-")}))");
        if (filter.Check is { } check)
            parts.Add($"check_id = {SqlName.Text(check)}");
        if (filter.Where is { } where)
            parts.Add($"({where})");
        return parts.Count == 0 ? "true" : string.Join(" AND ", parts);
    }

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(SqlName.Text).DefaultIfEmpty("NULL"));

    private static DateTimeOffset Moment(object? value) => value switch
    {
        DateTimeOffset moment => moment,
        DateTime moment => new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc)),
        _ => default,
    };
}
