using System.Text.Json.Nodes;

namespace Millrace.Scenarios;

/// <summary>The whole loop on the sample, as its users go round it: trained, served, watched, retrained, taken back, proved.</summary>
public sealed class LoopTests
{
    [Fact]
    public async Task A_model_is_served_watched_retrained_and_taken_back_and_its_first_version_is_rebuilt()
    {
        using var bikes = Workshop.OfWholeSample();
        var first = bikes.Run();
        Assert.Equal("computed", first.Outcome("model demand"));
        Assert.Equal("demand@1", Champion(bikes));

        using var server = Server.Start(bikes);
        var traffic = new Traffic(server.Address, Year2012.Rows);
        Assert.Equal(new JsonArray("1").ToJsonString(), (await traffic.Metadata())["versions"]!.ToJsonString());

        var retrained = await MonthsUntilRetrained(bikes, traffic);
        Assert.NotNull(retrained);

        // Requests went on while the new version came into force: none failed, and the last ones were answered by it.
        Assert.Equal(0, traffic.Failures);
        var newer = Champion(bikes).Split('@')[1];
        Assert.Equal(newer, await traffic.VersionWithin(TimeSpan.FromMinutes(2), newer));
        Assert.Equal(traffic.Rows, bikes.Number("SELECT count(DISTINCT prediction_id) FROM demand__predictions"));
        Assert.Equal(traffic.Rows, bikes.Number("SELECT count(*) FROM demand__predictions"));
        Assert.True(bikes.Number("SELECT count(*) FROM demand__performance WHERE metric = 'mae' AND is_worse") > 0);

        bikes.Ask("rollback", "--to", "1", "--message", "a trial").Exits(0);
        Assert.Equal("demand@1", Champion(bikes));
        Assert.Equal(8645, bikes.Number("SELECT count(*) FROM rides"));
        Assert.Equal("1", await traffic.VersionWithin(TimeSpan.FromMinutes(2), "1"));

        // Predictions go on to be logged and measured, and the policy asks for nothing until someone resumes it.
        await traffic.Send("2012-12");
        var paused = bikes.Ask("run", "--due", "--as-of", "2013-01-01").Exits(0);
        Assert.Equal("demand@1", Champion(bikes));
        Assert.Contains("resume demand", paused.Out + bikes.Ask("status").Exits(0).Out, StringComparison.Ordinal);

        var rebuilt = bikes.Ask("verify", "demand@1").Exits(0);
        Assert.Contains("same", rebuilt.Out, StringComparison.Ordinal);
        bikes.Ask("doctor").Exits(0);
    }

    /// <summary>Lets the months of 2012 come one after another: first asked for, then known, then looked at.</summary>
    private static async Task<string?> MonthsUntilRetrained(Workshop bikes, Traffic traffic)
    {
        for (var month = 1; month <= 11; month++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"2012-{month:00}");
            var next = string.Create(CultureInfo.InvariantCulture, $"2012-{month + 1:00}-01");
            await traffic.Send(name);
            bikes.Arrive(name);
            bikes.Ask("run", "--as-of", next).Exits(0);

            // Automation runs what is released: what someone is writing in the folder is none of its business.
            bikes.Write("tables/unfinished.sql", "SELECT rides FROM");
            var going = traffic.KeepGoing(name);
            var due = bikes.Ask("run", "--due", "--json", "--as-of", next);
            await Task.Delay(TimeSpan.FromSeconds(2));
            await going.Stop();
            File.Delete(Path.Combine(bikes.Project, "tables", "unfinished.sql"));
            if (Champion(bikes) != "demand@1")
                return due.Exits(0).Out;
        }

        return null;
    }

    private static string Champion(Workshop bikes)
    {
        var row = bikes.Ask("model", "list", "--json").Exits(0).Json.AsArray().Single(m => (bool)m!["champion"]!)!;
        return $"{(string)row["model"]!}@{(long)row["version"]!}";
    }
}
