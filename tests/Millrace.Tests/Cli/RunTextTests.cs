using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Runs;

namespace Millrace.Tests.Cli;

public sealed class RunTextTests
{
    [Fact]
    public void The_first_run_says_what_was_released_and_what_to_do_next()
    {
        var result = Sketch.Run(
            RunState.Done,
            Sketch.Release(Sketch.Move("hourly", null, 0), Sketch.Move("rides", null, 0)),
            Sketch.Result("rides", AssetOutcome.Computed) with
            {
                Rows = new RowCounts(8645, 8642, 3, 8642),
                Checks =
                [
                    Sketch.Check("not_null(hr)"), Sketch.Check("between(temp)", "warn", 1, "1 of 8642 new rows"),
                    Sketch.Check("contract", "quarantine", 1), Sketch.Check("between(hr)", "quarantine", 2),
                ],
                Elapsed = TimeSpan.FromSeconds(0.41),
            },
            Sketch.Result("hourly", AssetOutcome.Computed) with
            {
                Rows = new RowCounts(8760, 8760, 0, 8760),
                Checks = [Sketch.Check("unique(hour)"), Sketch.Check("unique(hour)")],
                Intervals = 365,
                Elapsed = TimeSpan.FromSeconds(0.13),
            });

        Assert.Equal(
            Written.Page("""
                asset   action             rows in  rows out  quarantined    time  checks
                rides   loaded               8,645     8,642            3  0.41 s  1 passed, 1 warned, 2 quarantined
                hourly  computed 365 days    8,760     8,760            0  0.13 s  1 passed

                Warning: rides: between(temp) found 1 of 8642 new rows

                Released as release 3 of 'prod': rides and hourly.

                3 rows of rides were set aside (contract 1, between(hr) 2). Each with its reason:
                  millrace query "SELECT * FROM rides__quarantine" --project bikes

                Took 1.25 s (run-7-4f2a91c0).

                What to do next:
                  millrace query "SELECT * FROM hourly LIMIT 10" --project bikes
                  millrace table show hourly --project bikes
                  millrace lineage hourly --project bikes
                """),
            Text(result));
    }

    [Fact]
    public void What_was_blocked_keeps_its_pointer_and_so_does_what_stands_on_it()
    {
        var result = Sketch.Run(
            RunState.Failed,
            Sketch.Release(Sketch.Move("rides", 0, 1)),
            Sketch.Result("rides", AssetOutcome.Computed, "1 new file") with
            {
                Rows = new RowCounts(741, 741, 0, 9383), Elapsed = TimeSpan.FromMilliseconds(96),
            },
            Sketch.Result("hourly", AssetOutcome.Blocked) with
            {
                Rows = new RowCounts(744, 0, 0, 8760), Checks = [Sketch.Check("between(rides)", "block", 75, "75 of 744 new rows")],
                Message = "check 'between(rides)' says that rides lies between 0 and 300; it found 75 of 744 new rows\n"
                    + "for example {\"rides\":354}",
                Elapsed = TimeSpan.FromSeconds(0.18),
            },
            Sketch.Result("weekly", AssetOutcome.Held) with { Message = "it stands on hourly, which is held back" },
            Sketch.Result("costs", AssetOutcome.Unchanged, "stands"));

        Assert.Equal(
            Written.Page("""
                asset   action     rows in  rows out  quarantined    time  checks
                rides   loaded         741       741            0   96 ms
                hourly  blocked        744         0            0  0.18 s  1 blocked
                weekly  held back

                Released as release 3 of 'prod': rides.

                2 assets keep their pointers, as if this run had not been:
                  hourly: check 'between(rides)' says that rides lies between 0 and 300; it found 75 of 744 new rows
                    for example {"rides":354}
                  weekly: it stands on hourly, which is held back

                Took 1.25 s (run-7-4f2a91c0); 1 other asset stands as it was.
                Mend what the messages name and run again; what was computed is not computed twice: millrace run bikes
                """),
            Text(result));
    }

    [Fact]
    public void A_run_without_work_is_one_line_that_says_since_when_all_stands()
    {
        var result = Sketch.Run(RunState.Done, null, Sketch.Result("rides", AssetOutcome.Unchanged, "stands")) with { Run = null };

        Assert.Equal(
            "Everything stands. Nothing was computed. Release 3 of 'prod' stands since 2012-02-01 06:25:00 UTC, 5 minutes ago.\n",
            Text(result, Sketch.Release()));
    }

    [Fact]
    public void A_superseded_run_says_that_its_work_is_kept()
    {
        var result = Sketch.Run(RunState.Superseded, null, Sketch.Result("report", AssetOutcome.Pointed, "definition changed"));

        Assert.Equal(
            Written.Page("""
                asset   action   why
                report  defined  definition changed

                Nothing was released: another release of 'prod' came first and moved what this run had read.
                What was computed is kept, and the next run builds on it: millrace run bikes

                Took 1.25 s (run-7-4f2a91c0).
                """),
            Text(result));
    }

    [Fact]
    public void What_the_project_names_no_longer_leaves_the_environment()
    {
        var result = Sketch.Run(
            RunState.Done,
            Sketch.Release(Sketch.Move("old", 4, null)),
            Sketch.Result("old", AssetOutcome.Removed, "the project names it no longer"));

        Assert.Contains("Gone from 'prod', as the project names it no longer: old.\n", Text(result), StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_get_the_same_in_json()
    {
        var result = Sketch.Run(
            RunState.Done, Sketch.Release(Sketch.Move("rides", null, 0)),
            Sketch.Result("rides", AssetOutcome.Computed) with
            {
                Rows = new RowCounts(3, 2, 1, 2), Checks = [Sketch.Check("contract", "quarantine", 1, "a reason")],
            });
        var json = RunJson.Of(result);

        Assert.Equal("done", (string?)json["state"]);
        Assert.Equal(3, (long?)json["release"]!["id"]);
        Assert.Equal(result.Plan.Hash.Text, (string?)json["plan"]);
        Assert.Equal("""{"in":3,"out":2,"quarantined":1,"total":2}""", json["assets"]![0]!["rows"]!.ToJsonString());
        Assert.Equal(
            """{"id":"contract","effect":"quarantine","passed":false,"failed":1,"note":"a reason"}""",
            json["assets"]![0]!["checks"]![0]!.ToJsonString());
    }

    private static string Text(RunResult result, ReleaseRecord? standing = null)
    {
        var facts = new RunFacts
        {
            Elapsed = TimeSpan.FromSeconds(1.25),
            Now = Sketch.Now,
            Standing = standing ?? result.Release,
            Suggest = command => $"millrace {command} --project bikes",
            SuggestRun = command => $"millrace {command} bikes",
        };
        return Written.By(to => RunText.Write(to, Paint.None, null, result, facts));
    }
}
