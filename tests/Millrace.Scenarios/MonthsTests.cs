namespace Millrace.Scenarios;

public sealed class MonthsTests
{
    private static readonly string[] Months = [.. Enumerable.Range(1, 12).Select(m => $"2012-{m:00}")];

    [Fact]
    public void Each_month_that_arrives_computes_its_own_days_and_the_end_is_as_if_all_had_come_at_once()
    {
        using var monthly = Workshop.AfterFirstRun();
        foreach (var (month, number) in Months.Select((m, i) => (m, i + 1)))
        {
            var days = DateTime.DaysInMonth(2012, number);
            monthly.Arrive(month);

            var run = monthly.Run();

            Assert.Equal("rides computed, hourly computed, hourly_features computed", run.Outcomes());
            foreach (var table in new[] { "hourly", "hourly_features" })
            {
                Assert.Equal(days, (int)run.Asset(table)["intervals"]!);
                Assert.Equal(days * 24, (int)run.Asset(table)["rows"]!["in"]!);
                Assert.Equal(days * 24, (int)run.Asset(table)["rows"]!["out"]!);
            }

            Assert.Equal(File.ReadLines(Path.Combine(monthly.Project, "data", month + ".csv")).Count() - 1, (int)run.Asset("rides")["rows"]!["in"]!);
        }

        using var atOnce = Workshop.OfSample();
        atOnce.Arrive(Months);
        atOnce.Run();

        Assert.Equal("17379,17544,17544", monthly.Query("SELECT (SELECT count(*) FROM rides), (SELECT count(*) FROM hourly), (SELECT count(*) FROM hourly_features)"));
        foreach (var table in new[] { "rides", "hourly", "hourly_features" })
            AssertEqualRows(monthly, atOnce, table);
        Assert.Equal("good", string.Join(' ', monthly.Ask("doctor", "--json").Exits(0).Json.AsArray().Select(f => (bool)f!["good"]! ? "good" : (string)f["message"]!).Distinct()));
    }

    /// <summary>Neither has a row that the other lacks. Floating sums may differ in their last digits, so they are compared rounded.</summary>
    private static void AssertEqualRows(Workshop one, Workshop other, string table)
    {
        var columns = one.Ask("table", "show", table, "--json").Exits(0).Json["columns"]!.AsArray();
        var list = string.Join(", ", columns.Select(c => (string)c!["type"]! == "double" ? $"round({(string)c["name"]!}, 9) AS {(string)c["name"]!}" : (string)c["name"]!));
        var file = Path.Combine(other.Folder, table + ".csv");
        var here = Path.Combine(one.Folder, table + ".csv");
        File.WriteAllText(file, other.Ask("query", $"SELECT {list} FROM {table}", "--format", "csv").Exits(0).Out);
        File.WriteAllText(here, one.Ask("query", $"SELECT {list} FROM {table}", "--format", "csv").Exits(0).Out);

        var differences = one.AskIn(one.Folder, "query", $"""
            SELECT count(*) FROM (
                (SELECT * FROM read_csv('{here}', all_varchar = true) EXCEPT ALL SELECT * FROM read_csv('{file}', all_varchar = true))
                UNION ALL
                (SELECT * FROM read_csv('{file}', all_varchar = true) EXCEPT ALL SELECT * FROM read_csv('{here}', all_varchar = true)))
            """, "--format", "csv").Exits(0);

        Assert.Equal("0", differences.Out.Split('\n')[1]);
    }
}
