using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Millrace.Scenarios;

/// <summary>What a person reads who gave something wrong, compared with files in <c>bad-input</c>; <c>MILLRACE_ACCEPT=1</c> writes these anew.</summary>
public sealed partial class BadInputTests
{
    private const int Refused = 1;
    private const int Wrong = 2;

    [Fact]
    public void No_file_at_all()
    {
        using var bikes = Workshop.OfSample();
        foreach (var file in Directory.GetFiles(Path.Combine(bikes.Project, "data")))
            File.Delete(file);

        Compare("no-file", bikes, bikes.Ask("run").Exits(Refused));
        Assert.Equal("[]", bikes.Ask("releases", "--json").Exits(0).Out.Trim());
    }

    [Fact]
    public void Another_delimiter() => Tell("delimiter", Refused, bikes => bikes.Write("data/2012-01.csv", January().Replace(',', ';')));

    [Fact]
    public void A_column_whose_values_are_written_in_another_way() => Tell(
        "type", Refused, bikes => bikes.Write("data/2012-01.csv", Day().Replace(January(), "$3.$2.$1")));

    [Fact]
    public void An_empty_file() => Tell("empty-file", Refused, bikes => bikes.Write("data/2012-01.csv", ""));

    [Fact]
    public void A_column_that_SQL_cannot_find() => Tell("sql-column", Wrong, bikes => bikes.Edit("tables/hourly.sql", "rides.temp * 47", "rides.tmp * 47"));

    [Fact]
    public void SQL_that_cannot_be_read() => Tell("sql-syntax", Wrong, bikes => bikes.Edit("tables/hourly.sql", "CROSS JOIN", "CROSS JION"));

    [Fact]
    public void Tables_that_read_each_other() => Tell(
        "cycle", Wrong, bikes => bikes.Edit("tables/hourly.sql", "LEFT JOIN rides ON", "LEFT JOIN hourly_features ON true LEFT JOIN rides ON"));

    [Fact]
    public void An_unknown_check() => Tell("unknown-check", Wrong, bikes => bikes.Edit("sources/rides.yaml", "row_count:", "row_cuont:"));

    [Fact]
    public void An_unknown_key() => Tell("unknown-key", Wrong, bikes => bikes.Edit("sources/rides.yaml", "owner:", "ownr:"));

    [Theory]
    [InlineData("source-table", "sources/hourly.yaml", "type: csv\npath: data/*.csv\ncolumns:\n  - {name: hour, type: timestamp}\n")]
    [InlineData("features-table", "features/hourly.yaml", "entity: hour\n")]
    [InlineData("features-source", "features/rides.yaml", "entity: hour\n")]
    public void One_name_for_two(string name, string file, string text) => Tell("one-name-" + name, Wrong, bikes => bikes.Write(file, text));

    [Fact]
    public void Several_mistakes_are_told_at_once() => Tell("several", Wrong, bikes =>
    {
        bikes.Edit("sources/rides.yaml", "owner:", "ownr:");
        bikes.Edit("tables/hourly.sql", "CROSS JOIN", "CROSS JION");
        bikes.Edit("tables/hourly_features.sql", "kind: incremental", "kind: incremntal");
    });

    /// <summary>Breaks a project that has a release, and wants that release to stay in force.</summary>
    private static void Tell(string name, int code, Action<Workshop> breakIt, [CallerFilePath] string here = "")
    {
        using var bikes = Workshop.AfterFirstRun();
        var whole = bikes.Again();
        using (whole)
        {
            breakIt(bikes);
            Compare(name, bikes, bikes.Ask("run").Exits(code), here);

            // What stands is asked for with the whole project beside the broken one's state.
            var query = whole.Ask("query", "SELECT (SELECT count(*) FROM rides), (SELECT sum(rides) FROM hourly)", "--home", bikes.Home).Exits(0);
            Assert.Equal("8645,1243103", query.Out.Split('\n')[1]);
            Assert.Single(whole.Ask("releases", "--home", bikes.Home, "--json").Exits(0).Json.AsArray());
        }
    }

    private static string January() => File.ReadAllText(Path.Combine(Workshop.Sample(), "later", "2012-01.csv"));

    private static void Compare(string name, Workshop bikes, Answer answer, [CallerFilePath] string here = "")
    {
        // The table above the messages is laid out for the eye, and the command line's own tests hold its form.
        var messages = answer.Out[(answer.Out.IndexOf("\n\n", StringComparison.Ordinal) is > 0 and var end ? end + 2 : 0)..];
        var text = $"exit code {answer.ExitCode}\n{messages}{answer.Error}".Replace(bikes.Project, "PROJECT", StringComparison.Ordinal);
        text = Elapsed().Replace(RunId().Replace(text, "$1"), "TIME");
        text = string.Join('\n', text.Split('\n').Select(l => Spaces().Replace(l.TrimEnd(), "$1  ")));
        var file = Path.Combine(Path.GetDirectoryName(here)!, "bad-input", name + ".txt");
        if (Environment.GetEnvironmentVariable("MILLRACE_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    [GeneratedRegex(@"(?m)(\d{4})-(\d\d)-(\d\d)")]
    private static partial Regex Day();

    [GeneratedRegex(@"(run-\d+)-[0-9a-f]{8}")]
    private static partial Regex RunId();

    [GeneratedRegex(@"\b\d+(\.\d+)? (ms|s)\b")]
    private static partial Regex Elapsed();

    [GeneratedRegex(@"(\S) {2,}")]
    private static partial Regex Spaces();
}
