using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;
using Millrace.Sources;

namespace Millrace.Project;

/// <summary>One thing that was read of a source.</summary>
/// <param name="Version">The version that holds its rows.</param>
/// <param name="Task">The load.</param>
/// <param name="At">When it was read, or for a file of the project folder when it was committed, UTC.</param>
/// <param name="Name">The file, query, page or batch.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">SHA-256, lower-case hex.</param>
/// <param name="Details">What else identifies it, such as an ETag or offsets.</param>
/// <param name="IsKept">True while the raw record lies in its landing, or the file is one of the project folder.</param>
public sealed record SourceBatch(
    long Version, string Task, DateTimeOffset At, string Name, long Bytes, string Hash, IReadOnlyDictionary<string, string> Details, bool IsKept);

/// <summary>How far a source is read, and what was read.</summary>
/// <param name="Asset">The source.</param>
/// <param name="Type">The word of <c>type:</c>.</param>
/// <param name="Cursor">The largest value of the cursor's column that was read; null without a cursor.</param>
/// <param name="Batches">What was read, newest version first.</param>
public sealed record SourceView(AssetKey Asset, string Type, string? Cursor, IReadOnlyList<SourceBatch> Batches);

public sealed partial class Engine
{
    /// <summary>Shows what was read of a source into the versions that stand.</summary>
    /// <exception cref="EngineException">There is no such source in the environment.</exception>
    public SourceView ShowSource(string name)
    {
        var pointer = PointerOf(name);
        if (pointer.Asset.Kind != AssetKind.Source || Released(pointer) is not SourceDefinition source)
            throw new EngineException($"'{name}' is a table, which is computed and not read from outside. 'millrace lineage {name}' tells from what.") { IsMistake = true };
        var chain = StandingOf(Ledger.Pointers(Environment)).Chain(pointer.Version).ToList();
        var none = new Dictionary<string, string>();
        var batches = chain.SelectMany(v => v.Files
            .Select(f => new SourceBatch(v.Id.Number, v.Task, v.Committed, f.Path, f.Size, f.Hash, none, true))
            .Concat(v.Receipts.Select(r => new SourceBatch(v.Id.Number, v.Task, r.At, r.Name, r.Bytes, r.Hash, r.Details, Landings.Holds(pointer.Asset, r)))));
        return new SourceView(pointer.Asset, source.Type, (string?)chain.FirstOrDefault(v => v.State is not null)?.State!["cursor"], [.. batches]);
    }

    /// <summary>What the landings hold, for the doctor.</summary>
    private DoctorFinding DoctorLandings()
    {
        var landings = Landings.List();
        var loose = landings.Where(l => Ledger.VersionOfTask(l.Task) is null).ToList();
        var text = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{landings.Count} loads have their raw records in {Home.LandingFolder}, {landings.Sum(l => l.Bytes) / (double)(1 << 20):0.0} MB");
        return new DoctorFinding("landings", true, loose.Count == 0 ? text : $"{text}; {string.Join(", ", loose.Select(l => l.Task))} committed nothing: the next run deletes what they left");
    }

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
