using System.Globalization;
using Millrace.Assets;
using Millrace.Ledger;

namespace Millrace.Plans;

/// <summary>Decides what is done about each asset. Pure: the same project, ledger and clock give the same decisions.</summary>
/// <remarks>
/// <para>
/// A version's <see cref="VersionRecord.Origin"/> is a hash of what it was made from: of a source the bytes of its files, of a table its parents'
/// origins (and the day, where its SQL reads <c>@as_of</c>). The build's fingerprint covers the definition and the parent columns it reads. So an
/// asset stands exactly when build and origin are the wanted ones, and both are known before anything is computed.
/// </para>
/// <para>The same function decides in the plan and, once the parents' versions are there, in the run.</para>
/// </remarks>
public sealed class Planner(WantedGraph wanted, Standing standing, DateTimeOffset? asOf, DateTimeOffset now)
{
    /// <summary>The wanted project.</summary>
    public WantedGraph Wanted => wanted;

    /// <summary>What stands.</summary>
    public Standing Standing => standing;

    /// <summary>The value of <c>@as_of</c>: the clock the run was given, else the start of the current day, UTC.</summary>
    public DateTimeOffset AsOf { get; } = asOf ?? IntervalUnit.Day.Floor(now);

    /// <summary>Decides about every asset, and about those that the project names no longer.</summary>
    /// <param name="isSelected">Which assets may move; the others keep what stands.</param>
    public Plan Plan(Func<AssetKey, bool> isSelected)
    {
        var states = new Dictionary<AssetKey, AssetState>();
        var decisions = new List<Decision>();
        foreach (var key in wanted.Graph.Order)
        {
            var decision = DecideIn(key, states, isSelected(key));
            states[key] = decision.After;
            decisions.Add(decision);
        }

        foreach (var (key, pointer) in standing.Pointers.Where(p => !wanted.Assets.ContainsKey(p.Key) && isSelected(p.Key)).OrderBy(p => p.Key))
        {
            decisions.Add(new Decision
            {
                Asset = key, Action = PlanAction.Remove, Reason = "the project names it no longer", ChangesDefinition = true,
                After = new AssetState(default, [], pointer.Version, false),
            });
        }

        return new Plan(standing.Environment, asOf, decisions, wanted);
    }

    /// <summary>Decides about one asset, given its parents' states. One that is not selected keeps what stands; a view follows what it reads.</summary>
    public Decision DecideIn(AssetKey key, IReadOnlyDictionary<AssetKey, AssetState> parents, bool isSelected) =>
        (isSelected || wanted.Assets[key].IsView ? Decide(key, parents) : Keep(key)) with { Note = wanted.Assets[key].Note };

    private Decision Decide(AssetKey key, IReadOnlyDictionary<AssetKey, AssetState> parents)
    {
        var asset = wanted.Assets[key];
        if (asset.Obstacle is { } obstacle)
            return Hold(key, obstacle, asset.IsRejected);
        foreach (var parent in asset.Parents)
        {
            if (parents[parent].IsHeld)
                return Hold(key, $"it stands on {parent.Title}, which is held back", parents[parent].IsRejected);
            if (parents[parent] is { Version: null, IsAwaited: false })
                return Hold(key, $"{parent.Title} has no version to read: run it first, or select it too");
        }

        var origin = OriginOf(asset, parents);
        if (asset.IsView)
            return DecideView(asset, parents, origin);
        return asset.Trained is { } kind ? DecideTrained(asset, kind, parents, origin) : DecideStored(asset, parents, origin);
    }

    private Decision DecideView(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents, Fingerprint origin)
    {
        var version = new AssetVersion(asset.Build, 0);
        var stands = PointerOf(asset.Key)?.Version == version;
        var awaited = asset.Parents.Any(p => parents[p].IsAwaited);
        var touchesOnlyTime = asset.TimeColumn is not null && asset.Parents.All(p => parents[p].HandsOnTime);
        var stored = asset.Parents.SelectMany(p => parents[p].Stored).Distinct().ToList();
        return new Decision
        {
            Asset = asset.Key,
            Action = stands ? PlanAction.Keep : PlanAction.Point,
            Reason = stands ? "stands" : ChangeOf(asset),
            ChangesDefinition = !stands,
            After = new AssetState(origin, stored, version, touchesOnlyTime) { IsAwaited = awaited },
        };
    }

    private Decision DecideStored(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents, Fingerprint origin)
    {
        var pointer = PointerOf(asset.Key);
        var current = pointer is not null && pointer.Version.Build == asset.Build ? standing.Version(pointer.Version) : null;
        if (asset.Asks is { } place)
            return Ask(asset, place, current);
        if (current is not null && Satisfies(current, origin))
            return Replayed(asset, current, origin) is { } replayed ? Settled(asset, replayed, PlanAction.Point, "rows put through again") : Settled(asset, current, PlanAction.Keep, "stands");
        if (asset.RejectedOrigins.Contains(origin))
        {
            const string Reason = "a rollback rejected what it makes of these inputs";
            return current is null ? Hold(asset.Key, Reason, isRejected: true) : Settled(asset, current, PlanAction.Keep, Reason);
        }

        if (!asset.Parents.Any(p => parents[p].IsAwaited)
            && standing.Versions(asset.Build).LastOrDefault(v => Satisfies(v, origin)) is { } existing)
        {
            return Settled(asset, existing, PlanAction.Point, current is null && pointer is not null ? $"{ChangeOf(asset)}; already computed" : "already computed");
        }

        return asset.Files is not null ? Load(asset, current, origin) : Compute(asset, parents, current, origin);
    }

    /// <summary>A model stands until its definition changes or someone asks for a new version. One that its gates refused is not trained again from the same rows.</summary>
    private Decision DecideTrained(WantedAsset asset, TrainedKind kind, IReadOnlyDictionary<AssetKey, AssetState> parents, Fingerprint origin)
    {
        var pointer = PointerOf(asset.Key);
        var current = pointer is not null && pointer.Version.Build == asset.Build ? standing.Version(pointer.Version) : null;
        var isJudged = current?.Makers.GetValueOrDefault(TrainedKind.GatesMaker) == kind.Gates.Text;
        if (current is not null && kind.Request is null)
        {
            var reason = !isJudged
                ? $"stands; its gates have changed since it passed: 'millrace run --retrain {asset.Key.Name}' asks them"
                : current.Origin == origin ? "stands" : "stands; newer rows wait until a new version is asked for";
            return Settled(asset, current, PlanAction.Keep, reason);
        }

        Decision Stays(string reason, bool isRejected = false) =>
            current is null ? Hold(asset.Key, reason, isRejected) : Settled(asset, current, PlanAction.Keep, reason);
        if (asset.RejectedOrigins.Contains(origin))
            return Stays("a rollback rejected what it makes of these rows", isRejected: true);

        var awaited = asset.Parents.Any(p => parents[p].IsAwaited);
        if (!awaited && current is not null && isJudged && Satisfies(current, origin))
            return Settled(asset, current, PlanAction.Keep, "stands; it was trained on these rows");
        if (!awaited && standing.Versions(asset.Build).LastOrDefault(v => Satisfies(v, origin)) is { } existing)
        {
            var isAsked = existing.Makers.GetValueOrDefault(TrainedKind.GatesMaker) == kind.Gates.Text;
            if (!existing.IsRefused && (isAsked || existing.Id != current?.Id))
                return Settled(asset, existing, PlanAction.Point, "already trained");
            if (existing.IsRefused && isAsked)
                return Stays(string.Create(CultureInfo.InvariantCulture, $"its gates refused version {existing.Id.Number}, which these rows made: see 'millrace model show {asset.Key.Name}@{existing.Id.Number}'"));
        }

        return new Decision
        {
            Asset = asset.Key, Action = PlanAction.Compute, Reason = kind.Request ?? ChangeOf(asset),
            ChangesDefinition = pointer?.Version.Build != asset.Build,
            After = new AssetState(origin, [], null, false) { IsAwaited = true },
            WhenRefused = current is null ? null : StateOf(asset, current),
        };
    }

    private Decision Load(WantedAsset asset, VersionRecord? current, Fingerprint origin)
    {
        // The newest version that continues what stands and holds nothing unwanted: after a killed run that is the dead run's commit.
        var wantedFiles = asset.Files!.ToDictionary(f => f.Path, f => f.Hash, StringComparer.Ordinal);
        // A file that stands as it is wanted may lie there no longer, or in a form that was rejected: it cannot be loaded again over another form.
        var standingFiles = current is null ? [] : standing.Files(current.Id).ToDictionary(f => f.Path, f => f.Hash, StringComparer.Ordinal);
        var start = BestBase(asset, current, v => standing.Files(v.Id).All(
            f => wantedFiles.TryGetValue(f.Path, out var hash) && (hash == f.Hash || standingFiles.GetValueOrDefault(f.Path) != hash)));
        var held = start is null ? [] : standing.Files(start.Id).ToDictionary(f => f.Path, f => f.Hash, StringComparer.Ordinal);
        var added = asset.Files!.Count(f => !held.ContainsKey(f.Path));
        var changed = asset.Files!.Count(f => held.TryGetValue(f.Path, out var hash) && hash != f.Hash);
        var reasons = new List<string>();
        if (current is null)
            reasons.Add(ChangeOf(asset));
        if (added > 0)
            reasons.Add(Count(added, "new file"));
        if (changed > 0)
            reasons.Add(Count(changed, "changed file"));
        return new Decision
        {
            Asset = asset.Key, Action = PlanAction.Compute, Reason = string.Join(", ", reasons),
            ChangesDefinition = PointerOf(asset.Key)?.Version.Build != asset.Build,
            Base = start,
            After = new AssetState(origin, [], null, asset.TimeColumn is not null) { IsAwaited = true },
        };
    }

    /// <summary>A version that only put quarantined rows through again, and whose process died before it could be released.</summary>
    private VersionRecord? Replayed(WantedAsset asset, VersionRecord current, Fingerprint origin) => asset.Files is null
        ? null
        : standing.Versions(asset.Build).LastOrDefault(v => v.Id.Number > current.Id.Number && v.Makers.ContainsKey(VersionRecord.ReplayMaker)
            && Satisfies(v, origin) && standing.Chain(v.Id).Any(c => c.Id == current.Id) && !standing.Chain(v.Id).Any(c => asset.RejectedBatches.Contains(c.Task)));

    /// <summary>What is new nobody knows before the place is asked, and a plan asks nothing outside.</summary>
    private Decision Ask(WantedAsset asset, string place, VersionRecord? current)
    {
        // The newest version that continues what stands: a dead run's commit, or another environment's load.
        var start = BestBase(asset, current, v => standing.Chain(v.Id).All(
            c => !asset.RejectedBatches.Contains(c.Task) && !c.Receipts.Any(r => asset.RejectedBatches.Contains(r.Batch))));
        return new Decision
        {
            Asset = asset.Key,
            Action = start is null ? PlanAction.Compute : PlanAction.Ask,
            Reason = current is null ? $"{ChangeOf(asset)}, asks {place} for everything" : $"asks {place} for what is new",
            ChangesDefinition = PointerOf(asset.Key)?.Version.Build != asset.Build,
            Base = start,
            After = start is null ? new AssetState(default, [], null, asset.TimeColumn is not null) { IsAwaited = true } : StateOf(asset, start),
        };
    }

    private Decision Compute(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents, VersionRecord? current, Fingerprint origin)
    {
        var awaited = asset.Parents.Any(p => parents[p].IsAwaited);
        var reason = current is null ? ChangeOf(asset) : ReasonOf(asset, parents, current);
        var after = new AssetState(origin, [], null, asset.Incremental is not null) { IsAwaited = true };
        var decision = new Decision
        {
            Asset = asset.Key, Action = PlanAction.Compute, Reason = reason, After = after,
            ChangesDefinition = PointerOf(asset.Key)?.Version.Build != asset.Build,
        };
        if (asset.Incremental is null)
            return decision;
        if (awaited)
            return decision with { Intervals = null };

        var inputs = asset.Parents.SelectMany(p => parents[p].Stored).Distinct().ToList();
        var start = BestBase(asset, current, v => v.Inputs.All(old => inputs.Any(i => i.Asset == old.Asset && Continues(i, old))));
        var touched = Touched(asset, parents, inputs, start);
        var due = asOf is { } cut ? touched.Intersect(IntervalSet.Of(new Interval(DateTimeOffset.MinValue, asset.Incremental.Unit.Ceiling(cut)))) : touched;
        var deferred = touched.Except(due);
        if (due.IsEmpty && start is not null && start.Id == current?.Id && deferred.Equals(start.Pending))
            return Settled(asset, start, PlanAction.Keep, "stands; the rest waits for a later --as-of");
        return decision with { Base = start, Intervals = due, Deferred = deferred };
    }

    /// <summary>The event time that the inputs touched since the base read them, in whole units, and what the base left over.</summary>
    private IntervalSet Touched(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents, IReadOnlyList<AssetVersion> inputs, VersionRecord? start)
    {
        var kind = asset.Incremental!;
        var touched = start?.Pending ?? IntervalSet.Empty;
        var extent = IntervalSet.Empty;
        foreach (var parent in asset.Parents.Select(p => parents[p]))
        {
            foreach (var input in parent.Stored)
            {
                var whole = Since(input, null);
                if (!whole.IsAll)
                    extent = extent.Union(whole);
                var old = start?.Inputs.Cast<AssetVersion?>().FirstOrDefault(i => i!.Value.Asset == input.Asset);
                var since = old == input ? IntervalSet.Empty : Since(input, old?.Number);
                touched = touched.Union(parent.HandsOnTime || since.IsEmpty ? since : IntervalSet.All);
            }
        }

        if (start is not null)
            extent = standing.Chain(start.Id).Aggregate(extent, (sum, v) => v.Touched.IsAll ? sum : sum.Union(v.Touched));
        touched = touched.IsAll
            ? extent.Align(kind.Unit).ExtendForward(kind.Unit, kind.ReadsBack)
            : touched.Align(kind.Unit).ExtendForward(kind.Unit, kind.ReadsBack);
        if (extent.IsEmpty && kind.Start is { } from && AsOf > from)
            touched = IntervalSet.Of(new Interval(from, AsOf)).Align(kind.Unit);

        // Nothing is computed past the last unit in which a parent has rows: reading back makes no new hours.
        if (!extent.IsEmpty)
            touched = touched.Intersect(IntervalSet.Of(new Interval(kind.Unit.Floor(extent[0].Start), kind.Unit.Ceiling(extent[^1].End))));
        return kind.Start is { } first ? touched.Intersect(IntervalSet.Of(new Interval(first, DateTimeOffset.MaxValue))) : touched;
    }

    /// <summary>What the versions after <paramref name="old"/> up to <paramref name="version"/> touched.</summary>
    private IntervalSet Since(AssetVersion version, long? old) =>
        standing.Chain(version).TakeWhile(v => v.Id.Number != old).Aggregate(IntervalSet.Empty, (sum, v) => sum.Union(v.Touched));

    private bool Continues(AssetVersion now, AssetVersion old) => now.Build == old.Build && standing.Chain(now).Any(v => v.Id == old);

    /// <summary>The newest version of the build that continues what stands and that the rule accepts; else what stands if accepted; else null.</summary>
    private VersionRecord? BestBase(WantedAsset asset, VersionRecord? current, Func<VersionRecord, bool> isAcceptable) =>
        standing.Versions(asset.Build).Reverse().FirstOrDefault(
            v => (current is null || v.Id == current.Id || standing.Chain(v.Id).Any(c => c.Id == current.Id)) && isAcceptable(v));

    private Decision Settled(WantedAsset asset, VersionRecord version, PlanAction action, string reason) => new()
    {
        Asset = asset.Key, Action = action, Reason = reason,
        ChangesDefinition = PointerOf(asset.Key)?.Version.Build != asset.Build,
        After = StateOf(asset, version),
    };

    /// <summary>The state of a stored asset at a version.</summary>
    public static AssetState StateOf(WantedAsset asset, VersionRecord version) =>
        new(SealedOrigin(version), [version.Id], version.Id, asset.Incremental is not null || (asset.Files is not null && asset.TimeColumn is not null));

    /// <summary>What stands of an asset that may not move, or nothing.</summary>
    private Decision Keep(AssetKey key)
    {
        var after = PointerOf(key) is { } pointer && standing.Version(pointer.Version) is { } version
            ? StateOf(wanted.Assets[key], version)
            : new AssetState(default, [], null, false);
        return new Decision { Asset = key, Action = PlanAction.Keep, Reason = "not selected", After = after };
    }

    /// <summary>An asset that cannot become what the project wants: its pointer stays, and so do those of all that stands on it.</summary>
    /// <param name="key">The asset.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="isRejected">True when a rollback said so, and nothing failed.</param>
    public static Decision Hold(AssetKey key, string reason, bool isRejected = false) => new()
    {
        Asset = key, Action = PlanAction.Hold, Reason = reason, After = new AssetState(default, [], null, false) { IsHeld = true, IsRejected = isRejected },
    };

    private Fingerprint OriginOf(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents)
    {
        if (asset.Files is { } files)
            return Fingerprint.OfSet(files.Select(f => $"{f.Path}\n{f.Hash}"));
        var parts = asset.Parents.Order().SelectMany(p => new[] { p.ToString(), parents[p].Origin.Text }).ToList();
        if (asset.ReadsAsOf)
            parts.Add("as of " + AsOf.ToString("O", CultureInfo.InvariantCulture));
        return Fingerprint.Of([.. parts]);
    }

    private static bool Satisfies(VersionRecord version, Fingerprint origin) =>
        (version.Origin == origin || version.Makers.GetValueOrDefault(VersionRecord.FilesMaker) == origin.Text) && version.Pending.IsEmpty;

    /// <summary>The origin that children see: an unfinished version is other data than the finished one.</summary>
    private static Fingerprint SealedOrigin(VersionRecord version) =>
        version.Pending.IsEmpty ? version.Origin : Fingerprint.Of(version.Origin.Text, version.Pending.ToString());

    private Pointer? PointerOf(AssetKey key) => standing.Pointers.GetValueOrDefault(key);

    private string ChangeOf(WantedAsset asset) => PointerOf(asset.Key) switch
    {
        null => "new",
        var p when p.Definition != asset.Definition.Hash => "definition changed",
        _ => "a column it reads changed",
    };

    private string ReasonOf(WantedAsset asset, IReadOnlyDictionary<AssetKey, AssetState> parents, VersionRecord current)
    {
        if (!current.Pending.IsEmpty)
            return "intervals left to compute";
        var changed = asset.Parents.Where(p => parents[p].IsAwaited || !parents[p].Stored.All(s => current.Inputs.Contains(s))).Select(p => p.Name).ToList();
        return changed.Count > 0 ? $"new rows in {string.Join(", ", changed)}" : asset.ReadsAsOf ? "the day it reads as @as_of changed" : "its inputs changed";
    }

    private static string Count(int n, string noun) => string.Create(CultureInfo.InvariantCulture, $"{n} {noun}{(n == 1 ? "" : "s")}");
}
