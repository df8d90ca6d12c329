using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Project;

/// <summary>A rollback holds: what it took away does not come back by itself, and new data goes on from what stands.</summary>
public sealed class RollbackTests
{
    [Fact]
    public void Rolled_back_data_stays_away_and_new_data_comes_in()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.Rollback();
        Assert.Equal(["1"], project.Rows("SELECT amount FROM daily ORDER BY day"));

        var idle = project.RunWell();
        Assert.Equal("", Outcomes(idle));
        Assert.Contains("data/b.csv", Of(idle, "orders").Note);

        Assert.Equal("orders computed, daily computed 1", Outcomes(project.Orders("c.csv", "2026-01-03,3,4").RunWell()));
        Assert.Equal(["1", "4"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void Resume_takes_rolled_back_data_in_again()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.Rollback();
        project.Orders("c.csv", "2026-01-03,3,4").RunWell();
        using (var engine = project.Open())
            Assert.Equal(1, engine.Resume(null));

        project.RunWell();
        Assert.Equal(["1", "2", "4"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_file_rolled_back_in_its_changed_form_keeps_its_earlier_rows_when_others_come()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("a.csv", "2026-01-01,1,666").RunWell();
        project.Rollback();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();

        Assert.Equal(["1", "2"], project.Rows("SELECT amount FROM orders ORDER BY id"));
        Assert.Equal(["1", "2"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_file_rolled_back_in_its_changed_form_is_not_read_when_its_batch_is_loaded_again()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Orders("b.csv", "2026-01-02,2,2");
        project.RunWell();
        project.Orders("a.csv", "2026-01-01,1,666").RunWell();
        project.Rollback();
        var result = project.Orders("b.csv", "2026-01-02,2,3").Run();

        Assert.Equal(AssetOutcome.Failed, Of(result, "orders").Outcome);
        Assert.Contains("data/a.csv", Of(result, "orders").Message);
        Assert.Equal(["1", "2"], project.Rows("SELECT amount FROM orders ORDER BY id"));
    }

    [Fact]
    public void A_rolled_back_definition_stays_away_while_new_data_is_computed_as_released()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.WithDaily(sql: "SELECT day, sum(amount) * 100 AS amount, count(*) AS orders FROM orders WHERE day >= @start AND day < @end GROUP BY day").RunWell();
        Assert.Equal(["100"], project.Rows("SELECT amount FROM daily"));
        project.Rollback();

        var result = project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        Assert.Equal("orders computed, daily computed 1", Outcomes(result));
        Assert.Contains("rolled the changed definition back", Of(result, "daily").Note);
        Assert.Equal(["1", "2"], project.Rows("SELECT amount FROM daily ORDER BY day"));

        project.WithDaily(sql: "SELECT day, sum(amount) * 10 AS amount, count(*) AS orders FROM orders WHERE day >= @start AND day < @end GROUP BY day").RunWell();
        Assert.Equal(["10", "20"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_new_asset_that_was_rolled_back_is_held_until_it_changes()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Table("extra", "SELECT 1 AS x FROM orders").RunWell();
        project.Rollback();

        var result = project.Run();
        Assert.Equal("extra held", Outcomes(result));
        Assert.Contains("rolled its definition back", Of(result, "extra").Message);
        Assert.Equal("extra computed", Outcomes(project.Table("extra", "SELECT 2 AS x FROM orders").RunWell()));
    }

    [Fact]
    public void A_rolled_back_renaming_holds_and_runs_go_on()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("old", "SELECT id FROM orders").Table("child", "SELECT count(*) AS n FROM old");
        project.RunWell();
        project.Delete("tables/old.sql").Table("new", "SELECT id FROM orders").Table("child", "SELECT count(*) + 100 AS n FROM new").RunWell();
        project.Rollback();
        Assert.Equal(["1"], project.Rows("SELECT n FROM child"));

        project.Orders("b.csv", "2026-01-02,2,2").Run();
        Assert.Equal(["2"], project.Rows("SELECT n FROM child"));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM old"));
    }

    [Fact]
    public void A_rolled_back_removal_holds()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("leaf", "SELECT id FROM orders");
        project.RunWell();
        project.Delete("tables/leaf.sql").RunWell();
        project.Rollback();
        Assert.Equal("orders computed, leaf computed", Outcomes(project.Orders("b.csv", "2026-01-02,2,2").RunWell()));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM leaf"));

        using (var engine = project.Open())
            engine.Resume("leaf");
        Assert.Equal("leaf removed", Outcomes(project.RunWell()));
    }

    [Fact]
    public void The_release_before_the_one_that_stands_is_what_stood_before_it()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.Rollback();
        project.Orders("c.csv", "2026-01-03,3,3").RunWell();
        project.Rollback();
        Assert.Equal(["1"], project.Rows("SELECT id FROM orders ORDER BY id"));

        Assert.Throws<EngineException>(() => project.Rollback());
    }

    [Fact]
    public void Two_rollbacks_in_a_row_go_two_releases_back()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.Orders("c.csv", "2026-01-03,3,3").RunWell();
        project.Rollback();
        project.Rollback();
        Assert.Equal(["1"], project.Rows("SELECT id FROM orders ORDER BY id"));
    }

    [Fact]
    public void Going_forward_to_a_release_that_was_rolled_back_makes_it_stand()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.WithDaily(sql: "SELECT day, sum(amount) * 100 AS amount, count(*) AS orders FROM orders WHERE day >= @start AND day < @end GROUP BY day")
            .Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.Rollback();
        project.Rollback(to: 2);

        Assert.Equal("", Outcomes(project.RunWell()));
        project.Orders("c.csv", "2026-01-03,3,3").RunWell();
        Assert.Equal(["100", "200", "300"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_rollback_holds_in_its_environment_only()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.RunWell(environment: "dev");
        project.Rollback();
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM orders", "dev"));
        Assert.Equal("", Outcomes(project.RunWell(environment: "dev")));
    }

    [Fact]
    public void Rolled_back_data_of_a_full_table_is_not_taken_over_from_another_environment()
    {
        using var project = WithOrders().Table("total", "SELECT sum(amount) AS amount FROM orders").Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell();
        project.RunWell(environment: "dev");
        project.Rollback();
        project.RunWell();
        Assert.Equal(["1"], project.Rows("SELECT amount FROM total"));
    }
}
