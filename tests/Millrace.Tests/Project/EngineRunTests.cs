using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Project;

/// <summary>Runs of whole small projects: what is computed, what is not, and which rows stand afterwards.</summary>
public sealed class EngineRunTests
{
    [Fact]
    public void A_second_run_does_nothing_and_opens_no_run()
    {
        using var project = WithOrders().WithDaily().Table("total", "SELECT sum(amount) AS amount FROM daily").Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20");
        Assert.Equal("orders computed, daily computed 2, total computed", Outcomes(project.RunWell()));

        var again = project.RunWell();
        Assert.Null(again.Run);
        Assert.Equal("", Outcomes(again));
        Assert.Equal(["30"], project.Rows("SELECT amount FROM total"));
    }

    [Fact]
    public void Late_rows_recompute_their_days_and_no_others()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20", "2026-01-05,3,30");
        project.RunWell();
        var result = project.Orders("b.csv", "2026-01-02,4,5", "2026-01-06,5,7").RunWell();

        Assert.Equal("orders computed, daily computed 2", Outcomes(result));
        Assert.Equal(["2026-01-01|10", "2026-01-02|25", "2026-01-05|30", "2026-01-06|7"], project.Rows("SELECT day, amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_changed_file_takes_its_old_rows_away_also_in_children()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,10", "2026-01-03,2,20").Orders("b.csv", "2026-01-02,9,9");
        project.RunWell();
        project.Orders("a.csv", "2026-01-04,1,11").RunWell();

        Assert.Equal(["2026-01-02|9", "2026-01-04|11"], project.Rows("SELECT day, amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_file_that_is_gone_keeps_its_rows()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10").Orders("b.csv", "2026-01-02,2,20");
        project.RunWell();
        var result = project.Delete("data/a.csv").Orders("c.csv", "2026-01-03,3,30").RunWell();

        Assert.Equal(1, Of(result, "orders").Rows.In);
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT id FROM orders ORDER BY id"));
    }

    [Fact]
    public void A_file_that_changed_together_with_a_batch_that_is_gone_names_both()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10").Orders("b.csv", "2026-01-02,2,20");
        project.RunWell();
        var result = project.Delete("data/a.csv").Orders("b.csv", "2026-01-02,2,21").Run();

        Assert.Equal(AssetOutcome.Failed, Of(result, "orders").Outcome);
        Assert.Contains("data/b.csv changed", Of(result, "orders").Message);
        Assert.Contains("data/a.csv", Of(result, "orders").Message);
        Assert.Equal(["10", "20"], project.Rows("SELECT amount FROM orders ORDER BY id"));
    }

    [Fact]
    public void A_file_that_changes_between_the_plan_and_the_load_is_not_loaded()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1");
        using (var engine = project.Open(observe: moment =>
        {
            if (moment.Phase == "decided")
                project.Orders("a.csv", "2026-01-01,1,2");
        }))
        {
            var result = engine.Run(new RunRequest(), CancellationToken.None);
            Assert.Equal(AssetOutcome.Failed, Of(result, "orders").Outcome);
            Assert.Contains("data/a.csv changed", Of(result, "orders").Message);
        }

        project.RunWell();
        Assert.Equal(["2"], project.Rows("SELECT amount FROM orders"));
    }

    [Fact]
    public void A_view_hands_on_time_and_is_read_as_of_the_release()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,-20")
            .Write("tables/paid.sql", "/*---\nkind: view\ntime_column: day\n---*/\nSELECT * FROM orders WHERE amount > 0")
            .WithDaily(sql: "SELECT day, sum(amount) AS amount FROM paid WHERE day >= @start AND day < @end GROUP BY day");
        project.RunWell();
        var result = project.Orders("b.csv", "2026-01-05,3,1").RunWell();

        Assert.Equal("orders computed, daily computed 1", Outcomes(result));
        Assert.Equal(["2026-01-01|10", "2026-01-05|1"], project.Rows("SELECT day, amount FROM daily ORDER BY day"));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM paid"));
    }

    [Fact]
    public void A_view_without_time_touches_all()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,20")
            .Table("paid", "/*---\nkind: view\n---*/\nSELECT * FROM orders WHERE amount > 0")
            .WithDaily("start: 2026-01-01", "SELECT day, sum(amount) AS amount FROM paid WHERE day >= @start AND day < @end GROUP BY day");
        project.RunWell();
        Assert.Equal("orders computed, daily computed 3", Outcomes(project.Orders("b.csv", "2026-01-03,3,1").RunWell()));
    }

    [Fact]
    public void Reads_back_recomputes_the_days_after_a_late_row()
    {
        using var project = WithOrders().Orders("a.csv", [.. Enumerable.Range(1, 9).Select(d => $"2026-01-0{d},{d},1")])
            .WithDaily("reads_back: 2", "SELECT d.day, (SELECT sum(amount) FROM orders o WHERE o.day > d.day - 3 AND o.day <= d.day) AS amount FROM (SELECT DISTINCT day FROM orders) d WHERE d.day >= @start AND d.day < @end");
        project.RunWell();
        var result = project.Orders("b.csv", "2026-01-04,90,100").RunWell();

        Assert.Equal("orders computed, daily computed 3", Outcomes(result));
        Assert.Equal(["3", "103", "103", "103", "3"], project.Rows("SELECT amount FROM daily WHERE day BETWEEN '2026-01-03' AND '2026-01-07' ORDER BY day"));
    }

    [Fact]
    public void Rows_outside_of_the_interval_are_refused()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10")
            .WithDaily(sql: "SELECT day + 1 AS day, amount FROM orders WHERE day >= @start AND day < @end");
        var result = project.Run();

        Assert.Equal("orders computed, daily blocked 0", Outcomes(result));
        Assert.Contains("inside_interval", Of(result, "daily").Message);
        Assert.Equal(["orders"], project.Open().Use(e => e.Ledger.Pointers("prod").Keys.Select(k => k.Name)));
    }

    [Fact]
    public void A_row_without_time_is_refused_in_an_incremental_table()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10")
            .WithDaily(sql: "SELECT CASE WHEN id = 1 THEN NULL ELSE day END AS day, amount FROM orders WHERE day >= @start AND day < @end");
        Assert.Equal(AssetOutcome.Blocked, Of(project.Run(), "daily").Outcome);
    }

    [Fact]
    public void A_failing_middle_batch_leaves_the_rest_and_the_next_run_goes_on_there()
    {
        using var project = WithOrders().Orders("a.csv", [.. Enumerable.Range(1, 6).Select(d => $"2026-01-0{d},{d},{(d == 3 ? 0 : 1)}")])
            .WithDaily("batch: 1\nchecks: [{between: {column: amount, min: 1}}]", "SELECT day, sum(amount) AS amount FROM orders WHERE day >= @start AND day < @end GROUP BY day");
        var first = project.Run();
        Assert.Equal("orders computed, daily blocked 2", Outcomes(first));
        Assert.Equal(RunState.Failed, first.State);

        var second = project.Orders("b.csv", "2026-01-03,9,5").RunWell();
        Assert.Equal("orders computed, daily computed 4", Outcomes(second));
        Assert.Equal(["1", "1", "5", "1", "1", "1"], project.Rows("SELECT amount FROM daily ORDER BY day"));
        Assert.Equal("", Outcomes(project.RunWell()));
    }

    [Fact]
    public void As_of_leaves_later_days_for_a_later_run()
    {
        using var project = WithOrders().WithDaily().Table("total", "SELECT sum(amount) AS amount FROM daily")
            .Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,2", "2026-01-03,3,4");
        Assert.Equal("orders computed, daily computed 2, total computed", Outcomes(project.RunWell(asOf: "2026-01-03")));
        Assert.Equal(["3"], project.Rows("SELECT amount FROM total"));
        Assert.Equal("", Outcomes(project.RunWell(asOf: "2026-01-03")));

        Assert.Equal("daily computed 1, total computed", Outcomes(project.RunWell()));
        Assert.Equal(["7"], project.Rows("SELECT amount FROM total"));
    }

    [Fact]
    public void A_changed_comment_computes_nothing()
    {
        using var project = WithOrders().WithDaily().Table("total", "SELECT sum(amount) AS amount FROM daily").Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        Assert.Equal("", Outcomes(project.Table("total", "-- All of it.\nSELECT  sum( amount ) AS amount FROM daily").RunWell()));
    }

    [Fact]
    public void A_changed_column_that_a_child_does_not_read_leaves_the_child()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,3")
            .Table("wide", "SELECT id, amount, amount * 2 AS twice FROM orders")
            .Table("narrow", "SELECT sum(amount) AS amount FROM wide").Table("double", "SELECT sum(twice) AS twice FROM wide");
        project.RunWell();
        var result = project.Table("wide", "SELECT id, amount, amount * 3 AS twice FROM orders").RunWell();

        Assert.Equal("wide computed, double computed", Outcomes(result));
        Assert.Equal(["4|12"], project.Rows("SELECT amount, twice FROM narrow, double"));
    }

    [Fact]
    public void A_child_of_a_table_rebuilt_for_another_column_still_sees_later_rows()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1")
            .WithDaily(sql: "SELECT day, sum(amount) AS amount, 1 AS unused FROM orders WHERE day >= @start AND day < @end GROUP BY day")
            .Write("tables/copy.sql", "/*---\nkind: incremental\ntime_column: day\n---*/\nSELECT day, amount FROM daily WHERE day >= @start AND day < @end");
        project.RunWell();
        project.WithDaily(sql: "SELECT day, sum(amount) AS amount, 2 AS unused FROM orders WHERE day >= @start AND day < @end GROUP BY day");
        Assert.Equal("daily computed 1", Outcomes(project.RunWell()));

        project.Orders("b.csv", "2026-01-01,2,10", "2026-01-02,3,20").RunWell();
        Assert.Equal(["2026-01-01|11", "2026-01-02|20"], project.Rows("SELECT * FROM copy ORDER BY day"));
    }

    [Fact]
    public void A_changed_row_set_recomputes_children_whatever_they_read()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,3")
            .Table("few", "SELECT id FROM orders WHERE amount > 0").Table("n", "SELECT count(*) AS n FROM few");
        project.RunWell();
        Assert.Equal("few computed, n computed", Outcomes(project.Table("few", "SELECT id FROM orders WHERE amount > 1").RunWell()));
        Assert.Equal(["1"], project.Rows("SELECT n FROM n"));
    }

    [Fact]
    public void A_removed_asset_loses_its_pointer_and_a_renamed_one_is_a_new_asset()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("a", "SELECT id FROM orders").Table("b", "SELECT id FROM orders");
        project.RunWell();
        var result = project.Delete("tables/a.sql").Delete("tables/b.sql").Table("c", "SELECT id FROM orders").RunWell();

        Assert.Equal("c computed, a removed, b removed", Outcomes(result));
        Assert.Throws<EngineException>(() => project.Rows("SELECT * FROM a"));
        Assert.Equal("", Outcomes(project.RunWell()));
    }

    [Fact]
    public void A_changed_variable_recomputes_what_reads_it()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1", "2026-01-02,2,3")
            .Write("millrace.yaml", "name: sample\nvariables: {least: 2}\n")
            .Table("big", "SELECT id FROM orders WHERE amount >= @least").Table("all_of_it", "SELECT id FROM orders");
        project.RunWell();
        Assert.Equal("big computed", Outcomes(project.Write("millrace.yaml", "name: sample\nvariables: {least: 1}\n").RunWell()));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM big"));
    }

    [Fact]
    public void A_variable_that_looks_like_a_number_with_zeros_before_it_is_a_text()
    {
        using var project = new SampleProject().Write("millrace.yaml", "name: sample\nvariables: {zip: \"01234\", word: infinity}\n")
            .Table("hits", "SELECT zip FROM (VALUES ('01234'), ('1234'), ('infinity')) v(zip) WHERE zip = @zip OR zip = @word");
        project.RunWell();
        Assert.Equal(["01234", "infinity"], project.Rows("SELECT zip FROM hits ORDER BY zip"));
    }

    [Fact]
    public void A_table_that_reads_as_of_follows_the_day_and_only_the_day()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("age", "SELECT date_diff('day', day, @as_of::DATE) AS days FROM orders");
        project.RunWell();
        Assert.Equal("", Outcomes(project.RunWell()));
        project.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal("age computed", Outcomes(project.RunWell()));
        Assert.Equal(["3"], project.Rows("SELECT days FROM age"));
    }

    [Fact]
    public void Another_environment_points_at_what_prod_computed()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        Assert.Equal("orders pointed, daily pointed", Outcomes(project.RunWell(environment: "dev")));
        Assert.Equal(["2026-01-01|1|1"], project.Rows("SELECT * FROM daily", "dev"));
    }

    [Fact]
    public void New_rows_in_dev_do_not_show_in_prod_and_prod_then_takes_them_over()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        project.Orders("b.csv", "2026-01-02,2,2").RunWell(environment: "dev");
        Assert.Equal(["1"], project.Rows("SELECT count(*) FROM daily"));
        Assert.Equal("orders pointed, daily pointed", Outcomes(project.RunWell()));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM daily"));
    }

    [Fact]
    public void Select_moves_the_named_asset_only_and_plus_takes_its_kin()
    {
        using var project = WithOrders().WithDaily().Table("total", "SELECT sum(amount) AS amount FROM daily").Orders("a.csv", "2026-01-01,1,1");
        Assert.Equal("orders computed, daily computed 1", Outcomes(project.RunWell("+daily")));
        Assert.Equal("total computed", Outcomes(project.RunWell("total")));

        project.Orders("b.csv", "2026-01-02,2,2");
        Assert.Equal("orders computed", Outcomes(project.RunWell("orders")));
        Assert.Equal(["1"], project.Rows("SELECT amount FROM total"));
        Assert.Equal("daily computed 1, total computed", Outcomes(project.RunWell("daily+")));
        Assert.Equal(["3"], project.Rows("SELECT amount FROM total"));
    }

    [Fact]
    public void Select_of_a_child_whose_parent_was_never_run_says_so()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        var result = project.Run("daily");
        Assert.Equal("daily held", Outcomes(result));
        Assert.Contains("orders has no version to read", Of(result, "daily").Message);
    }

    [Fact]
    public void Select_keeps_a_released_definition_whose_parent_the_project_dropped()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("old", "SELECT id FROM orders").Table("child", "SELECT count(*) AS n FROM old");
        project.RunWell();
        project.Delete("tables/old.sql").Table("new", "SELECT id FROM orders").Table("child", "SELECT count(*) + 100 AS n FROM new");

        Assert.Equal("new computed", Outcomes(project.RunWell("new")));
        Assert.Equal(["1"], project.Rows("SELECT n FROM child"));
        Assert.Equal("child computed, old removed", Outcomes(project.RunWell()));
        Assert.Equal(["101"], project.Rows("SELECT n FROM child"));
    }

    [Fact]
    public void A_protected_environment_takes_changed_definitions_only_by_their_plan()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1")
            .Write("millrace.yaml", "name: sample\nenvironments: [{name: prod, protected: true}, {name: dev}]\n");
        var refused = Assert.Throws<EngineException>(() => project.Run());
        Assert.Contains("protected", refused.Message);
        foreach (var guess in new[] { "", "0", "00000000" })
            Assert.Throws<EngineException>(() => project.Run(plan: guess));

        string hash;
        using (var engine = project.Open())
            hash = engine.Plan(new RunRequest()).Hash.Text;
        Assert.Throws<EngineException>(() => project.Run(plan: hash[..1]));
        Assert.Equal("orders computed", Outcomes(project.RunWell(plan: hash[..8])));
        Assert.Equal("orders computed", Outcomes(project.Orders("b.csv", "2026-01-02,2,2").RunWell()));
    }

    [Fact]
    public void A_second_engine_waits_for_the_home_and_names_who_holds_it()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        using var waited = new ManualResetEventSlim();
        string? owner = null;
        RunResult? second = null;
        Thread? other = null;
        using var first = project.Open(observe: moment =>
        {
            if (moment.Phase != "releasing")
                return;
            other = new Thread(() =>
            {
                using var engine = project.Open(waiting: name =>
                {
                    owner = name;
                    waited.Set();
                });
                second = engine.Run(new RunRequest(), CancellationToken.None);
            });
            other.Start();
            Assert.True(waited.Wait(TimeSpan.FromMinutes(1), CancellationToken.None));
        });
        var result = first.Run(new RunRequest(), CancellationToken.None);
        other!.Join();

        Assert.Equal($"process {System.Environment.ProcessId} (run)", owner);
        Assert.Equal(RunState.Done, result.State);
        Assert.Null(second!.Run);
    }

    [Fact]
    public void A_home_copied_elsewhere_works_and_goes_its_own_way()
    {
        using var project = WithOrders().WithDaily().Orders("a.csv", "2026-01-01,1,1");
        project.RunWell();
        var copy = project.Folder + "-copy";
        foreach (var file in Directory.EnumerateFiles(project.Folder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(project.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        using var other = new SampleProject(copy);
        Directory.Move(project.Folder, project.Folder + "-away");
        try
        {
            Assert.Equal("", Outcomes(other.RunWell()));
            Assert.Equal("orders computed, daily computed 1", Outcomes(other.Orders("b.csv", "2026-01-02,2,2").RunWell()));
            Assert.Equal(["1", "2"], other.Rows("SELECT amount FROM daily ORDER BY day"));
        }
        finally
        {
            Directory.Move(project.Folder + "-away", project.Folder);
        }

        Assert.Equal(["1"], project.Rows("SELECT amount FROM daily ORDER BY day"));
    }

    [Fact]
    public void A_failed_task_leaves_the_pointers_and_those_of_its_children()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("inverse", "SELECT error(CASE WHEN amount = 0 THEN 'no amount' END) AS e, 6 // amount AS n FROM orders")
            .Table("child", "SELECT sum(n) AS n FROM inverse").Table("other", "SELECT count(*) AS n FROM orders");
        project.RunWell();
        var result = project.Orders("b.csv", "2026-01-01,2,0").Run();

        Assert.Equal("orders computed, inverse failed, child held, other computed", Outcomes(result));
        Assert.Equal(["6|2"], project.Rows("SELECT child.n, other.n FROM child, other"));
        Assert.Equal(RunState.Failed, result.State);
    }

    [Fact]
    public void Schema_qualified_names_run_and_read_like_others()
    {
        using var project = new SampleProject().Write("sources/sales/orders.yaml", "type: csv\npath: data/*.csv\ncolumns: [{name: id, type: bigint}]\n")
            .Write("data/a.csv", "id\n1\n2\n").Table("sales.n", "SELECT count(*) AS n FROM sales.orders").Table("n", "SELECT n + 1 AS n FROM sales.n");
        project.RunWell();
        Assert.Equal(["2|3"], project.Rows("SELECT a.n, b.n FROM sales.n a, n b"));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("temp")]
    [InlineData("system")]
    [InlineData("information_schema")]
    [InlineData("pg_catalog")]
    public void A_schema_that_the_engine_keeps_for_itself_is_refused(string schema)
    {
        using var project = new SampleProject().Table("orders", "SELECT 1 AS x").Table(schema + ".orders", "SELECT 2 AS x").Table("both", $"SELECT a.x, b.x AS y FROM orders a, {schema}.orders b");
        Assert.Contains(project.Problems(), p => p.File == $"tables/{schema}/orders.sql" && p.Code == "bad-name");
    }

    [Fact]
    public void Columns_with_any_name_are_stored_and_checked()
    {
        using var project = new SampleProject().Table("odd", """"
            /*---
            checks:
              - not_null: ["it's \"größe\"", "a b"]
              - unique: ["it's \"größe\""]
              - between: {column: "a b", min: 0}
                on_fail: quarantine
            ---*/
            SELECT x AS "it's ""größe""", x - 1 AS "a b", 'ü' AS "_source" FROM range(3) t(x)
            """");
        var result = project.RunWell();
        Assert.Equal(1, Of(result, "odd").Rows.Quarantined);
        Assert.Equal(["1|0|ü", "2|1|ü"], project.Rows("SELECT * FROM odd ORDER BY 1"));
    }
}

internal static class EngineUse
{
    public static T Use<T>(this Engine engine, Func<Engine, T> look)
    {
        using (engine)
            return look(engine);
    }
}
