namespace Millrace.Scenarios;

public sealed class ChangeTests
{
    private const string Daily = """
        /*---
        description: Rides of each day.
        kind: incremental
        time_column: day
        interval: day
        ---*/
        SELECT date_trunc('day', hour) AS day, sum(rides) AS rides FROM hourly WHERE hour >= @start AND hour < @end GROUP BY ALL

        """;

    [Theory]
    [InlineData("tables/hourly.sql", "-- What is the same all day.", "-- What does not change during a day.")]
    [InlineData("tables/hourly.sql", "description: Rides and weather of every hour", "description: Weather and rides of every hour")]
    [InlineData("tables/hourly.sql", "owner: team-mobility", "owner: team-weather")]
    [InlineData("sources/rides.yaml", "required: true, description: Day}", "required: true, description: Day of the ride}")]
    [InlineData("millrace.yaml", "name: bike-demand", "name: bikes-demanded")]
    public void Changed_words_that_mean_nothing_to_the_data_rebuild_nothing(string file, string old, string now)
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Edit(file, old, now);

        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", bikes.Run().Outcomes());
    }

    [Fact]
    public void A_changed_column_rebuilds_only_what_reads_it()
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Write("tables/daily.sql", Daily);
        Assert.Equal("rides unchanged, hourly unchanged, daily computed, hourly_features unchanged", bikes.Run().Outcomes());
        var daily = bikes.Ask("table", "show", "daily", "--json").Exits(0).Json;

        bikes.Edit("tables/hourly.sql", "rides.windspeed * 67, 1", "rides.windspeed * 67, 2");
        var run = bikes.Run();

        Assert.Equal("rides unchanged, hourly computed, daily unchanged, hourly_features computed", run.Outcomes());
        var after = bikes.Ask("table", "show", "daily", "--json").Exits(0).Json;
        Assert.Equal((string)daily["fingerprint"]!, (string)after["fingerprint"]!);
        Assert.Equal((long)daily["version"]!, (long)after["version"]!);
        Assert.Equal("true", bikes.Query("SELECT max(wind_kmh) = round(max(windspeed) * 67, 2) FROM hourly, (SELECT max(windspeed) AS windspeed FROM rides)"));
    }

    [Fact]
    public void A_column_that_nobody_reads_rebuilds_its_own_table_only()
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Edit("tables/hourly.sql", "    rides.hr IS NOT NULL AS has_record,", "    rides.hr IS NOT NULL AS has_record,\n    rides.instant AS row_number,");

        Assert.Equal("rides unchanged, hourly computed, hourly_features unchanged", bikes.Run().Outcomes());
    }

    [Fact]
    public void A_change_that_is_taken_back_points_at_what_was_computed_before()
    {
        using var bikes = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        bikes.Edit("tables/hourly.sql", "rides.windspeed * 67, 1", "rides.windspeed * 67, 2");
        bikes.Run();

        bikes.Edit("tables/hourly.sql", "rides.windspeed * 67, 2", "rides.windspeed * 67, 1");
        var run = bikes.Run();

        Assert.Equal("rides unchanged, hourly pointed, hourly_features pointed", run.Outcomes());
        Assert.Equal(before, bikes.Contents());
    }

    [Fact]
    public void Another_environment_of_the_same_project_points_at_what_prod_computed()
    {
        using var bikes = Workshop.OfSample();
        File.AppendAllText(Path.Combine(bikes.Project, "millrace.yaml"), "environments:\n  - {name: prod}\n  - {name: dev}\n");
        bikes.Run();

        var dev = bikes.Ask("run", "--env", "dev", "--json").Exits(0);

        Assert.Equal("rides pointed, hourly pointed, hourly_features pointed", dev.Outcomes());
        Assert.Equal("dev", (string)dev.Json["release"]!["environment"]!);
        Assert.Equal("1243103", bikes.Ask("query", "SELECT sum(rides) FROM hourly", "--env", "dev").Exits(0).Out.Split('\n')[1]);
        Assert.Single(Directory.GetFiles(bikes.TableFolder("hourly"), "*.parquet"));
    }

    [Fact]
    public void Features_that_know_the_answer_are_not_computed_and_the_way_they_know_it_is_shown()
    {
        using var bikes = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        bikes.Edit("tables/hourly_features.sql", "    h.season,", "    h.season,\n    h.casual AS walk_ins,");

        var run = bikes.Ask("run").Exits(1);

        Assert.Contains(
            "hourly_features: check 'not_derived_from(rides.casual, rides.registered)' (tables/hourly_features.sql:14) says that no column derives from "
            + "rides.casual or rides.registered, but walk_ins derives from it: hourly_features.walk_ins <- hourly.casual <- rides.casual\n",
            run.Out,
            StringComparison.Ordinal);
        Assert.DoesNotContain(run.Moments, m => m.Phase == "staging");
        Assert.Equal(before, bikes.Contents());
        Assert.Single(bikes.Ask("releases", "--json").Exits(0).Json.AsArray());
    }
}
