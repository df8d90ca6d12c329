using Millrace.Assets;
using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Checks;

/// <summary>Stage, check, commit: what warns is told, what blocks leaves nothing, what is set aside is set aside once and counted.</summary>
public sealed class WritePathTests
{
    [Fact]
    public void A_warning_is_told_and_the_rows_are_committed()
    {
        using var project = Checked("  - between: {column: amount, max: 5}\n    on_fail: warn").Orders("a.csv", "2026-01-01,1,9");
        var check = Assert.Single(Of(project.RunWell(), "orders").Checks, c => c.Id == "between(amount)");
        Assert.Equal((false, 1L, "warn"), (check.Passed, check.Failed, check.Effect));
        Assert.Equal(["9"], project.Rows("SELECT amount FROM orders"));
    }

    [Theory]
    [InlineData("  - not_null: id", "2026-01-01,,1")]
    [InlineData("  - between: {column: amount, max: 5}", "2026-01-01,1,9")]
    [InlineData("  - in_set: {column: id, values: [1, 2]}", "2026-01-01,3,1")]
    [InlineData("  - expression: amount > id", "2026-01-01,3,1")]
    [InlineData("  - unique: id", "2026-01-01,0,1")]
    [InlineData("  - row_count: {max: 1}", "2026-01-01,3,1")]
    public void A_block_leaves_what_stood_and_nothing_behind(string check, string line)
    {
        using var project = Checked(check + "\n  - between: {column: amount, min: 0}\n    name: is_positive\n    on_fail: quarantine").Orders("a.csv", "2026-01-01,0,1");
        if (check.Contains("in_set", StringComparison.Ordinal))
            project.Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var before = LakeFiles(project);
        var result = project.Orders("b.csv", line, "2026-01-02,7,-1").Run();

        var orders = Of(result, "orders");
        Assert.Equal(AssetOutcome.Blocked, orders.Outcome);
        Assert.Contains("sources/orders.yaml:", orders.Message);
        Assert.Equal((0, 0), (orders.Rows.Out, orders.Rows.Quarantined));
        Assert.Equal(before, LakeFiles(project));
        Assert.Equal(["1"], project.Rows("SELECT count(*) FROM orders"));
        Assert.Empty(project.Rows("SELECT * FROM orders__quarantine"));
    }

    [Fact]
    public void A_row_that_breaks_two_rules_goes_aside_once_under_the_first()
    {
        using var project = Checked("  - between: {column: amount, min: 0}\n    on_fail: quarantine\n  - not_null: id\n    on_fail: quarantine\n  - unique: amount\n    on_fail: quarantine")
            .Orders("a.csv", "2026-01-01,,-1", "2026-01-01,1,-1", "2026-01-02,2,5", "2026-01-03,,6", "2026-01-04,4,7", "2026-01-05,5,7");
        var rows = Of(project.RunWell(), "orders").Rows;
        Assert.Equal((6, 1, 5), (rows.In, rows.Out, rows.Quarantined));
        Assert.Equal(
            ["between(amount)|data/a.csv", "between(amount)|data/a.csv", "not_null(id)|data/a.csv", "unique(amount)|data/a.csv", "unique(amount)|data/a.csv"],
            project.Rows("SELECT check_id, source FROM orders__quarantine ORDER BY 1"));
        Assert.Equal(["""{"day":"2026-01-03","id":null,"amount":6}"""], project.Rows("SELECT \"row\" FROM orders__quarantine WHERE check_id = 'not_null(id)'"));
    }

    [Fact]
    public void A_copy_of_a_row_that_stands_goes_aside_and_the_one_that_stands_stays()
    {
        using var project = Checked("  - unique: id\n    on_fail: quarantine").Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var rows = Of(project.Orders("b.csv", "2026-01-01,1,2", "2026-01-02,2,2").RunWell(), "orders").Rows;
        Assert.Equal((2, 1, 1, 2), (rows.In, rows.Out, rows.Quarantined, rows.Total));
        Assert.Equal(["1|1", "2|2"], project.Rows("SELECT id, amount FROM orders ORDER BY id"));
    }

    [Fact]
    public void A_file_that_is_loaded_again_does_not_meet_its_own_earlier_rows()
    {
        using var project = Checked("  - unique: id").Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("a.csv", "2026-01-01,1,2").RunWell();
        Assert.Equal(["2"], project.Rows("SELECT amount FROM orders"));
    }

    [Fact]
    public void An_incremental_table_sets_rows_aside_and_keeps_its_other_days()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,-5")
            .WithDaily("checks:\n  - between: {column: amount, min: 0}\n    on_fail: quarantine\n  - unique: day\n    on_fail: quarantine");
        var rows = Of(project.RunWell(), "daily").Rows;
        Assert.Equal((2, 1, 1), (rows.In, rows.Out, rows.Quarantined));
        rows = Of(project.Orders("b.csv", "2026-01-02,3,6", "2026-01-03,4,4").RunWell(), "daily").Rows;
        Assert.Equal((2, 2, 0, 3), (rows.In, rows.Out, rows.Quarantined, rows.Total));
        Assert.Equal(["1", "1", "4"], project.Rows("SELECT amount FROM daily ORDER BY day"));
        Assert.Single(project.Rows("SELECT * FROM daily__quarantine"));
    }

    [Fact]
    public void A_blocking_check_sees_the_rows_that_remain_after_quarantine()
    {
        using var project = Checked("  - between: {column: amount, min: 0}\n    on_fail: quarantine\n  - unique: id\n  - row_count: {min: 2, max: 2}")
            .Orders("a.csv", "2026-01-01,1,-1", "2026-01-01,1,1", "2026-01-02,2,2");
        Assert.Equal(1, Of(project.RunWell(), "orders").Rows.Quarantined);
    }

    [Fact]
    public void The_quarantine_journal_grows_over_loads_and_survives_a_new_definition()
    {
        using var project = Checked("  - between: {column: amount, min: 0}\n    on_fail: quarantine").Orders("a.csv", "2026-01-01,1,-1", "2026-01-01,2,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-01,3,-3", "2026-01-01,4,1").RunWell();
        Assert.Equal(["-1", "-3"], project.Rows("SELECT json_extract_string(\"row\", 'amount') FROM orders__quarantine ORDER BY 1"));
        project.Write("sources/orders.yaml", File.ReadAllText(Path.Combine(project.Folder, "sources/orders.yaml")).Replace("min: 0", "min: -2", StringComparison.Ordinal)).RunWell();
        Assert.Equal(["-1", "1", "1"], project.Rows("SELECT amount FROM orders ORDER BY amount"));
        Assert.Equal(3, project.Rows("SELECT * FROM orders__quarantine").Count);
    }

    [Fact]
    public void A_check_on_lineage_that_fails_keeps_the_table_from_being_computed()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("t", "/*---\nchecks:\n  - not_derived_from: {sources: [orders.amount]}\n---*/\nSELECT id, amount * 2 AS twice FROM orders");
        var result = Of(project.Run(), "t");
        Assert.Equal(AssetOutcome.Held, result.Outcome);
        Assert.Contains("twice derives from it: t.twice <- orders.amount", result.Message);
    }

    [Fact]
    public void Checks_can_be_asked_again_of_what_is_released()
    {
        using var project = Checked("  - between: {column: amount, max: 5}\n    on_fail: warn\n  - unique: id").Orders("a.csv", "2026-01-01,1,9");
        project.RunWell();
        using var engine = project.Open();
        var report = Assert.Single(engine.Check(null));
        Assert.Equal(["between(amount) False", "unique(id) True"], report.Checks.Select(c => $"{c.Id} {c.Passed}"));
    }

    private static SampleProject Checked(string checks) => WithOrders("checks:\n" + checks);

    private static List<string> LakeFiles(SampleProject project) =>
        [.. Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace", "lake"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
