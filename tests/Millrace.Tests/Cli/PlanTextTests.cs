using Millrace.Assets;
using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Plans;

namespace Millrace.Tests.Cli;

public sealed class PlanTextTests
{
    private static readonly DateTimeOffset January = new(2012, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_plan_says_what_is_done_and_why()
    {
        var plan = Sketch.Plan(
            Sketch.Decide("rides", PlanAction.Compute, "1 new file"),
            Sketch.Decide("hourly", PlanAction.Compute, "new rows in rides") with
            {
                Intervals = IntervalSet.Of(new Interval(January, January.AddDays(31))),
                Deferred = IntervalSet.Of(new Interval(January.AddDays(31), January.AddDays(33))),
            },
            Sketch.Decide("weekly", PlanAction.Compute, "new rows in hourly") with { Intervals = null },
            Sketch.Decide("report", PlanAction.Point, "definition changed"),
            Sketch.Decide("costs", PlanAction.Keep, "stands"),
            Sketch.Decide("old", PlanAction.Remove, "the project names it no longer"));

        Assert.Equal(
            Written.Page($"""
                asset   action   event time                                      why
                rides   load                                                     1 new file
                hourly  compute  31 days: 2012-01-01 to 2012-01-31; 2 days wait  new rows in rides
                weekly  compute  what its parents bring                          new rows in hourly
                report  define                                                   definition changed
                old     remove                                                   the project names it no longer

                In 'prod': 3 to compute, 1 to point at what exists, 1 to remove, 1 as it stands.
                To do it: millrace run
                To do exactly this or nothing: millrace run --plan {plan.Hash.Short}
                """),
            Text(plan));
    }

    [Fact]
    public void A_plan_without_changes_is_one_line() => Assert.Equal(
        "Everything stands. A run in 'prod' would compute nothing.\n",
        Text(Sketch.Plan(Sketch.Decide("rides", PlanAction.Keep, "stands"))));

    [Fact]
    public void A_note_is_told_even_when_nothing_changes() => Assert.Equal(
        Written.Page("""
            Everything stands. A run in 'prod' would compute nothing.
            Note on rides: left out, as a rollback rejected it: data/2012-01.csv.
            """),
        Text(Sketch.Plan(Sketch.Decide("rides", PlanAction.Keep, "stands") with
        {
            Note = "left out, as a rollback rejected it: data/2012-01.csv.",
        })));

    private static string Text(Plan plan) => Written.By(to => PlanText.Write(to, Paint.None, null, plan, command => $"millrace {command}"));
}
