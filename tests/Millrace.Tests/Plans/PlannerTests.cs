using Millrace.Assets;
using Millrace.Plans;
using static Millrace.Tests.Plans.PlanModel;

namespace Millrace.Tests.Plans;

/// <summary>What is kept, pointed at, computed, held and removed. Pure values; nothing runs.</summary>
public sealed class PlannerTests
{
    private static readonly IncrementalKind Daily = new(IntervalUnit.Day);

    [Fact]
    public void The_first_plan_computes_everything_and_the_second_is_empty()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily).WithTable("v", ["t"], isView: true).WithTable("f", ["v"]);
        Assert.Equal(["compute", "compute", "compute", "point"], Actions(model).Order());
        model.Apply(Days(1, 2));
        Assert.True(model.Plan().IsEmpty);
    }

    [Fact]
    public void The_hash_of_a_plan_names_that_plan_and_no_other()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"]);
        var first = model.Plan();
        Assert.Equal(first.Hash, model.Plan().Hash);
        Assert.Equal(first.Hash.Text, (string)first.ToJson()["hash"]!);
        Assert.NotEqual(first.Hash, model.Plan(asOf: Day(3)).Hash);
        Assert.NotEqual(first.Hash, model.WithTable("t", ["s"], build: "2").Plan().Hash);
    }

    [Fact]
    public void What_the_project_names_no_longer_is_removed_unless_it_is_not_selected()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"]);
        model.Apply();
        model.Without("t");
        Assert.Equal(PlanAction.Remove, model.Decide("t").Action);
        Assert.DoesNotContain(model.Plan(isSelected: n => n == "s").Decisions, d => d.Asset.Name == "t");
    }

    [Fact]
    public void An_obstacle_holds_the_asset_and_all_that_stands_on_it()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], obstacle: "a check says no").WithTable("v", ["t"], isView: true).WithTable("f", ["v"]).WithTable("g", ["s"]);
        Assert.Equal("a check says no", model.Decide("t").Reason);
        Assert.Equal("it stands on t, which is held back", model.Decide("v").Reason);
        Assert.Equal("it stands on v, which is held back", model.Decide("f").Reason);
        Assert.Equal(PlanAction.Compute, model.Decide("g").Action);
        Assert.False(model.Plan().IsEmpty);
    }

    [Fact]
    public void A_version_with_equal_makers_is_pointed_at_wherever_it_was_made()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily);
        model.Apply();
        Assert.Equal(["point", "point"], Actions(model.Forget()));
    }

    [Fact]
    public void A_rebuilt_parent_with_equal_origin_leaves_its_child()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("p", ["s"], Daily).WithTable("c", ["p"], Daily);
        model.Apply(Days(1, 2));
        model.WithTable("p", ["s"], Daily, build: "2");
        Assert.Equal(PlanAction.Compute, model.Decide("p").Action);
        Assert.True(model.Decide("p").ChangesDefinition);
        Assert.Equal(PlanAction.Keep, model.Decide("c").Action);
    }

    [Fact]
    public void A_child_of_a_rebuilt_parent_with_new_rows_starts_from_nothing()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("p", ["s"], Daily).WithTable("c", ["p"], Daily);
        model.Apply(Days(1, 2));
        model.WithTable("p", ["s"], Daily, build: "2").Apply();
        model.WithSource("s", ["a", "b"]);
        var decisions = model.Apply(Days(2));
        Assert.Equal(Days(2), decisions["p"].Intervals);
        Assert.Null(decisions["c"].Base);
        Assert.Equal(Days(1, 2), decisions["c"].Intervals);
    }

    [Fact]
    public void Only_touched_days_are_computed_and_late_rows_count()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily);
        model.Apply(Days(1, 2, 5));
        var decisions = model.WithSource("s", ["a", "b"]).Apply(Days(2, 6));
        Assert.Equal(Days(2, 6), decisions["t"].Intervals);
        Assert.Equal(model.Versions("t")[0], decisions["t"].Base);
    }

    [Fact]
    public void Reading_back_reaches_over_gaps_and_ends_at_the_last_day_with_rows()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], new IncrementalKind(IntervalUnit.Day, ReadsBack: 3));
        model.Apply(Days(1, 2, 9, 10));
        Assert.Equal(Days(2, 3, 4, 5, 8, 9, 10), model.WithSource("s", ["a", "b"]).Apply(Days(2, 8))["t"].Intervals);
    }

    [Fact]
    public void Days_of_a_parent_become_whole_weeks_and_months_of_a_child()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("w", ["s"], new IncrementalKind(IntervalUnit.Week)).WithTable("m", ["s"], new IncrementalKind(IntervalUnit.Month));
        var decisions = model.Apply(Days(7));
        Assert.Equal("2026-01-05T00:00:00Z/2026-01-12T00:00:00Z", decisions["w"].Intervals!.ToString());
        Assert.Equal("2026-01-01T00:00:00Z/2026-02-01T00:00:00Z", decisions["m"].Intervals!.ToString());
    }

    [Fact]
    public void Nothing_before_the_start_is_computed()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], new IncrementalKind(IntervalUnit.Day, Start: Day(3)));
        Assert.Equal(Days(3, 4), model.Apply(Days(1, 2, 3, 4))["t"].Intervals);
    }

    [Fact]
    public void Without_time_above_it_a_table_is_computed_from_its_start_to_today()
    {
        var model = new PlanModel().WithSource("s", ["a"], hasTime: false).WithTable("t", ["s"], new IncrementalKind(IntervalUnit.Day, Start: Day(18)));
        Assert.Equal(Days(18, 19), model.Apply()["t"].Intervals);
    }

    [Fact]
    public void A_parent_without_time_touches_every_day_that_the_others_have()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithSource("codes", ["c"], hasTime: false).WithTable("t", ["s", "codes"], Daily);
        model.Apply(Days(1, 2, 5));
        Assert.Equal(Days(1, 2, 5), model.WithSource("codes", ["c", "d"], hasTime: false).Apply()["t"].Intervals);
    }

    [Fact]
    public void A_full_table_touches_every_day_of_its_children()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("f", ["s"], hasTime: true).WithTable("t", ["s", "f"], Daily);
        model.Apply(Days(1, 2));
        Assert.Equal(Days(1, 2, 3), model.WithSource("s", ["a", "b"]).Apply(Days(3))["t"].Intervals);
    }

    [Fact]
    public void Two_parents_that_move_at_once_touch_both()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("p", ["s"], Daily).WithTable("q", ["s"], new IncrementalKind(IntervalUnit.Day, ReadsBack: 1)).WithTable("t", ["p", "q"], Daily);
        model.Apply(Days(1, 2, 3, 4, 5));
        Assert.Equal(Days(2, 3), model.WithSource("s", ["a", "b"]).Apply(Days(2))["t"].Intervals);
    }

    [Fact]
    public void A_view_hands_on_time_only_with_a_time_column_of_its_own()
    {
        foreach (var (hasTime, expected) in new[] { (true, Days(2)), (false, Days(1, 2)) })
        {
            var model = new PlanModel().WithSource("s", ["a"]).WithTable("v", ["s"], isView: true, hasTime: hasTime).WithTable("t", ["v"], Daily);
            model.Apply(Days(1, 2));
            Assert.Equal(expected, model.WithSource("s", ["a", "b"]).Apply(Days(2))["t"].Intervals);
        }
    }

    [Fact]
    public void As_of_cuts_in_whole_days_and_leaves_the_rest_pending()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily).WithTable("c", ["t"], Daily);
        var first = model.Apply(Days(1, 2, 3, 4), asOf: Day(3));
        Assert.Equal((Days(1, 2), Days(3, 4)), (first["t"].Intervals!, first["t"].Deferred));
        Assert.Equal(Days(1, 2), first["c"].Intervals);
        Assert.True(model.Plan(asOf: Day(3)).IsEmpty);

        var second = model.Apply();
        Assert.Equal(Days(3, 4), second["t"].Intervals);
        Assert.Equal(Days(3, 4), second["c"].Intervals);
        Assert.True(model.Plan().IsEmpty);
    }

    [Fact]
    public void An_interrupted_runs_commit_is_the_base_of_the_next()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily);
        model.Apply(Days(1, 2));
        model.WithSource("s", ["a", "b"]).Apply(Days(3, 4), moves: false);
        model.Leave(model.Versions("t")[1], Days(4));

        Assert.Equal(PlanAction.Point, model.Decide("s").Action);
        var decision = model.Apply(Days(3, 4))["t"];
        Assert.Equal(Days(4), decision.Intervals);
        Assert.Equal(1, decision.Base!.Id.Number);
    }

    [Fact]
    public void After_a_rollback_new_rows_build_on_what_stands_and_not_on_what_was_taken_away()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"], Daily);
        model.Apply(Days(1, 2));
        var (source, table) = (model.Standing("s"), model.Standing("t"));
        model.WithSource("s", ["a", "b"]).Apply(Days(2, 3));
        model.Point(source, table);

        var decisions = model.WithSource("s", ["a", "c"]).Apply(Days(5));
        Assert.Equal(0, decisions["s"].Base!.Id.Number);
        Assert.Equal(0, decisions["t"].Base!.Id.Number);
        Assert.Equal(Days(5), decisions["t"].Intervals);
    }

    [Fact]
    public void A_rolled_back_form_of_a_file_is_no_base()
    {
        var model = new PlanModel().WithSource("s", ["a"]);
        model.Apply();
        var standing = model.Standing("s");
        model.With(model["s"] with { Files = [File("a", "changed")] }).Apply();
        model.Point(standing);

        var decision = model.With(model["s"] with { Files = [.. standing.Files, File("b", "hash of b")] }).Decide("s");
        Assert.Equal(PlanAction.Compute, decision.Action);
        Assert.Equal(standing, decision.Base);
        Assert.Equal("1 new file", decision.Reason);
    }

    [Fact]
    public void A_reader_of_the_day_is_computed_again_when_the_day_changes()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("v", ["s"], isView: true, readsAsOf: true).WithTable("t", ["v"]);
        model.Apply();
        Assert.True(model.Plan().IsEmpty);
        Assert.Equal(PlanAction.Compute, model.Decide("t", asOf: Day(21)).Action);
    }

    [Fact]
    public void What_is_not_selected_keeps_its_version_and_children_read_that()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("p", ["s"], Daily).WithTable("c", ["p"], Daily);
        model.Apply(Days(1));
        var decisions = model.WithSource("s", ["a", "b"]).Apply(Days(2), isSelected: n => n is "s" or "c");
        Assert.Equal(PlanAction.Keep, decisions["p"].Action);
        Assert.Equal(PlanAction.Keep, decisions["c"].Action);
        Assert.Equal(Days(2), model.Apply()["c"].Intervals);
    }

    [Fact]
    public void A_child_of_what_was_never_computed_is_held_when_the_parent_may_not_move()
    {
        var model = new PlanModel().WithSource("s", ["a"]).WithTable("t", ["s"]);
        var decision = model.Plan(isSelected: n => n == "t").Decisions.Single(d => d.Asset.Name == "t");
        Assert.Equal(PlanAction.Hold, decision.Action);
    }

    private static List<string> Actions(PlanModel model) => [.. model.Plan().Decisions.Select(d => d.Action.ToString().ToLowerInvariant())];
}
