using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Project;

/// <summary>Rows that stand stay, whatever happens to the files that they came from; and nothing is kept back in silence.</summary>
public sealed class NothingLostTests
{
    private const string Stricter = "checks:\n  - between: {column: amount, min: 1}\n    on_fail: quarantine";

    [Fact]
    public void A_changed_contract_is_held_back_when_a_loaded_file_is_gone()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,10").Orders("b.csv", "2026-01-02,2,20");
        project.RunWell();
        var held = project.Delete("data/a.csv").Write("sources/orders.yaml", SourceText(Stricter)).Run();

        Assert.Equal("orders held, daily held", Outcomes(held));
        Assert.Contains("data/a.csv is not there as released", Of(held, "orders").Message);
        Assert.Equal(["10", "20"], project.Rows("SELECT amount FROM orders ORDER BY id"));

        project.Orders("a.csv", "2026-01-01,1,10").RunWell();
        Assert.Equal(["10", "20"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_changed_contract_is_held_back_when_a_rollback_keeps_a_file_out()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        project.Orders("a.csv", "2026-01-01,1,666").RunWell();
        project.Rollback();
        var held = project.Write("sources/orders.yaml", SourceText(Stricter)).Orders("b.csv", "2026-01-02,2,20").Run();

        Assert.Equal("orders held", Outcomes(held));
        Assert.Equal(["10"], project.Rows("SELECT amount FROM orders ORDER BY id"));
    }

    [Fact]
    public void A_renamed_file_is_not_loaded_again()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        project.Delete("data/a.csv").Orders("january.csv", "2026-01-01,1,10");

        Assert.Equal("", Outcomes(project.RunWell()));
        Assert.Equal(["1"], project.Rows("SELECT count(*) FROM orders"));
    }

    [Fact]
    public void Two_files_with_the_same_bytes_are_pointed_out()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10").Orders("b.csv", "2026-01-01,1,10");
        Assert.Contains("data/a.csv and data/b.csv hold the same bytes", Of(project.RunWell(), "orders").Note);
    }

    [Fact]
    public void A_table_that_alone_was_rolled_back_is_not_made_again_from_the_same_inputs()
    {
        using var project = WithOrders().WithDaily("checks:\n  - between: {column: amount, max: 15}").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();

        // Release 2 moves only the source, since the table's check blocks; release 3 moves only the table.
        project.Orders("b.csv", "2026-01-02,2,20").Run();
        project.WithDaily("checks:\n  - between: {column: amount, max: 99}").RunWell();
        Assert.Equal(["10", "20"], project.Rows("SELECT amount FROM daily ORDER BY day"));
        project.Rollback();

        var idle = project.RunWell();
        Assert.Equal("", Outcomes(idle));
        Assert.Contains("rolled back what it makes of its inputs", Of(idle, "daily").Note);
        Assert.Equal(["10"], project.Rows("SELECT amount FROM daily ORDER BY day"));

        project.Orders("c.csv", "2026-01-03,3,30").RunWell();
        Assert.Equal(["10", "20", "30"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void What_a_rollback_took_away_is_no_failure_of_later_runs_and_is_told()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        project.Table("sums", "SELECT sum(amount) AS amount FROM orders").RunWell();
        project.Rollback();

        var idle = project.RunWell();
        Assert.Equal(AssetOutcome.Held, Of(idle, "sums").Outcome);
        Assert.Contains("rolled", Of(idle, "sums").Message);
    }

    [Fact]
    public void A_comment_does_not_silence_that_a_changed_definition_was_rolled_back()
    {
        using var project = WithOrders().Table("sums", "SELECT sum(amount) AS amount FROM orders").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        project.Table("sums", "SELECT 2 * sum(amount) AS amount FROM orders").RunWell();
        project.Rollback();
        project.Table("sums", "-- hello\nSELECT 2 * sum(amount) AS amount FROM orders");

        Assert.Contains("rolled this build back", Of(project.RunWell(), "sums").Note);
        Assert.Equal(["10"], project.Rows("SELECT amount FROM sums"));
    }

    [Fact]
    public void SQL_that_goes_back_from_the_start_has_to_say_how_far()
    {
        const string Sql = "SELECT day, sum(amount) AS amount FROM orders WHERE day >= @start - INTERVAL 1 DAY AND day < @end GROUP BY day";
        using var project = WithOrders().WithDaily(sql: Sql);
        var problem = Assert.Single(project.Problems());
        Assert.Equal(("missing-reads-back", "tables/daily.sql", 6), (problem.Code, problem.File, problem.Line));
    }

    private static string SourceText(string more)
    {
        using var project = WithOrders(more);
        return File.ReadAllText(Path.Combine(project.Folder, "sources/orders.yaml"));
    }
}
