using System.Globalization;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Project;

/// <summary>One asset's rows at one version.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Kind">A word such as <c>source</c>, <c>incremental</c>, <c>view</c>.</param>
/// <param name="Fingerprint">The build.</param>
/// <param name="Version">The version; null for a view.</param>
/// <param name="Committed">When it was committed, UTC; null for a view.</param>
/// <param name="Release">The release that points at this version now, or null when another is released.</param>
/// <param name="Schema">The columns.</param>
/// <param name="Rows">Rows; null for a view.</param>
/// <param name="Files">Data files.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Quarantined">Rows that the asset's loads ever set aside, this version's build and others.</param>
/// <param name="QuarantineName">The name under which queries read those.</param>
/// <param name="Path">The table's folder, which any Delta reader opens at its newest version; null for a view.</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="Owner">Who answers for it.</param>
public sealed record TableView(
    AssetKey Asset, string Kind, Fingerprint Fingerprint, long? Version, DateTimeOffset? Committed, long? Release, Schema Schema, long? Rows, int Files,
    long Bytes, long Quarantined, string QuarantineName, string? Path, string? Description, string? Owner);

/// <summary>One version in an asset's history.</summary>
public sealed record VersionView(
    long Version, Fingerprint Fingerprint, DateTimeOffset Committed, string Run, RowCounts Rows, string Touched, bool IsReleased, long? Base, IReadOnlyList<CheckRecord> Checks);

/// <summary>What the checks of one asset found in its released version.</summary>
/// <param name="Skipped">Why it was not asked, or null.</param>
public sealed record CheckReport(AssetKey Asset, long? Version, IReadOnlyList<CheckRecord> Checks, string? Skipped);

/// <summary>Where one asset stands.</summary>
/// <param name="State"><c>current</c>, <c>stale</c>, <c>missing</c> or <c>held</c>.</param>
/// <param name="Note">Why, for people.</param>
public sealed record AssetStatus(AssetKey Asset, string Kind, long? Version, long? Rows, DateTimeOffset? Committed, string State, string? Note);

/// <summary>Where an environment stands.</summary>
/// <param name="Waiting">What waits, and for what.</param>
/// <param name="Policies">What retraining policies would say now.</param>
/// <param name="Alerts">The last few, newest first.</param>
public sealed record StatusView(
    string Environment, ReleaseRecord? Release, RunRecord? LastRun, IReadOnlyList<AssetStatus> Assets, IReadOnlyList<string> Waiting, IReadOnlyList<Rejection> Rejections,
    IReadOnlyList<PolicyView> Policies, IReadOnlyList<RaisedAlert> Alerts);

public sealed partial class Engine
{
    /// <summary>A status tells of so many alerts.</summary>
    private const int LastAlerts = 5;

    /// <summary>Shows an asset at its released version, or at another version of the released build.</summary>
    /// <param name="name">The asset's name.</param>
    /// <param name="version">A version that the ledger names; null for the released one.</param>
    /// <param name="at">The newest version committed by then; null for the released one.</param>
    public TableView Show(string name, long? version, DateTimeOffset? at)
    {
        var pointer = PointerOf(name);
        var asset = Project.Find(name);
        var (kind, description, owner) = (KindOf(asset), asset?.Definition.Description, asset?.Definition.Owner);
        var set = Ledger.Versions(pointer.Version.Build);
        var quarantined = set.Sum(v => v.Rows.Quarantined);
        if (set.Count == 0)
        {
            return new TableView(
                pointer.Asset, kind, pointer.Version.Build.Fingerprint, null, null, Ledger.CurrentRelease(Environment), asset?.Wanted.Schema ?? new Schema([]), null, 0, 0,
                0, Quarantine.NameOf(pointer.Asset), null, description, owner);
        }

        var record = at is { } moment ? set.LastOrDefault(v => v.Committed <= moment) : set.FirstOrDefault(v => v.Id.Number == (version ?? pointer.Version.Number));
        if (record is null)
        {
            throw new EngineException(string.Create(
                CultureInfo.InvariantCulture,
                $"'{name}' has no version {(at is { } m ? $"as old as {m:u}" : version)}. Its versions are: {string.Join(", ", set.Select(v => v.Id.Number))}; the oldest is of {set[0].Committed:u}."));
        }

        var folder = Home.TableFolder(record.Id.Build);
        var snapshot = new LakeTable(folder).Read(record.Id.Number, record.EntryHash);
        return new TableView(
            pointer.Asset, kind, record.Id.Build.Fingerprint, record.Id.Number, record.Committed,
            record.Id == pointer.Version ? Ledger.CurrentRelease(Environment) : null,
            snapshot.Schema, snapshot.RowCount, snapshot.Files.Count, snapshot.Files.Sum(f => f.Size), quarantined, Quarantine.NameOf(pointer.Asset), folder, description, owner);
    }

    /// <summary>The versions of an asset's released build, newest first.</summary>
    public IReadOnlyList<VersionView> History(string name)
    {
        var pointer = PointerOf(name);
        return [.. Ledger.Versions(pointer.Version.Build).Reverse().Select(v => new VersionView(
            v.Id.Number, v.Id.Build.Fingerprint, v.Committed, v.Task.Split('/')[0], v.Rows, v.Touched.ToString(), v.Id == pointer.Version, v.Base, v.Checks))];
    }

    /// <summary>Asks the checks of the released versions again, with the rules as the project has them now.</summary>
    /// <param name="select">Which assets, as <see cref="AssetSelector"/> reads it; all when null.</param>
    public IReadOnlyList<CheckReport> Check(string? select)
    {
        var selected = select is null ? Project.Graph.Order.ToHashSet() : AssetSelector.Select(Project.Graph, select);
        var pointers = Ledger.Pointers(Environment);
        var reports = new List<CheckReport>();
        foreach (var asset in Project.Graph.Order.Where(k => k.Kind.IsRelation() && selected.Contains(k)).Select(k => Project.Assets[k]))
        {
            if (!pointers.TryGetValue(asset.Wanted.Key, out var pointer))
            {
                reports.Add(new CheckReport(asset.Wanted.Key, null, [], $"nothing is released in '{Environment}'"));
                continue;
            }

            using var session = _pool.Rent();
            Define(session, $"SELECT * FROM {SqlName.QuoteRelation(asset.Wanted.Key.Name)}");
            var rows = $"SELECT * FROM {SqlName.QuoteRelation(asset.Wanted.Key.Name)}";
            var missing = asset.Checks.Where(c => c.Columns.Any(n => session.Describe(rows).Find(n) is null)).ToList();
            reports.Add(new CheckReport(
                asset.Wanted.Key,
                pointer.Version.Number,
                [
                    .. asset.Wanted.LineageChecks,
                    .. new CheckScan(session.Connection).Ask(rows, [.. asset.Checks.Except(missing)]),
                    .. missing.Select(c => new CheckRecord(c.Id, c.Effect.ToString().ToLowerInvariant(), false, 0, "the released version lacks a column that the check names; run first")),
                ],
                null));
        }

        return reports;
    }

    /// <summary>Where an asset or a column comes from, and what is computed from it, by the project as it is.</summary>
    /// <param name="target"><c>asset</c> or <c>asset.column</c>.</param>
    public LineageView Lineage(string target)
    {
        if (Project.Find(target) is { } whole)
            return Millrace.Project.Lineage.Of(Project, whole, null);

        var dot = target.LastIndexOf('.');
        var asset = dot > 0 ? Project.Find(target[..dot]) : null;
        if (asset is null)
        {
            var names = Project.Assets.Keys.Select(k => k.Name).ToList();
            throw new EngineException($"'{target}' names no asset.{Suggestion.Sentence(dot > 0 ? target[..dot] : target, names)} Assets are: {string.Join(", ", names)}.") { IsMistake = true };
        }

        var column = asset.Wanted.Schema.Find(target[(dot + 1)..]);
        return column is not null
            ? Millrace.Project.Lineage.Of(Project, asset, column.Name)
            : throw new EngineException(
                $"{target[..dot]} has no column '{target[(dot + 1)..]}'.{Suggestion.Sentence(target[(dot + 1)..], asset.Wanted.Schema.Names)} Its columns are: {string.Join(", ", asset.Wanted.Schema.Names)}.") { IsMistake = true };
    }

    /// <summary>Where the environment stands against the project and the sources.</summary>
    public StatusView Status()
    {
        var plan = Plan(new RunRequest());
        var pointers = Ledger.Pointers(Environment);
        var versions = Ledger.StandingVersions(Environment);
        var assets = plan.Decisions.Select(d =>
        {
            var version = versions.GetValueOrDefault(d.Asset);
            var state = d.Action switch
            {
                PlanAction.Keep or PlanAction.Ask => "current",
                PlanAction.Hold => "held",
                _ => pointers.ContainsKey(d.Asset) ? "stale" : "missing",
            };
            var note = d.Note ?? (state != "current" ? d.Reason : d.Asset.Kind switch
            {
                AssetKind.Model when d.Reason != "stands" => d.Reason,
                AssetKind.Endpoint => d.After.Version is null ? null : ServingText(d.Asset, versions),
                _ => null,
            });
            return new AssetStatus(d.Asset, KindOf(Project.Assets.GetValueOrDefault(d.Asset)), version?.Id.Number, version?.Rows.Total, version?.Committed, state, note);
        }).ToList();
        var waiting = plan.Decisions.Where(d => d.Action is not (PlanAction.Keep or PlanAction.Ask))
            .Select(d => d.Action == PlanAction.Hold ? $"{d.Asset.Title} is held back: {d.Reason}" : $"{d.Asset.Title} waits for a run: {d.Reason}").ToList();
        return new StatusView(
            Environment, Ledger.Releases(Environment, 1).FirstOrDefault(), Ledger.Runs(1).FirstOrDefault(), assets, waiting, Ledger.Rejections(Environment),
            Policies(pointers), Ledger.Alerts(Environment, take: LastAlerts));
    }

    private string? ServingText(AssetKey endpoint, IReadOnlyDictionary<AssetKey, VersionRecord> versions)
    {
        var model = Project.Graph.Ancestors(endpoint).FirstOrDefault(k => k.Kind == AssetKind.Model);
        return versions.TryGetValue(model, out var version) ? string.Create(CultureInfo.InvariantCulture, $"serves {model.Name}@{version.Id.Number}") : null;
    }

    private Pointer PointerOf(string name)
    {
        var pointers = Ledger.Pointers(Environment);
        return pointers.Values.FirstOrDefault(p => p.Asset.Kind.IsRelation() && p.Asset.Name == name) ?? throw new EngineException(
            Project.Find(name) is not null
                ? $"'{name}' is not released in '{Environment}' yet: run 'millrace run' first."
                : $"There is no table '{name}' in '{Environment}'.{Suggestion.Sentence(name, Relations())} Tables are: {string.Join(", ", Relations().Order(StringComparer.Ordinal))}.")
            {
                IsMistake = Project.Find(name) is null,
            };

        IEnumerable<string> Relations() => pointers.Keys.Where(k => k.Kind.IsRelation()).Select(k => k.Name);
    }

    private static string KindOf(CompiledAsset? asset) => asset?.Table?.Kind.ToString().ToLowerInvariant() ?? asset?.Wanted.Key.Kind.Word() ?? "gone from the project";
}
