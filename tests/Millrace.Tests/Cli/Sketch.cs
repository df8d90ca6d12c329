using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;
using Millrace.Runs;

namespace Millrace.Tests.Cli;

/// <summary>Plans and results of a small project as values: <c>rides</c> is a source, <c>report</c> a view, else tables by day.</summary>
internal static class Sketch
{
    public static readonly DateTimeOffset Now = new(2012, 2, 1, 6, 30, 0, TimeSpan.Zero);

    public static AssetKey Key(string name) => new(name == "rides" ? AssetKind.Source : AssetKind.Table, name);

    public static AssetVersion Version(string name, long number) => new(new Build(Key(name), Fingerprint.Of(name)), number);

    public static Decision Decide(string name, PlanAction action, string reason) => new()
    {
        Asset = Key(name), Action = action, Reason = reason, After = new AssetState(Fingerprint.Of(name), [], Version(name, 1), true),
    };

    public static Plan Plan(params Decision[] decisions)
    {
        var wanted = decisions.Where(d => d.Action != PlanAction.Remove).ToDictionary(d => d.Asset, d => Wanted(d.Asset));
        Graph.TryCreate(wanted.Keys.ToDictionary(k => k, _ => (IReadOnlyList<AssetKey>)[]), out var graph, out _);
        return new Plan("prod", null, decisions, new WantedGraph(graph, wanted));
    }

    public static AssetResult Result(string name, AssetOutcome outcome, string reason = "new") =>
        new(Key(name), outcome, reason, null, null, new RowCounts(0, 0, 0, 0), [], null, TimeSpan.Zero);

    public static CheckRecord Check(string id, string effect = "block", long failed = 0, string note = "") =>
        new(id, effect, failed == 0, failed, note);

    public static RunResult Run(RunState state, ReleaseRecord? release, params AssetResult[] assets) => new(
        new RunRecord("run-7-4f2a91c0", 7, "prod", RunState.Running, Now, null, "", null, null), state, release, assets,
        Plan([.. assets.Select(a => Decide(a.Asset.Name, ActionOf(a.Outcome), a.Reason))]), []);

    public static ReleaseRecord Release(params Move[] moves) =>
        new(3, "prod", Now.AddMinutes(-5), ReleaseKind.Run, "run-7-4f2a91c0", null, null, moves);

    public static Move Move(string name, long? from, long? to) => new(Key(name), At(name, from), At(name, to));

    private static PlanAction ActionOf(AssetOutcome outcome) => outcome == AssetOutcome.Removed ? PlanAction.Remove : PlanAction.Compute;

    private static Pointer? At(string name, long? version) =>
        version is { } number ? new Pointer(Key(name), Version(name, number), "") : null;

    private static WantedAsset Wanted(AssetKey key) => new()
    {
        Build = new Build(key, Fingerprint.Of(key.Name)),
        TaskKind = key.Name switch { "rides" => "load", "report" => null, _ => "table" },
        Definition = StoredDefinition.Of($"tables/{key.Name}.sql", ""),
        Schema = new Schema([]),
        Files = key.Name == "rides" ? [] : null,
        Incremental = key.Name is "rides" or "report" ? null : new IncrementalKind(IntervalUnit.Day),
    };
}
