using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Registry;

namespace Millrace.Tests.Governance;

/// <summary>What gates say about a candidate.</summary>
public sealed class GateKeeperTests
{
    [Theory]
    [InlineData(31.2, false)]
    [InlineData(31.3, true)]
    [InlineData(31.4, true)]
    public void A_bound_is_inclusive(double max, bool passes) => Assert.Equal(passes, Ask(Bound(max: max)).Passed);

    [Fact]
    public void Better_than_the_baseline_counts_for_measures_in_both_directions()
    {
        Assert.True(Ask(Rival("mae", GateRival.Baseline, 0.1)).Passed);
        Assert.False(Ask(Rival("mae", GateRival.Baseline, 0.4)).Passed);
        Assert.True(Ask(Rival("r2", GateRival.Baseline, 0.5)).Passed);
        Assert.Equal("31.3 against 47 of rides_lag_168h", Ask(Rival("mae", GateRival.Baseline, 0)).Note);
    }

    [Fact]
    public void No_champion_passes_and_one_that_cannot_be_asked_does_not()
    {
        Assert.True(Ask(Rival("mae", GateRival.Champion, 0)).Passed);
        var record = GateKeeper.Ask([Rival("mae", GateRival.Champion, 0)], Evaluation(), "the champion predicts something else")[0];
        Assert.Equal((false, "the champion predicts something else"), (record.Passed, record.Note));
    }

    [Theory]
    [InlineData(30.0, 0, false)]
    [InlineData(31.3, 0, true)]
    [InlineData(30.0, 0.05, true)]
    public void Not_worse_than_the_champion_allows_what_the_tolerance_says(double champion, double tolerance, bool passes) =>
        Assert.Equal(passes, Ask(Rival("mae", GateRival.Champion, tolerance), Evaluation(champion)).Passed);

    [Fact]
    public void Too_few_rows_that_are_new_to_the_champion_do_not_pass() =>
        Assert.Contains("only 29 held-out rows", Ask(Rival("mae", GateRival.Champion, 0), Evaluation(40, rows: 29)).Note, StringComparison.Ordinal);

    [Fact]
    public void An_undefined_measure_does_not_pass() => Assert.False(Ask(Bound("mape", max: 1)).Passed);

    [Fact]
    public void A_slice_is_judged_by_each_of_its_values_with_enough_rows()
    {
        var gate = Bound(max: 35) with { Slice = "is_working_day", MinRows = 30 };
        var record = Ask(gate);
        Assert.Equal((false, "false: 38, true: 28.1"), (record.Passed, record.Note));
        Assert.True(Ask(gate with { MinRows = 300 }).Passed);
        Assert.Contains("no value of is_working_day has 1000 held-out rows", Ask(gate with { MinRows = 1000 }).Note, StringComparison.Ordinal);
    }

    private static CheckRecord Ask(Gate gate, EvaluationRecord? evaluation = null) => GateKeeper.Ask([gate], evaluation ?? Evaluation(), null)[0];

    private static Gate Bound(string metric = "mae", double? max = null) => new(metric, null, max, GateRival.None, 0, null, 30, 1);

    private static Gate Rival(string metric, GateRival rival, double margin) => new(metric, null, null, rival, margin, null, 30, 1);

    private static Dictionary<string, double?> Metrics(double mae, double r2) => new() { ["mae"] = mae, ["r2"] = r2, ["mape"] = null };

    private static EvaluationRecord Evaluation(double? champion = null, int rows = 672) => new(
        Metrics(31.3, 0.78),
        null,
        Metrics(47, 0.45),
        "rides_lag_168h",
        champion is { } mae ? new ChampionRecord(1, rows, Metrics(mae, 0.7), Metrics(31.3, 0.78)) : null,
        [new SliceRecord("is_working_day", "false", 216, Metrics(38, 0.6)), new SliceRecord("is_working_day", "true", 456, Metrics(28.1, 0.8))],
        0);
}
