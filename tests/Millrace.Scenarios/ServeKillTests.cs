namespace Millrace.Scenarios;

/// <summary>What was answered stays, whatever is killed: the server in the middle of requests, the run that trains.</summary>
public sealed class ServeKillTests(ITestOutputHelper output)
{
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_KILLS"), CultureInfo.InvariantCulture, out var kills) ? Math.Max(3, kills / 5) : 4;

    [Fact]
    public async Task Every_answered_prediction_is_logged_once_though_the_server_is_killed_again_and_again()
    {
        using var bikes = Workshop.OfWholeSample();
        bikes.Run();
        var answered = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var server = Server.Start(bikes);
            var traffic = new Traffic(server.Address, Year2012.Rows) { Answered = answered };
            var going = traffic.KeepGoing("2012-01", kill);
            await traffic.FirstAnswer();
            await Task.Delay(TimeSpan.FromMilliseconds(20 + (kill * 170)), TestContext.Current.CancellationToken);
            server.Kill();
            await going.Stop();

            // A request that the kill cut off is sent again, as a client would; it may have been logged already.
            using var again = Server.Start(bikes);
            await new Traffic(again.Address, Year2012.Rows) { Answered = answered }.Retry("2012-01", traffic.CutOff);
        }

        var logged = bikes.Query("SELECT prediction_id FROM demand__predictions ORDER BY 1").Split('\n');
        output.WriteLine($"{Kills} kills, {answered.Count} predictions answered, {logged.Length} logged");
        Assert.True(answered.Count > Kills);
        Assert.Equal(logged.Length, logged.Distinct().Count());
        Assert.Equal(answered.Order(StringComparer.Ordinal), logged.Order(StringComparer.Ordinal));
        Assert.Equal(answered.Count, bikes.Number("SELECT count(*) FROM demand__predictions"));
        bikes.Ask("run", "--due").Exits(0);
        Assert.Equal(answered.Count, bikes.Number("SELECT count(*) FROM demand__predictions"));
        bikes.Ask("doctor").Exits(0);
    }

    [Fact]
    public void A_training_that_is_killed_before_it_is_registered_is_done_again_and_counts_once()
    {
        using var bikes = Workshop.OfWholeSample();
        bikes.DieAt("model.kept");
        var after = bikes.Run();
        Assert.Equal("computed", after.Outcome("model demand"));
        var model = Assert.Single(bikes.Ask("model", "list", "--json").Exits(0).Json.AsArray())!;
        Assert.Equal((1L, true), ((long)model["version"]!, (bool)model["champion"]!));
        Assert.StartsWith("Everything stands.", bikes.Ask("run").Exits(0).Out, StringComparison.Ordinal);
        bikes.Ask("verify", "demand@1").Exits(0);
    }
}
