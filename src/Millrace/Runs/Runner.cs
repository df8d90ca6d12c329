using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Runs;

/// <summary>Applies a plan: decided assets become tasks, tasks become attempts, successes become one release.</summary>
/// <remarks>
/// An asset starts as soon as all that it reads has ended; as many run at once as there are workers; one asset's tasks run one after another,
/// each building on the one before. The caller holds the home's lock.
/// </remarks>
public sealed class Runner(Ledger.Ledger ledger, IReadOnlyList<ITaskKind> kinds, int workers, TimeProvider clock, Action<RunMoment> observe)
{
    private readonly Dictionary<string, ITaskKind> _kinds = kinds.ToDictionary(k => k.Name);

    /// <summary>Closes the runs of dead processes: what they committed is named, what they did not is let go.</summary>
    /// <returns>The versions taken over.</returns>
    public IReadOnlyList<AssetVersion> Recover()
    {
        var adopted = new List<AssetVersion>();
        foreach (var run in ledger.OpenRuns())
        {
            foreach (var task in ledger.Tasks(run.Id).Where(t => t.State == TaskState.Running))
            {
                if (_kinds.GetValueOrDefault(task.Kind)?.FindCommitted(task) is { } version)
                {
                    ledger.CommitVersion(version);
                    adopted.Add(version.Id);
                    observe(new RunMoment(version.Id.Asset, "adopted", null, $"{run.Id} had committed it before its process died"));
                }
                else
                {
                    ledger.EndAttempt(task.Id, ledger.Fence(task.Id), TaskState.Failed, "its process died before the commit", []);
                }
            }

            ledger.EndRun(run.Id, RunState.Interrupted, null, "its process died");
        }

        return adopted;
    }

    /// <summary>Runs a plan to its end and releases the successes.</summary>
    /// <param name="planner">The planner that made the plan: it decides again once parents have their versions.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="isSelected">Which assets may move.</param>
    /// <param name="adopted">What <see cref="Recover"/> took over, for the summary.</param>
    /// <param name="cancellationToken">Stops between and inside tasks; nothing is released then.</param>
    public RunResult Run(Planner planner, Plan plan, Func<AssetKey, bool> isSelected, IReadOnlyList<AssetVersion> adopted, CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return new RunResult(null, RunState.Done, null, [.. plan.Decisions.Select(d => Settle(d, d.Action == PlanAction.Hold ? AssetOutcome.Held : AssetOutcome.Unchanged))], plan, adopted);

        var run = ledger.StartRun(planner.Standing.Environment, plan.Hash.Text, plan.AsOf);
        Failpoint.Pass("run.started");
        observe(new RunMoment(null, "started", null, run.Id));
        try
        {
            ledger.Declare([.. plan.Decisions.Where(d => d.Action is PlanAction.Compute or PlanAction.Point)
                .Select(d => planner.Wanted.Assets[d.Asset]).Select(a => (a.Build, a.Definition, a.Detail))]);
            var execution = new Execution(this, planner, run, isSelected);
            execution.Run(workers, cancellationToken);
            return Finish(planner, plan, run, execution, adopted);
        }
        catch (Exception e)
        {
            ledger.EndRun(run.Id, e is OperationCanceledException ? RunState.Interrupted : RunState.Failed, null, e.Message);
            throw;
        }
    }

    private RunResult Finish(Planner planner, Plan plan, RunRecord run, Execution execution, IReadOnlyList<AssetVersion> adopted)
    {
        var (states, results) = (execution.States, execution.Results);
        var pointers = planner.Standing.Pointers;
        var moves = new List<Move>();
        var relied = new Dictionary<AssetKey, Pointer?>();
        foreach (var key in planner.Wanted.Graph.Order.Where(k => states[k] is { IsHeld: false, Version: not null }))
        {
            var asset = planner.Wanted.Assets[key];
            var from = pointers.GetValueOrDefault(key);
            if (from?.Version == states[key].Version)
                continue;
            moves.Add(new Move(key, from, new Pointer(key, states[key].Version!.Value, asset.Definition.Hash)));
            foreach (var read in asset.Parents.Append(key))
                relied[read] = pointers.GetValueOrDefault(read);
        }

        var held = results.Values.Any(r => r.Outcome is AssetOutcome.Blocked or AssetOutcome.Refused or AssetOutcome.Failed or AssetOutcome.Held);
        var failed = results.Values.Any(r => r.Outcome is AssetOutcome.Blocked or AssetOutcome.Refused or AssetOutcome.Failed || (r.Outcome is AssetOutcome.Held && !states[r.Asset].IsRejected));
        var ended = new List<AssetResult>(planner.Wanted.Graph.Order.Select(k => results[k]));
        foreach (var gone in plan.Decisions.Where(d => d.Action == PlanAction.Remove))
        {
            // While something is held back it may still stand on what the project names no longer.
            ended.Add(Settle(gone, held ? AssetOutcome.Held : AssetOutcome.Removed));
            if (!held)
                moves.Add(new Move(gone.Asset, pointers[gone.Asset], null));
            relied[gone.Asset] = pointers[gone.Asset];
        }

        Failpoint.Pass("run.before-release");
        observe(new RunMoment(null, "releasing", null, null));
        var release = moves.Count > 0 ? ledger.Release(planner.Standing.Environment, run.Id, relied, moves) : null;
        Failpoint.Pass("run.released");
        var superseded = moves.Count > 0 && release is null;
        var state = superseded ? RunState.Superseded : failed ? RunState.Failed : RunState.Done;
        ledger.EndRun(run.Id, state, release?.Id, superseded ? "a pointer that it had read was moved meanwhile" : null);
        observe(new RunMoment(null, superseded ? "superseded" : release is null ? "ended" : "released", null, release?.Id.ToString(CultureInfo.InvariantCulture)));
        return new RunResult(run, state, release, ended, plan, adopted);
    }

    private static AssetResult Settle(Decision decision, AssetOutcome outcome) => new(
        decision.Asset, outcome, decision.Reason, outcome == AssetOutcome.Held ? decision.Reason : null, decision.Note, new RowCounts(0, 0, 0, 0), [], null, TimeSpan.Zero);

    /// <summary>The threads of one run and what they share.</summary>
    private sealed class Execution(Runner runner, Planner planner, RunRecord run, Func<AssetKey, bool> isSelected)
    {
        private readonly Lock _gate = new();
        private readonly SemaphoreSlim _ready = new(0);
        private readonly PriorityQueue<AssetKey, int> _queue = new();
        private readonly Dictionary<AssetKey, int> _order = planner.Wanted.Graph.Order.Select((k, i) => (k, i)).ToDictionary(x => x.k, x => x.i);
        private readonly Dictionary<AssetKey, int> _waiting = planner.Wanted.Graph.Order.ToDictionary(k => k, k => planner.Wanted.Graph.Parents(k).Count);
        private ExceptionDispatchInfo? _fault;
        private int _left;

        public Dictionary<AssetKey, AssetState> States { get; } = [];

        public Dictionary<AssetKey, AssetResult> Results { get; } = [];

        public void Run(int workers, CancellationToken cancellationToken)
        {
            _left = _order.Count;
            foreach (var key in _order.Keys.Where(k => _waiting[k] == 0))
                _queue.Enqueue(key, _order[key]);
            if (_left == 0)
                return;

            _ready.Release(_queue.Count);
            var threads = Enumerable.Range(1, Math.Max(1, workers)).Select(n => new Thread(() => Work(cancellationToken)) { Name = $"worker {n}", IsBackground = true }).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            _fault?.Throw();
            cancellationToken.ThrowIfCancellationRequested();
        }

        private void Work(CancellationToken cancellationToken)
        {
            while (true)
            {
                _ready.Wait(CancellationToken.None);
                AssetKey key;
                lock (_gate)
                {
                    if (_left == 0 || _fault is not null || cancellationToken.IsCancellationRequested || !_queue.TryDequeue(out key, out _))
                    {
                        _ready.Release();
                        return;
                    }
                }

                try
                {
                    End(key, RunAsset(key, cancellationToken));
                }
                catch (Exception e)
                {
                    lock (_gate)
                        _fault ??= ExceptionDispatchInfo.Capture(e);
                    _ready.Release();
                    return;
                }
            }
        }

        private void End(AssetKey key, (AssetState State, AssetResult Result) end)
        {
            lock (_gate)
            {
                (States[key], Results[key]) = end;
                _left--;
                foreach (var child in planner.Wanted.Graph.Children(key))
                {
                    if (--_waiting[child] > 0)
                        continue;
                    _queue.Enqueue(child, _order[child]);
                    _ready.Release();
                }

                if (_left == 0)
                    _ready.Release();
            }
        }

        private (AssetState State, AssetResult Result) RunAsset(AssetKey key, CancellationToken cancellationToken)
        {
            Dictionary<AssetKey, AssetState> parents;
            lock (_gate)
                parents = planner.Wanted.Graph.Parents(key).ToDictionary(p => p, p => States[p]);

            var decision = planner.DecideIn(key, parents, isSelected(key));
            runner.Observe(key, "decided", null, decision.Reason);
            return decision.Action switch
            {
                PlanAction.Compute or PlanAction.Ask => Compute(planner.Wanted.Assets[key], decision, parents, cancellationToken),
                PlanAction.Hold => (decision.After, Settle(decision, AssetOutcome.Held)),
                PlanAction.Point => (decision.After, Settle(decision, AssetOutcome.Pointed)),
                _ => (decision.After, Settle(decision, AssetOutcome.Unchanged)),
            };
        }

        private (AssetState State, AssetResult Result) Compute(
            WantedAsset asset, Decision decision, Dictionary<AssetKey, AssetState> parents, CancellationToken cancellationToken)
        {
            var timer = Stopwatch.StartNew();
            var batches = Batches(asset, decision.Intervals!);
            var tasks = batches.Select((b, i) => new TaskRecord(
                string.Create(CultureInfo.InvariantCulture, $"{run.Id}/{TaskName(asset.Key)}/{i + 1}"),
                run.Id, _order[asset.Key], asset.Build, asset.TaskKind!, b, decision.Base?.Id.Number, TaskState.Queued, null)).ToList();
            runner.Ledger.Queue(tasks);

            var inputs = parents.Values.SelectMany(p => p.Stored).Distinct().Select(i => planner.Standing.Version(i)!).ToList();
            var (rows, checks) = (new RowCounts(0, 0, 0, 0), new List<CheckRecord>());
            var latest = decision.Base;
            var computed = 0;
            string? nothing = null;
            AssetResult Result(AssetOutcome outcome, string? message) => new(
                asset.Key, outcome, decision.Reason, message, decision.Note, rows, checks,
                asset.Incremental is { } kind ? tasks.Take(computed).Sum(t => t.Intervals.CountUnits(kind.Unit) ?? 0) : null, timer.Elapsed);

            for (var i = 0; i < tasks.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var fence = runner.Ledger.StartAttempt(tasks[i].Id);
                Failpoint.Pass("run.attempt-started");
                var context = new TaskContext
                {
                    Task = tasks[i] with { Base = latest?.Id.Number },
                    Fence = fence,
                    Asset = asset,
                    Base = latest,
                    Inputs = inputs,
                    Origin = decision.After.Origin,
                    Pending = batches.Skip(i + 1).Aggregate(decision.Deferred, (sum, b) => sum.Union(b)),
                    AsOf = planner.AsOf,
                    Standing = planner.Standing,
                    QuarantineBase = runner.Ledger.QuarantineVersion(asset.Key),
                    Now = runner.Clock.GetUtcNow(),
                    Report = (phase, share) => runner.Observe(asset.Key, phase, share, null),
                };
                try
                {
                    switch (runner.KindOf(asset.TaskKind!).Execute(context, cancellationToken))
                    {
                        case TaskOutcome.Committed committed:
                            runner.Ledger.CommitVersion(committed.Version);
                            Failpoint.Pass("run.version-committed");
                            latest = committed.Version;
                            rows = Sum(rows, committed.Version.Rows);
                            checks.AddRange(committed.Version.Checks);
                            computed++;
                            runner.Observe(asset.Key, "committed", (double)computed / tasks.Count, null);
                            break;
                        case TaskOutcome.Unchanged unchanged:
                            runner.Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Idle, unchanged.Message, []);
                            runner.Observe(asset.Key, "unchanged", null, unchanged.Message);
                            nothing = unchanged.Message;
                            break;
                        case TaskOutcome.Refused refused:
                            runner.Ledger.CommitVersion(refused.Version);
                            rows = Sum(rows, refused.Version.Rows);
                            checks.AddRange(refused.Version.Checks);
                            runner.Observe(asset.Key, "refused", null, refused.Message);
                            return (decision.WhenRefused ?? Planner.Hold(asset.Key, refused.Message).After, Result(AssetOutcome.Refused, refused.Message));
                        case TaskOutcome.Blocked blocked:
                            runner.Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Blocked, blocked.Message, blocked.Checks);
                            rows = Sum(rows, blocked.Rows);
                            checks.AddRange(blocked.Checks);
                            runner.Observe(asset.Key, "blocked", null, blocked.Message);
                            return (Planner.Hold(asset.Key, blocked.Message).After, Result(AssetOutcome.Blocked, blocked.Message));
                    }
                }
                catch (Exception e) when (cancellationToken.IsCancellationRequested)
                {
                    // The engine says in its own words that it was interrupted; what counts is that someone stopped the run.
                    runner.Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Failed, "stopped before the commit", []);
                    throw new OperationCanceledException(e.Message, e, cancellationToken);
                }
                catch (Exception e)
                {
                    runner.Ledger.EndAttempt(tasks[i].Id, fence, TaskState.Failed, e.Message, []);
                    runner.Observe(asset.Key, "failed", null, e.Message);
                    return (Planner.Hold(asset.Key, e.Message).After, Result(AssetOutcome.Failed, e.Message));
                }
            }

            var state = latest is null ? decision.After : Planner.StateOf(asset, latest);
            if (nothing is null || computed > 0)
                return (state, Result(AssetOutcome.Computed, null));
            var stands = planner.Standing.Pointers.GetValueOrDefault(asset.Key)?.Version == latest?.Id;
            return (state, Result(stands ? AssetOutcome.Unchanged : AssetOutcome.Pointed, nothing));
        }

        /// <summary>Models may have the name of a table.</summary>
        private static string TaskName(AssetKey key) => key.Kind.IsRelation() ? key.Name : $"{key.Kind.Word()}:{key.Name}";

        /// <summary>Cuts the intervals of a task list: at most so many units in each.</summary>
        private static List<IntervalSet> Batches(WantedAsset asset, IntervalSet intervals)
        {
            if (asset.Incremental is not { Batch: { } size } kind || intervals.IsAll || intervals.IsEmpty)
                return [intervals];
            var units = new List<Interval>();
            foreach (var interval in intervals)
            {
                for (var at = interval.Start; at < interval.End; at = kind.Unit.Add(at, 1))
                    units.Add(new Interval(at, kind.Unit.Add(at, 1)));
            }

            return [.. units.Chunk(size).Select(c => IntervalSet.Of(c))];
        }

        private static RowCounts Sum(RowCounts a, RowCounts b) => new(a.In + b.In, a.Out + b.Out, a.Quarantined + b.Quarantined, b.Total)
        {
            Skipped = a.Skipped + b.Skipped,
            Deletes = a.Deletes + b.Deletes,
        };
    }

    private Ledger.Ledger Ledger => ledger;

    private TimeProvider Clock => clock;

    private ITaskKind KindOf(string name) => _kinds.TryGetValue(name, out var kind)
        ? kind
        : throw new InvalidOperationException($"No task kind is registered under '{name}'. Registered: {string.Join(", ", _kinds.Keys)}.");

    private void Observe(AssetKey asset, string phase, double? share, string? note) => observe(new RunMoment(asset, phase, share, note));
}
