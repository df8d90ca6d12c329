namespace Millrace.Scenarios;

public sealed class RollbackTests
{
    [Fact]
    public void A_rollback_gives_the_old_tables_back_and_holds_until_resume_while_new_months_come()
    {
        using var bikes = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        bikes.Arrive("2012-01");
        bikes.Run();
        var january = bikes.Contents();

        var rollback = bikes.Ask("rollback", "--message", "wrong prices").Exits(0);

        Assert.StartsWith("Rolled back: release 3 of 'prod' has again what release 1 had.\n", rollback.Out, StringComparison.Ordinal);
        Assert.Equal(before, bikes.Contents());
        var next = bikes.Ask("run").Exits(0);
        Assert.StartsWith("Everything stands.", next.Out, StringComparison.Ordinal);
        Assert.Contains("Note on rides: left out, as a rollback rejected it: data/2012-01.csv. Change the file, or run 'millrace resume rides'.", next.Out, StringComparison.Ordinal);
        Assert.Equal(before, bikes.Contents());

        bikes.Arrive("2012-02");
        var february = bikes.Run();
        Assert.Equal(29, (int)february.Asset("hourly")["intervals"]!);
        Assert.Equal("0,692", bikes.Query("SELECT count(*) FILTER (mnth = 1), count(*) FILTER (mnth = 2) FROM rides WHERE yr = 1"));

        bikes.Ask("resume").Exits(0);
        var resumed = bikes.Run();
        Assert.Equal("rides computed, hourly computed, hourly_features computed", resumed.Outcomes());
        Assert.Equal(31, (int)resumed.Asset("hourly")["intervals"]!);

        // February's first week looks back into January, which was not there when it was computed.
        Assert.Equal(38, (int)resumed.Asset("hourly_features")["intervals"]!);
        Assert.Equal("741,692", bikes.Query("SELECT count(*) FILTER (mnth = 1), count(*) FILTER (mnth = 2) FROM rides WHERE yr = 1"));

        bikes.Ask("rollback", "--to", "2").Exits(0);
        Assert.Equal(january, bikes.Contents());
    }

    [Fact]
    public void A_rolled_back_definition_stays_back_while_new_data_comes()
    {
        using var bikes = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        bikes.Edit("tables/hourly.sql", "rides.windspeed * 67, 1", "rides.windspeed * 68, 1");
        bikes.Run();
        Assert.NotEqual(before, bikes.Contents());

        bikes.Ask("rollback").Exits(0);

        Assert.Equal(before, bikes.Contents());
        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", bikes.Run().Outcomes());

        bikes.Arrive("2012-01");
        var january = bikes.Run();
        Assert.Equal("rides computed, hourly computed, hourly_features computed", january.Outcomes());
        Assert.Contains("rolled the changed definition back", (string)january.Asset("hourly")["note"]!, StringComparison.Ordinal);
        Assert.Equal("0,9504", bikes.Query("SELECT count(*) FILTER (abs(h.wind_kmh - r.windspeed * 67) > 0.06), (SELECT count(*) FROM hourly) FROM hourly h JOIN rides r ON h.hour = r.dteday + to_hours(r.hr)"));

        bikes.Ask("resume").Exits(0);
        bikes.Run();
        Assert.Equal("0,9504", bikes.Query("SELECT count(*) FILTER (abs(h.wind_kmh - r.windspeed * 68) > 0.06), (SELECT count(*) FROM hourly) FROM hourly h JOIN rides r ON h.hour = r.dteday + to_hours(r.hr)"));
    }

    [Fact]
    public void A_table_is_shown_as_it_was_at_a_version_or_a_time()
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Arrive("2012-01");
        bikes.Run();

        var history = bikes.Ask("table", "history", "hourly", "--json").Exits(0).Json.AsArray();
        Assert.Equal("1 9504, 0 8760", string.Join(", ", history.Select(v => $"{v!["version"]} {v["rows"]!["total"]}")));
        JsonNode Show(params string[] words) => bikes.Ask(["table", "show", "hourly", "--json", .. words]).Exits(0).Json;
        Assert.Equal(9504, (int)Show()["rows"]!);
        Assert.Equal(8760, (int)Show("--version", "0")["rows"]!);
        Assert.Equal(8760, (int)Show("--timestamp", (string)history[1]!["committed"]!)["rows"]!);
        Assert.Equal(9504, (int)Show("--timestamp", (string)history[0]!["committed"]!)["rows"]!);
        var tooOld = bikes.Ask("table", "show", "hourly", "--timestamp", "2011-01-01").Exits(1);
        Assert.StartsWith("'hourly' has no version as old as 2011-01-01 00:00:00Z. Its versions are: 0, 1; ", tooOld.Error, StringComparison.Ordinal);
    }
}
