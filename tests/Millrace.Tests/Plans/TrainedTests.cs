using Millrace.Assets;
using Millrace.Plans;

namespace Millrace.Tests.Plans;

/// <summary>When a model is trained, and when what stands stays.</summary>
public sealed class TrainedTests
{
    private static PlanModel Demand() => new PlanModel().WithSource("rides", ["a"]).WithTable("hours", ["rides"]).WithModel("demand", "hours");

    [Fact]
    public void A_model_is_trained_the_first_time_and_stands_then()
    {
        var model = Demand();
        Assert.Equal(PlanAction.Compute, model.Apply()["demand"].Action);
        Assert.True(model.Plan().IsEmpty);
    }

    [Fact]
    public void New_rows_alone_train_nothing_and_the_plan_says_what_they_wait_for()
    {
        var model = Demand();
        model.Apply();
        model.WithSource("rides", ["a", "b"]);
        var decisions = model.Apply();
        Assert.Equal(PlanAction.Compute, decisions["hours"].Action);
        Assert.Equal(PlanAction.Keep, decisions["demand"].Action);
        Assert.Equal("stands; newer rows wait until a new version is asked for", decisions["demand"].Reason);
    }

    [Fact]
    public void Who_asks_gets_a_version_of_the_newer_rows_and_only_one()
    {
        var model = Demand();
        model.Apply();
        model.WithSource("rides", ["a", "b"]).WithModel("demand", "hours", request: "drift in March");
        var asked = model.Apply()["demand"];
        Assert.Equal((PlanAction.Compute, "drift in March"), (asked.Action, asked.Reason));
        Assert.Equal((PlanAction.Keep, "stands; it was trained on these rows"), (model.Decide("demand").Action, model.Decide("demand").Reason));
    }

    [Fact]
    public void A_changed_definition_trains_and_its_endpoint_is_not_held()
    {
        var model = Demand();
        model.Apply();
        model.WithModel("demand", "hours", build: "2");
        var decisions = model.Apply();
        Assert.Equal(PlanAction.Compute, decisions["demand"].Action);
        Assert.Equal(PlanAction.Keep, decisions["endpoint demand"].Action);
    }

    [Fact]
    public void A_version_that_gates_refused_is_not_made_again_from_the_same_rows_until_the_gates_change()
    {
        var model = Demand();
        model.Apply();
        model.Refuse(model.Standing("demand"), null);
        Assert.Equal(PlanAction.Hold, model.Decide("demand").Action);
        Assert.Equal("its gates refused version 0, which these rows made: see 'millrace model show demand@0'", model.Decide("demand").Reason);

        model.WithModel("demand", "hours", gates: "2");
        Assert.Equal(PlanAction.Compute, model.Decide("demand").Action);
    }

    [Fact]
    public void When_gates_refuse_a_challenger_the_champion_stays_and_nothing_is_held()
    {
        var model = Demand();
        model.Apply();
        var champion = model.Standing("demand");
        model.WithSource("rides", ["a", "b"]).WithModel("demand", "hours", request: "by hand");
        model.Apply();
        model.Refuse(model.Standing("demand"), champion);
        var decision = model.Decide("demand");
        Assert.Equal((PlanAction.Keep, false), (decision.Action, decision.After.IsHeld));
        Assert.Equal(champion.Id, decision.After.Version);
    }

    [Fact]
    public void What_a_rollback_rejected_is_not_trained_again_though_someone_asks()
    {
        var model = Demand();
        model.Apply();
        var champion = model.Standing("demand");
        model.WithSource("rides", ["a", "b"]).WithModel("demand", "hours", request: "by hand");
        model.Apply();
        var rejected = model.Standing("demand").Origin;
        model.Point(champion);
        var wanted = model.Plan().Wanted.Assets[new AssetKey(AssetKind.Model, "demand")];
        model.With(wanted with { RejectedOrigins = new HashSet<Fingerprint> { rejected } });
        Assert.Equal((PlanAction.Keep, "a rollback rejected what it makes of these rows"), (model.Decide("demand").Action, model.Decide("demand").Reason));
    }

    [Fact]
    public void A_version_of_a_run_that_died_before_its_release_is_pointed_at_and_not_trained_again()
    {
        var model = Demand();
        model.Apply(moves: false);
        Assert.Equal(PlanAction.Point, model.Decide("demand").Action);
    }

    [Fact]
    public void A_table_that_is_held_back_holds_its_model_and_the_endpoint()
    {
        var model = new PlanModel().WithSource("rides", ["a"]).WithTable("hours", ["rides"], obstacle: "a check says no").WithModel("demand", "hours");
        Assert.Equal("it stands on hours, which is held back", model.Decide("demand").Reason);
        Assert.Equal(PlanAction.Hold, model.Plan().Decisions.Single(d => d.Asset.Kind == AssetKind.Endpoint).Action);
    }
}
