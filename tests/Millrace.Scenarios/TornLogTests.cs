namespace Millrace.Scenarios;

public sealed class TornLogTests
{
    [Fact]
    public void A_torn_log_entry_is_named_with_a_way_out_and_a_rollback_takes_it()
    {
        using var bikes = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        bikes.Arrive("2012-01");
        bikes.Run();
        var torn = bikes.NewestLogEntry("hourly");
        using (var file = File.OpenWrite(torn))
            file.SetLength(700);

        var query = bikes.Ask("query", "SELECT count(*) FROM hourly").Exits(1);
        Assert.Contains(torn, query.Error, StringComparison.Ordinal);
        Assert.Contains("'millrace rollback'", query.Error, StringComparison.Ordinal);
        bikes.Arrive("2012-02");
        var run = bikes.Ask("run").Exits(1);
        Assert.Contains(torn, run.Out, StringComparison.Ordinal);
        Assert.Contains(torn, bikes.Ask("doctor").Exits(1).Out, StringComparison.Ordinal);

        bikes.Ask("rollback", "--to", "1").Exits(0);

        Assert.Equal(before, bikes.Contents());
        bikes.Ask("doctor").Exits(0);
    }

    [Fact]
    public void A_torn_log_entry_that_is_deleted_as_its_message_says_gives_the_table_back()
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Arrive("2012-01");
        bikes.Run();
        var torn = bikes.NewestLogEntry("hourly");
        using (var file = File.OpenWrite(torn))
            file.SetLength(700);
        bikes.Ask("rollback").Exits(0);
        bikes.Arrive("2012-02");

        var held = bikes.Ask("run").Exits(1);
        Assert.Contains($"'{torn}' is no whole Delta log entry", held.Out, StringComparison.Ordinal);
        Assert.Contains("delete it: the table is then at version 0 again", held.Out, StringComparison.Ordinal);
        File.Delete(torn);

        // Its number stands in the ledger for the deleted commit, so the first commit after it is not counted, and says so.
        Assert.Contains("Version 1 of table hourly is in the ledger already, with another log entry", bikes.Ask("run").Exits(1).Out, StringComparison.Ordinal);
        Assert.Equal("rides unchanged, hourly computed, hourly_features computed", bikes.Run().Outcomes());
        Assert.Equal("9456", bikes.Query("SELECT count(*) FROM hourly"));
        bikes.Ask("doctor").Exits(0);
    }
}
