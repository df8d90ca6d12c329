using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Tests.Plans;

/// <summary>A wanted graph and a standing made of values: no file, no database.</summary>
internal sealed class PlanModel
{
    private readonly Dictionary<AssetKey, WantedAsset> _assets = [];
    private readonly Dictionary<AssetKey, Pointer> _pointers = [];
    private readonly List<VersionRecord> _versions = [];

    public static AssetKey Source(string name) => new(AssetKind.Source, name);

    public static AssetKey Table(string name) => new(AssetKind.Table, name);

    public static DateTimeOffset Day(int day) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day - 1);

    /// <summary>Days of January 2026, such as <c>Days(1, 2, 5)</c>.</summary>
    public static IntervalSet Days(params IEnumerable<int> days) => IntervalSet.Of(days.Select(d => new Interval(Day(d), Day(d + 1))));

    public static SourceFile File(string path, string hash, string batch = "") => new(path, hash, 1, batch);

    public PlanModel WithSource(string name, string[] files, bool hasTime = true, string build = "1") => With(new WantedAsset
    {
        Build = BuildOf(Source(name), build), TaskKind = "load", Definition = StoredDefinition.Of("sources/" + name, build), Schema = new Schema([]),
        TimeColumn = hasTime ? "day" : null, Files = [.. files.Select(f => File(f, "hash of " + f))],
    });

    public PlanModel WithTable(
        string name, string[] parents, IncrementalKind? incremental = null, bool isView = false, bool hasTime = false, string build = "1", bool readsAsOf = false,
        string? obstacle = null, string? definition = null) => With(new WantedAsset
        {
            Build = BuildOf(Table(name), build), TaskKind = isView ? null : "table", Definition = StoredDefinition.Of("tables/" + name, definition ?? build),
            Schema = new Schema([]), Parents = [.. parents.Select(p => _assets.Keys.Single(k => k.Name == p))],
            Incremental = incremental, TimeColumn = incremental is not null || hasTime ? "day" : null, ReadsAsOf = readsAsOf, Obstacle = obstacle,
        });

    /// <summary>A model over a table, and the endpoint of the same name that serves it.</summary>
    public PlanModel WithModel(string name, string data, string build = "1", string gates = "1", string? request = null)
    {
        var model = new AssetKey(AssetKind.Model, name);
        With(new WantedAsset
        {
            Build = BuildOf(model, build), TaskKind = "model", Definition = StoredDefinition.Of("models/" + name, build), Schema = new Schema([]),
            Parents = [Table(data)], Trained = new TrainedKind(Fingerprint.Of(gates), request),
        });
        return With(new WantedAsset
        {
            Build = BuildOf(new AssetKey(AssetKind.Endpoint, name), "1"), TaskKind = null, Definition = StoredDefinition.Of("endpoints/" + name, "1"),
            Schema = new Schema([]), Parents = [model],
        });
    }

    /// <summary>Lets the gates refuse a version: no pointer stays at it.</summary>
    public void Refuse(VersionRecord version, VersionRecord? back)
    {
        _versions[_versions.IndexOf(version)] = version with { Checks = [new CheckRecord("mae at most 1", "block", false, 0, "2")] };
        if (back is null)
            _pointers.Remove(version.Id.Asset);
        else
            Point(back);
    }

    public PlanModel With(WantedAsset asset)
    {
        _assets[asset.Key] = asset;
        return this;
    }

    public PlanModel Without(string name)
    {
        _assets.Remove(_assets.Keys.Single(k => k.Name == name));
        return this;
    }

    public WantedAsset this[string name] => _assets.Values.Single(a => a.Key.Name == name);

    /// <summary>Does what a run would do with the plan: every decision becomes a version that touches what was asked, and the pointers move.</summary>
    /// <param name="touched">What a source's load touches.</param>
    /// <param name="moves">False leaves the pointers, as a run does that died before its release.</param>
    public Dictionary<string, Decision> Apply(IntervalSet? touched = null, DateTimeOffset? asOf = null, bool moves = true, Func<string, bool>? isSelected = null)
    {
        var planner = PlannerOf(asOf);
        var states = new Dictionary<AssetKey, AssetState>();
        var decisions = new Dictionary<string, Decision>();
        foreach (var key in planner.Wanted.Graph.Order)
        {
            var asset = _assets[key];
            var decision = planner.DecideIn(key, states, isSelected?.Invoke(key.Name) ?? true);
            decisions[key.Kind == AssetKind.Endpoint ? key.ToString() : key.Name] = decision;
            states[key] = decision.After;
            if (decision.Action == PlanAction.Compute)
            {
                var version = Made(asset, decision, states, touched);
                _versions.Add(version);
                states[key] = Planner.StateOf(asset, version);
            }

            if (moves && states[key] is { IsHeld: false, Version: { } now })
                _pointers[key] = new Pointer(key, now, asset.Definition.Hash);
        }

        foreach (var gone in planner.Plan(k => isSelected?.Invoke(k.Name) ?? true).Decisions.Where(d => d.Action == PlanAction.Remove))
            _pointers.Remove(gone.Asset);
        return decisions;
    }

    public Plan Plan(DateTimeOffset? asOf = null, Func<string, bool>? isSelected = null) => PlannerOf(asOf).Plan(k => isSelected?.Invoke(k.Name) ?? true);

    public Decision Decide(string name, DateTimeOffset? asOf = null) => Plan(asOf).Decisions.Single(d => d.Asset.Name == name && d.Asset.Kind != AssetKind.Endpoint);

    public VersionRecord Standing(string name) => _versions.Single(v => v.Id == _pointers.Values.Single(p => p.Asset.Name == name && p.Asset.Kind != AssetKind.Endpoint).Version);

    public IReadOnlyList<VersionRecord> Versions(string name) => [.. _versions.Where(v => v.Id.Asset.Name == name)];

    /// <summary>Puts pointers where they were, as a rollback does.</summary>
    public void Point(params VersionRecord[] versions)
    {
        foreach (var version in versions)
            _pointers[version.Id.Asset] = new Pointer(version.Id.Asset, version.Id, _assets[version.Id.Asset].Definition.Hash);
    }

    /// <summary>Another environment over the same versions.</summary>
    public PlanModel Forget()
    {
        _pointers.Clear();
        return this;
    }

    /// <summary>Leaves part of a version to be computed, as a run does whose later batch failed.</summary>
    public void Leave(VersionRecord version, IntervalSet pending) =>
        _versions[_versions.IndexOf(version)] = version with { Pending = pending, Touched = version.Touched.Except(pending) };

    private static Build BuildOf(AssetKey key, string build) => new(key, Fingerprint.Of(key.ToString(), build));

    private Planner PlannerOf(DateTimeOffset? asOf)
    {
        var parents = _assets.ToDictionary(a => a.Key, a => a.Value.Parents);
        Assert.True(Graph.TryCreate(parents, out var graph, out _));
        var standing = new Standing(
            "prod", new Dictionary<AssetKey, Pointer>(_pointers), b => [.. _versions.Where(v => v.Id.Build == b)], id => _versions.Find(v => v.Id == id));
        return new Planner(new WantedGraph(graph, new Dictionary<AssetKey, WantedAsset>(_assets)), standing, asOf, Day(20).AddHours(5));
    }

    private VersionRecord Made(WantedAsset asset, Decision decision, Dictionary<AssetKey, AssetState> states, IntervalSet? touched)
    {
        var number = _versions.Count(v => v.Id.Build == asset.Build);
        var held = decision.Base is null ? [] : Chain(decision.Base).SelectMany(v => v.Files).Select(f => (f.Path, f.Hash)).ToHashSet();
        return new VersionRecord
        {
            Id = new AssetVersion(asset.Build, number), Task = $"task {_versions.Count}", Fence = 1, Base = decision.Base?.Id.Number,
            Touched = asset.Files is not null ? (asset.TimeColumn is null ? IntervalSet.All : touched ?? Days(1)) : asset.Incremental is null ? IntervalSet.All : decision.Intervals!,
            Pending = decision.Deferred, Origin = decision.After.Origin,
            Inputs = [.. asset.Parents.SelectMany(p => states[p].Stored).Distinct()],
            Files = [.. (asset.Files ?? []).Where(f => !held.Contains((f.Path, f.Hash)))],
            Makers = asset.Trained is { } trained ? new Dictionary<string, string> { [TrainedKind.GatesMaker] = trained.Gates.Text } : new Dictionary<string, string>(),
        };
    }

    private IEnumerable<VersionRecord> Chain(VersionRecord version)
    {
        for (var at = version; at is not null; at = _versions.Find(v => v.Id.Build == at.Id.Build && v.Id.Number == at.Base))
            yield return at;
    }
}
