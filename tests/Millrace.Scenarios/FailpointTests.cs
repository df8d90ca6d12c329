using System.Text.RegularExpressions;

namespace Millrace.Scenarios;

/// <summary>A month with rows for the quarantine arrives, and the run that takes it dies at a place; the next run ends as if nothing had been.</summary>
public sealed class FailpointTests
{
    private const string All = "rides computed, hourly computed, hourly_features computed";
    private const string AfterRides = "rides pointed, hourly computed, hourly_features computed";
    private const string AfterHourly = "rides pointed, hourly pointed, hourly_features computed";
    private const string None = "rides pointed, hourly pointed, hourly_features pointed";

    private static readonly Lazy<(string Contents, string Pointers)> Undisturbed = new(() =>
    {
        using var bikes = Workshop.AfterFirstRun();
        BadMonthTests.ArriveBad(bikes);
        bikes.Run();
        return (bikes.Contents(), bikes.Pointers());
    });

    /// <summary>Where the run dies, and what is left for the next: what was committed is never computed twice.</summary>
    public static TheoryData<string, string> Places => new()
    {
        { "run.started", All },
        { "run.attempt-started", All },
        { "run.attempt-started:2", AfterRides },
        { "run.attempt-started:3", AfterHourly },
        { "lake.staged", All },
        { "lake.staged:2", All },
        { "lake.staged:3", AfterRides },
        { "lake.staged:4", AfterHourly },
        { "quarantine.staged", All },
        { "quarantine.entry-written", All },
        { "quarantine.entry-put", All },
        { "quarantine.committed", All },
        { "lake.entry-written", All },
        { "lake.entry-written:2", AfterRides },
        { "lake.entry-written:3", AfterHourly },
        { "lake.entry-put", AfterRides },
        { "lake.entry-put:2", AfterHourly },
        { "lake.entry-put:3", None },
        { "lake.committed", AfterRides },
        { "lake.committed:3", None },
        { "run.version-committed", AfterRides },
        { "run.version-committed:2", AfterHourly },
        { "run.version-committed:3", None },
        { "run.before-release", None },
        { "run.released", "rides unchanged, hourly unchanged, hourly_features unchanged" },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void A_run_that_dies_is_taken_up_by_the_next_and_ends_as_if_nothing_had_been(string place, string left)
    {
        using var bikes = Workshop.AfterFirstRun();
        BadMonthTests.ArriveBad(bikes);

        bikes.DieAt(place);
        var next = bikes.Run();

        Assert.Equal(left, next.Outcomes());
        Assert.Equal(Undisturbed.Value, (bikes.Contents(), bikes.Pointers()));
        bikes.Ask("doctor").Exits(0);
    }

    [Theory]
    [InlineData("lake.entry-put", "rides pointed, hourly computed, hourly_features computed")]
    [InlineData("run.before-release", "rides pointed, hourly pointed, hourly_features pointed")]
    [InlineData("run.released", "rides unchanged, hourly unchanged, hourly_features unchanged")]
    public void The_first_run_of_all_may_die_too(string place, string left)
    {
        using var bikes = Workshop.OfSample();
        using var undisturbed = Workshop.AfterFirstRun();

        bikes.DieAt(place);

        Assert.Equal(left, bikes.Run().Outcomes());
        Assert.Equal(undisturbed.Contents(), bikes.Contents());
        Assert.Equal(undisturbed.Pointers(), bikes.Pointers());
    }

    [Theory]
    [InlineData("run.version-committed:5", 365 - (4 * 30))]
    [InlineData("lake.entry-put:5", 365 - (4 * 30))]
    [InlineData("lake.staged:5", 365 - (3 * 30))]
    [InlineData("lake.checkpoint-written", 365 - (11 * 30))]
    public void A_table_that_is_computed_in_many_commits_goes_on_where_it_died(string place, int daysLeft)
    {
        using var bikes = Workshop.OfSample();
        bikes.Edit("tables/hourly.sql", "interval: day", "interval: day\nbatch: 30");
        using var undisturbed = Workshop.AfterFirstRun();

        bikes.DieAt(place);
        var next = bikes.Run();

        Assert.Equal(daysLeft, (int)next.Asset("hourly")["intervals"]!);
        Assert.Equal(undisturbed.Contents(), bikes.Contents());
        Assert.Equal(12, (int)bikes.Ask("table", "show", "hourly", "--json").Exits(0).Json["version"]!);
        bikes.Ask("doctor").Exits(0);
    }

    [Fact]
    public void Each_place_that_CONTRIBUTING_lists_is_tried_here()
    {
        var listed = File.ReadAllLines(Path.Combine(Workshop.Root(), "CONTRIBUTING.md"))
            .Select(l => Regex.Match(l, @"^\| `([a-z]+\.[a-z-]+)` \|")).Where(m => m.Success).Select(m => m.Groups[1].Value);
        var tried = Places.Select(p => p.Data.Item1.Split(':')[0]).Append("lake.checkpoint-written");

        Assert.Empty(listed.Except(tried));
    }
}
