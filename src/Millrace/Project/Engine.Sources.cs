using Millrace.Ledger;
using Millrace.Plans;
using Millrace.Sources;

namespace Millrace.Project;

public sealed partial class Engine
{
    private Landings Landings => new(Home.LandingFolder);

    /// <summary>Deletes landings that no version stands for, and those whose time has come. The home is held.</summary>
    private void CleanLandings() => Landings.Clean(
        Ledger.VersionOfTask,
        source => Project.Files.Sources.FirstOrDefault(s => s.Key == source) is { } known ? known.KeepLanded : Landings.KeptByDefault,
        _options.Clock.GetUtcNow());

    /// <summary>A source whose place is asked, with the batches that a rollback rejected.</summary>
    private WantedAsset WithBatches(WantedAsset wanted, SourceDefinition source, Standing standing, List<Rejection> rejections)
    {
        var rejected = rejections.Where(r => r.Kind == Rejection.Batch).ToList();
        var stands = standing.Pointers.TryGetValue(wanted.Key, out var pointer) ? standing.Chain(pointer.Version).ToList() : [];
        var held = stands.SelectMany(v => v.Receipts.Select(r => r.Batch).Append(v.Task)).ToHashSet(StringComparer.Ordinal);
        var left = rejected.Where(r => !held.Contains(r.Value)).ToList();
        var note = left.Count == 0
            ? null
            : FormattableString.Invariant($"left out, as release {left[^1].Release} rolled it back: what {left.Count} loads read. 'millrace resume {wanted.Key.Name}' takes it in again, as far as it is kept.");
        var lost = pointer is not null && pointer.Version.Build != wanted.Build && source.Place!.ForgetsWhatItGave
            ? stands.SelectMany(v => v.Receipts).Where(r => !Landings.Holds(wanted.Key, r)).Select(r => r.Name).Distinct().ToList()
            : [];
        var obstacle = lost.Count == 0
            ? null
            : $"{source.File} changed, so every row has to be loaded again, but a {source.Type} gives a row once, and the raw records of {lost[0]} are not kept any more: the rows would be lost. "
                + "Undo the change, or give the source a new name to start from what comes now.";
        return wanted with
        {
            RejectedBatches = left.Select(r => r.Value).ToHashSet(StringComparer.Ordinal),
            Note = wanted.Note ?? note,
            Obstacle = wanted.Obstacle ?? obstacle,
        };
    }
}
