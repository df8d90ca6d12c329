using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Project;

namespace Millrace.Tests.Project;

/// <summary>Drafts from files that other people wrote: every line is committed, or quarantined as the notes say.</summary>
public sealed partial class ProjectDraftDatasetTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("millrace-draft-").FullName, "project");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, true);

    [Theory]
    [InlineData("bike-sharing", "hour 17379")]
    [InlineData("telco-churn", "telco_customer_churn 7043")]
    [InlineData("titanic", "titanic_reference 891, titanic_analysis 418, titanic_target 418")]
    [InlineData("german-credit", "german 1000, german_credit_decoded 1000")]
    [InlineData("movielens-small", "movies 9742 98, ratings 99979")]
    [InlineData("eshop-sales", "orders 17694, products_stats 60985")]
    [InlineData("fraud-transactions", "transactions 1168978")]
    [InlineData("sms-spam", "sms 5574")]
    [InlineData("elec2", "elec 45312")]
    [InlineData("optdigits", "optdigits_train 3823, optdigits_test 1797")]
    public void Every_line_of_a_public_data_set_is_committed_or_quarantined_as_the_notes_say(string set, string sources)
    {
        var report = ProjectTemplate.Draft(_folder, set, [Data(set)]);
        foreach (var note in report.Notes)
            output.WriteLine(note);

        var counts = DraftRun.Run(_folder);
        var wanted = sources.Split(", ").Select(s => s.Split(' ')).ToDictionary(w => w[0], w => w[1..].Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray());
        Assert.Equal(wanted.Count * 2, counts.Count);
        foreach (var (name, rows) in wanted)
        {
            var quarantined = report.Notes.Where(n => n.StartsWith(name + ": ", StringComparison.Ordinal)).Select(n => WillBe().Match(n))
                .Where(m => m.Success).Sum(m => long.Parse(m.Groups[1].ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
            Assert.Equal(rows.ElementAtOrDefault(1), quarantined);
            Assert.Equal((rows[0], rows[0] - quarantined, quarantined), counts[name]);
            Assert.Equal((rows[0] - quarantined, rows[0] - quarantined, 0), counts[name + "_clean"]);
        }
    }

    [Fact]
    public void A_sum_that_holds_in_every_row_becomes_a_check()
    {
        ProjectTemplate.Draft(_folder, "bikes", [Path.Combine(Data("bike-sharing"), "hour.csv")]);
        var text = File.ReadAllText(Path.Combine(_folder, "sources/hour.yaml"));
        Assert.Contains("expression: casual + registered = cnt", text, StringComparison.Ordinal);
        Assert.Contains("time_column: dteday", text, StringComparison.Ordinal);
    }

    internal static string Data(string set)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_DATASETS");
        if (string.IsNullOrEmpty(root))
            Assert.Skip("MILLRACE_DATASETS does not name the folder with the data sets.");
        return Path.Combine(root, set);
    }

    [GeneratedRegex("([0-9,]+) rows? of [0-9,]+ will be quarantined")]
    private static partial Regex WillBe();
}
