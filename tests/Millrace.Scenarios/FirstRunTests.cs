namespace Millrace.Scenarios;

public sealed class FirstRunTests
{
    [Fact]
    public void A_first_run_loads_computes_releases_and_says_what_to_do_next()
    {
        using var bikes = Workshop.OfSample();

        var run = bikes.Ask("run").Exits(0);

        Assert.Matches(@"rides +loaded +8,645 +8,645 +0 ", run.Out);
        Assert.Matches(@"hourly +computed 365 days +8,760 +8,760 +0 ", run.Out);
        Assert.Matches(@"hourly_features +computed 365 days +8,760 +8,760 +0 ", run.Out);
        Assert.Contains("Released as release 1 of 'prod': rides, hourly and hourly_features.", run.Out, StringComparison.Ordinal);
        Assert.Contains("What to do next:\n  millrace query \"SELECT * FROM hourly_features LIMIT 10\"\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("8645,8760,8760", bikes.Query("SELECT (SELECT count(*) FROM rides), (SELECT count(*) FROM hourly), (SELECT count(*) FROM hourly_features)"));
    }

    [Fact]
    public void A_second_run_says_that_all_stands_and_computes_nothing()
    {
        using var bikes = Workshop.AfterFirstRun();

        var again = bikes.Ask("run").Exits(0);
        var json = bikes.Ask("run", "--json").Exits(0);

        Assert.StartsWith("Everything stands. Nothing was computed. Release 1 ", again.Out, StringComparison.Ordinal);
        Assert.Empty(again.Moments);
        Assert.Equal("rides unchanged, hourly unchanged, hourly_features unchanged", json.Outcomes());
        Assert.Null(json.Json["run"]);
        Assert.Single(bikes.Ask("releases", "--json").Exits(0).Json.AsArray());
    }

    [Fact]
    public void A_query_gives_the_known_sums_in_every_format()
    {
        using var bikes = Workshop.AfterFirstRun();
        const string Sql = "SELECT year(hour) AS year, sum(rides) AS rides FROM hourly GROUP BY ALL";

        Assert.Equal("year,rides\n2011,1243103\n", bikes.Ask("query", Sql).Exits(0).Out);
        Assert.Equal("year,rides\n2011,1243103\n", bikes.Ask("query", Sql, "--format", "csv").Exits(0).Out);
        Assert.Equal("""[{"year":2011,"rides":1243103}]""", bikes.Ask("query", Sql, "--format", "json").Exits(0).Json.ToJsonString());
        Assert.Matches(@"^year +rides\n─+ +─+\n2011 +1243103\n1 row\.\n$", bikes.Ask("query", Sql, "--format", "table").Exits(0).Out);
    }

    [Fact]
    public void Each_command_that_a_run_suggests_works_as_it_is_written()
    {
        using var bikes = Workshop.OfSample();
        var run = bikes.AskIn(bikes.Folder, "run", "bikes").Exits(0);

        var suggested = run.Out[run.Out.IndexOf("What to do next:", StringComparison.Ordinal)..].Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).ToList();

        Assert.Equal(3, suggested.Count);
        foreach (var line in suggested)
            bikes.AskIn(bikes.Folder, WordsOf(line)).Exits(0);
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("run")]
    [InlineData("query", "SELECT * FROM hourly LIMIT 2")]
    [InlineData("table", "show", "hourly")]
    [InlineData("table", "history", "hourly")]
    [InlineData("check")]
    [InlineData("lineage", "hourly")]
    [InlineData("lineage", "hourly.rides")]
    [InlineData("status")]
    [InlineData("releases")]
    [InlineData("resume")]
    [InlineData("doctor")]
    public void Every_command_answers_programs_with_one_JSON_document(params string[] words)
    {
        using var bikes = Workshop.AfterFirstRun();

        Assert.NotNull(bikes.Ask([.. words, "--json"]).Exits(0).Json);
    }

    [Theory]
    [InlineData(1, "rollback")]
    [InlineData(1, "query", "SELECT * FROM nothing")]
    [InlineData(2, "run", "--env", "nowhere")]
    [InlineData(2, "rnu")]
    public void What_cannot_be_done_is_one_JSON_document_too(int code, params string[] words)
    {
        using var bikes = Workshop.AfterFirstRun();

        Assert.NotEqual("", (string)bikes.Ask([.. words, "--json"]).Exits(code).Json["error"]!["message"]!);
    }

    /// <summary>The words of a line as a shell would take them.</summary>
    internal static string[] WordsOf(string line)
    {
        var parts = line.Trim().Split('"');
        return [.. parts.SelectMany((p, i) => i % 2 == 1 ? [p] : p.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Skip(1)];
    }
}
