using Millrace.Assets;
using Millrace.Automation;
using Millrace.Ledger;

namespace Millrace.Tests.Automation;

/// <summary>When a new version is asked for.</summary>
public sealed class RetrainPolicyTests
{
    private static readonly AssetKey Demand = new(AssetKind.Model, "demand");
    private static readonly DateTimeOffset March = new(2012, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Without_an_alert_or_a_schedule_nothing_is_asked() => Assert.IsType<RetrainVerdict.Idle>(Decide(State(), March));

    [Fact]
    public void An_alert_about_the_version_in_force_asks_and_says_why()
    {
        var ask = Assert.IsType<RetrainVerdict.Ask>(Decide(State() with { Alerts = [Raised(3, 1)] }, March));
        Assert.Equal((Alert.Performance, "mae is 52.3 in 2012-02, 31.3 on the holdout", 3L), (ask.Cause, ask.Reason, ask.Alert));
    }

    [Fact]
    public void An_alert_about_an_older_version_or_of_another_kind_asks_nothing()
    {
        Assert.IsType<RetrainVerdict.Idle>(Decide(State() with { Alerts = [Raised(3, version: 7)] }, March));
        Assert.IsType<RetrainVerdict.Idle>(Decide(State() with { Alerts = [Raised(3, 1)], Rule = Rule(on: [Alert.Drift]) }, March));
    }

    [Fact]
    public void While_a_request_is_open_nothing_more_is_asked()
    {
        var state = State() with { Alerts = [Raised(3, 1)], Requests = [Request(RequestState.Open, March, alert: 0)] };
        Assert.Contains("waits for a run", Assert.IsType<RetrainVerdict.Wait>(Decide(state, March)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_answers_all_alerts_before_it_and_a_newer_one_asks_after_the_cool_down()
    {
        var answered = State() with { Alerts = [Raised(3, 1)], Requests = [Request(RequestState.Refused, March, alert: 3)] };
        Assert.IsType<RetrainVerdict.Idle>(Decide(answered, March.AddDays(30)));

        var newer = answered with { Alerts = [Raised(4, 1), Raised(3, 1)] };
        Assert.Contains("from 2012-03-15 00:00 UTC", Assert.IsType<RetrainVerdict.Wait>(Decide(newer, March.AddDays(13))).Why, StringComparison.Ordinal);
        Assert.IsType<RetrainVerdict.Ask>(Decide(newer, March.AddDays(14)));
    }

    [Fact]
    public void A_paused_policy_waits_and_says_what_would_resume_it()
    {
        var state = State() with { Alerts = [Raised(3, 1)], Paused = "release 4 rolled model demand back" };
        Assert.Contains("release 4 rolled model demand back", Assert.IsType<RetrainVerdict.Wait>(Decide(state, March)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schedule_that_was_missed_many_times_asks_once()
    {
        var monthly = State() with { Rule = Rule(on: [], schedule: "0 4 1 * *") };
        var ask = Assert.IsType<RetrainVerdict.Ask>(Decide(monthly, March.AddDays(3)));
        Assert.Equal((RetrainPolicy.Schedule, new DateTimeOffset(2012, 3, 1, 4, 0, 0, TimeSpan.Zero)), (ask.Cause, ask.Tick));
        Assert.IsType<RetrainVerdict.Idle>(Decide(monthly with { LastTick = ask.Tick }, March.AddDays(3)));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(-1)]
    public void A_clock_that_jumps_back_fires_no_tick_twice(int days)
    {
        var monthly = State() with { Rule = Rule(on: [], schedule: "0 4 1 * *"), LastTick = new DateTimeOffset(2012, 3, 1, 4, 0, 0, TimeSpan.Zero) };
        Assert.IsType<RetrainVerdict.Idle>(Decide(monthly, March.AddDays(days)));
    }

    [Fact]
    public void A_clock_that_jumps_far_forward_asks_once_and_only_once()
    {
        var monthly = State() with { Rule = Rule(on: [], schedule: "0 4 1 * *") };
        var late = March.AddYears(10);
        var ask = Assert.IsType<RetrainVerdict.Ask>(Decide(monthly, late));
        Assert.IsType<RetrainVerdict.Idle>(Decide(monthly with { LastTick = ask.Tick }, late));
    }

    [Fact]
    public void Without_a_champion_the_first_run_trains_and_no_policy_asks() =>
        Assert.IsType<RetrainVerdict.Idle>(Decide(State() with { Champion = null, Alerts = [Raised(3, 1)] }, March));

    private static RetrainVerdict Decide(RetrainState state, DateTimeOffset now) => RetrainPolicy.Decide(state, now);

    private static RetrainRule Rule(IReadOnlyList<string>? on = null, string? schedule = null) =>
        new(on ?? [Alert.Drift, Alert.Performance], schedule is null ? null : CronSchedule.Parse(schedule), TimeZoneInfo.Utc, new Period(14, IntervalUnit.Day));

    private static RetrainState State() => new()
    {
        Rule = Rule(),
        Champion = new VersionRecord
        {
            Id = new AssetVersion(new Build(Demand, Fingerprint.Of("build")), 1), Task = "run-1/model:demand/1", Fence = 1, Origin = Fingerprint.Of("rows"),
            Committed = new DateTimeOffset(2012, 1, 1, 0, 0, 0, TimeSpan.Zero),
        },
        Alerts = [], Requests = [], LastTick = null, Paused = null,
    };

    private static RaisedAlert Raised(long id, long version) => new(
        id,
        new Alert(new AssetKey(AssetKind.Endpoint, "demand"), Alert.Performance, "mae", new Interval(March.AddDays(-29), March), version, 52.3, 31.3),
        March);

    private static RequestRecord Request(RequestState state, DateTimeOffset asked, long alert) =>
        new(1, Demand, Alert.Performance, "mae fell", state, asked, asked, alert, state == RequestState.Open ? null : asked, null, null);
}
