using System.Globalization;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Project;

public sealed partial class Engine
{
    /// <summary>The environment's releases, newest first.</summary>
    public IReadOnlyList<ReleaseRecord> Releases(int take) => Ledger.Releases(Environment, take);

    /// <summary>Puts the pointers of an earlier release back, in a new release. What made the later ones is rejected: runs skip it until it changes.</summary>
    /// <param name="to">The release to go back to; null for what stood before the pointers that stand, be it a run's release or a rollback's.</param>
    /// <param name="message">Why, for people.</param>
    /// <exception cref="EngineException">There is no such release, or its pointers stand already.</exception>
    public ReleaseRecord Rollback(long? to, string? message)
    {
        var releases = Ledger.Releases(Environment, int.MaxValue);
        if (releases.Count == 0)
            throw new EngineException($"Nothing was ever released in '{Environment}': there is nothing to roll back.");

        // A rollback stands for the release whose pointers it put back.
        var byId = releases.ToDictionary(r => r.Id);
        var standing = releases[0];
        while (standing.Target is { } earlier && byId.TryGetValue(earlier, out var found))
            standing = found;
        var target = to is { } id
            ? byId.GetValueOrDefault(id)
            : releases.FirstOrDefault(r => r.Id < standing.Id);
        if (target is null)
        {
            throw new EngineException(to is null
                ? FormattableString.Invariant($"Release {standing.Id} is the first of '{Environment}': there is nothing before it.")
                : FormattableString.Invariant($"'{Environment}' has no release {to}. Its releases are: {string.Join(", ", releases.Select(r => r.Id).Take(20))}."))
            {
                IsMistake = to is not null,
            };
        }

        var now = Ledger.Pointers(Environment);
        var then = Ledger.PointersAt(Environment, target.Id);
        if (now.Count == then.Count && now.All(p => then.TryGetValue(p.Key, out var t) && t.Version == p.Value.Version))
            throw new EngineException(string.Create(CultureInfo.InvariantCulture, $"The pointers of release {target.Id} stand already in '{Environment}'."));
        return Ledger.Rollback(Environment, target.Id, Rejected(now, then), message);
    }

    /// <summary>Lets runs use again what rollbacks rejected.</summary>
    /// <param name="asset">An asset's name; null for all.</param>
    /// <returns>How many rejections were lifted.</returns>
    public int Resume(string? asset)
    {
        var rejections = Ledger.Rejections(Environment);
        if (asset is null)
            return Ledger.Resume(Environment, null);
        var keys = rejections.Select(r => r.Asset).Where(k => k.Name == asset || k.Title == asset).Distinct().ToList();
        return keys.Count > 0
            ? keys.Sum(key => Ledger.Resume(Environment, key))
            : throw new EngineException(rejections.Count == 0
                ? $"No rollback of '{Environment}' rejected anything."
                : $"No rollback of '{Environment}' rejected anything of '{asset}'. Rejected is something of: {string.Join(", ", rejections.Select(r => r.Asset.Title).Distinct())}.");
    }

    /// <summary>The loads that asked a place, and what they read.</summary>
    private static IEnumerable<string> Batches(Standing standing, Pointer pointer) =>
        standing.Chain(pointer.Version).Where(v => v.State is not null).SelectMany(v => v.Receipts.Select(r => r.Batch).Append(v.Task)).Distinct();

    /// <summary>The tasks that put quarantined rows through again.</summary>
    private static IEnumerable<string> Replays(Standing standing, Pointer pointer) =>
        standing.Chain(pointer.Version).Where(v => v.State is null && v.Makers.ContainsKey(VersionRecord.ReplayMaker)).Select(v => v.Task);

    /// <summary>The makers of what a rollback takes away: changed definitions and builds, removals, and the source files that came in.</summary>
    private List<Rejection> Rejected(IReadOnlyDictionary<AssetKey, Pointer> now, IReadOnlyDictionary<AssetKey, Pointer> then)
    {
        var standing = StandingOf(now);
        var rejected = new List<Rejection>();
        foreach (var (key, from) in now)
        {
            var to = then.GetValueOrDefault(key);
            if (to?.Version == from.Version)
                continue;
            if (to?.Version.Build != from.Version.Build)
            {
                rejected.Add(new Rejection(key, Rejection.Build, from.Version.Build.Fingerprint.Text, 0));
                if (to?.Definition != from.Definition)
                    rejected.Add(new Rejection(key, Rejection.Definition, from.Definition, 0));
            }
            else if (key.Kind == AssetKind.Model && standing.Version(from.Version) is { } trained)
            {
                // New rows alone never make a new version, so only its own rejection keeps a policy from making this one again.
                rejected.Add(new Rejection(key, Rejection.Origin, $"{trained.Id.Build.Fingerprint}/{trained.Origin}", 0));
            }
            else if (standing.Version(from.Version) is { } made && made.Inputs.Count > 0 && made.Inputs.All(i => then.GetValueOrDefault(i.Asset)?.Version == i))
            {
                // Its inputs stay, so that nothing else would keep the next run from making the same again.
                rejected.Add(new Rejection(key, Rejection.Origin, $"{made.Id.Build.Fingerprint}/{made.Origin}", 0));
            }

            if (key.Kind == AssetKind.Source)
            {
                var kept = to is null ? [] : standing.Files(to.Version).Select(f => f.Hash).ToHashSet(StringComparer.Ordinal);
                if (to is not null && to.Version.Build == from.Version.Build)
                    rejected.AddRange(Batches(standing, from).Except(Batches(standing, to)).Select(b => new Rejection(key, Rejection.Batch, b, 0)));
                if (to is not null && to.Version.Build == from.Version.Build)
                    rejected.AddRange(Replays(standing, from).Except(Replays(standing, to)).Select(b => new Rejection(key, Rejection.Batch, b, 0)));
                if (to is not null)
                    rejected.AddRange(standing.Files(from.Version).Where(f => !kept.Contains(f.Hash)).Select(f => new Rejection(key, Rejection.Batch, f.Hash, 0)));
            }
        }

        rejected.AddRange(then.Values.Where(p => !now.ContainsKey(p.Asset)).Select(p => new Rejection(p.Asset, Rejection.Removal, p.Definition, 0)));
        return rejected;
    }
}
