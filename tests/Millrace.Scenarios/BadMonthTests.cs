namespace Millrace.Scenarios;

public sealed class BadMonthTests
{
    /// <summary>A month of 741 rows of which five cannot be true, each for another reason.</summary>
    internal static void ArriveBad(Workshop bikes) => bikes.ArriveChanged(
        "2012-01", (3, "cnt", ""), (4, "cnt", "-1"), (5, "temp", "warm"), (6, "hr", "25"), (7, "casual", "1"));

    [Fact]
    public void Rows_that_cannot_be_true_are_kept_aside_with_their_reasons_and_the_counts_reconcile()
    {
        using var bikes = Workshop.AfterFirstRun();
        ArriveBad(bikes);

        var run = bikes.Run();

        var rows = run.Asset("rides")["rows"]!;
        Assert.Equal("741 = 736 + 5, 9381", $"{rows["in"]} = {rows["out"]} + {rows["quarantined"]}, {rows["total"]}");
        Assert.Equal(
            """
            required(cnt),data/2012-01.csv,3,
            between(cnt),data/2012-01.csv,4,-1
            contract,data/2012-01.csv,5,warm
            between(hr),data/2012-01.csv,6,25
            rides_add_up,data/2012-01.csv,7,5
            """.ReplaceLineEndings("\n"),
            bikes.Query("""
                SELECT check_id, source, line, "row"::JSON ->> CASE check_id WHEN 'contract' THEN 'temp' WHEN 'between(hr)' THEN 'hr' ELSE 'cnt' END
                FROM rides__quarantine ORDER BY line
                """));
        Assert.Equal(736, bikes.Number("SELECT count(*) FROM rides WHERE yr = 1"));
        Assert.Equal("744,8", bikes.Query("SELECT count(*), count(*) FILTER (NOT has_record) FROM hourly WHERE hour >= '2012-01-01'"));
        Assert.Equal(5, (int)bikes.Ask("table", "show", "rides", "--json").Exits(0).Json["quarantined"]!);
    }

    [Fact]
    public void A_code_outside_of_the_code_book_blocks_and_nothing_of_prod_moves()
    {
        using var bikes = Workshop.AfterFirstRun();
        var (contents, releases) = (bikes.Contents(), bikes.Ask("releases", "--json").Exits(0).Out);
        bikes.ArriveChanged("2012-01", (9, "season", "9"));

        var run = bikes.Ask("run").Exits(1);

        Assert.Contains(
            "rides: check 'in_set(season)' (sources/rides.yaml:33) says that season is one of 1, 2, 3, 4; it found 1 of 741 new rows, for example {\"season\":9}\n",
            run.Out,
            StringComparison.Ordinal);
        Assert.Contains("Nothing was released in 'prod'.", run.Out, StringComparison.Ordinal);
        Assert.Equal(contents, bikes.Contents());
        Assert.Equal(releases, bikes.Ask("releases", "--json").Exits(0).Out);
        Assert.Single(Directory.GetFiles(bikes.TableFolder("rides"), "*.parquet"));

        File.Delete(Path.Combine(bikes.Project, "data", "2012-01.csv"));
        bikes.Arrive("2012-01");
        Assert.Equal("rides computed, hourly computed, hourly_features computed", bikes.Run().Outcomes());
    }

    [Fact]
    public void What_does_not_stand_on_the_blocked_source_is_released()
    {
        using var bikes = Workshop.AfterFirstRun();
        bikes.Write("data/stations/all.csv", "id,docks\n1,20\n2,15\n");
        bikes.Write("sources/stations.yaml", "type: csv\npath: data/stations/*.csv\ncolumns:\n  - {name: id, type: integer, required: true}\n  - {name: docks, type: integer}\n");
        bikes.Write("tables/capacity.sql", "SELECT sum(docks) AS docks FROM stations\n");
        bikes.ArriveChanged("2012-01", (9, "season", "9"));

        var run = bikes.Ask("run", "--json").Exits(1);

        Assert.Equal("rides blocked, stations computed, capacity computed, hourly held, hourly_features held", string.Join(", ", run.Outcomes().Split(", ").Order(
            Comparer<string>.Create((a, b) => Array.IndexOf(Order, a.Split(' ')[0]) - Array.IndexOf(Order, b.Split(' ')[0])))));
        Assert.Equal(["source stations", "table capacity"], run.Json["release"]!["moves"]!.AsArray().Select(m => (string)m!["asset"]!));
        Assert.Equal("35,8645", bikes.Query("SELECT (SELECT docks FROM capacity), (SELECT count(*) FROM rides)"));
    }

    private static readonly string[] Order = ["rides", "stations", "capacity", "hourly", "hourly_features"];
}
