namespace Millrace.Scenarios;

public sealed class ForeignLogTests
{
    [Fact]
    public void Rows_that_another_program_commits_to_a_table_never_appear_and_the_next_version_takes_them_out()
    {
        using var bikes = Workshop.AfterFirstRun();
        using var undisturbed = Workshop.AfterFirstRun();
        var before = bikes.Contents();
        CommitTwice(bikes, "rides", 1);
        CommitTwice(bikes, "hourly", 1);

        Assert.Equal(before, bikes.Contents());
        foreach (var project in new[] { bikes, undisturbed })
        {
            project.Arrive("2012-01");
            Assert.Equal("rides computed, hourly computed, hourly_features computed", project.Run().Outcomes());
        }

        Assert.Equal(undisturbed.Contents(), bikes.Contents());
        foreach (var table in new[] { "rides", "hourly" })
        {
            Assert.EndsWith("00000000000000000002.json", bikes.NewestLogEntry(table), StringComparison.Ordinal);
            Assert.Contains("{\"remove\":{\"path\":\"foreign.parquet\"", File.ReadAllText(bikes.NewestLogEntry(table)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_version_number_that_another_program_takes_before_our_entry_is_put_is_left_to_it()
    {
        using var bikes = Workshop.AfterFirstRun();
        using var undisturbed = Workshop.AfterFirstRun();
        undisturbed.Arrive("2012-01");
        undisturbed.Run();
        bikes.Arrive("2012-01");
        bikes.DieAt("lake.entry-written");
        CommitTwice(bikes, "rides", 1);

        bikes.Run();

        Assert.Equal(undisturbed.Contents(), bikes.Contents());
        Assert.Equal("2, 0", string.Join(", ", bikes.Ask("table", "history", "rides", "--json").Exits(0).Json.AsArray().Select(v => v!["version"])));
    }

    /// <summary>What a writer that knows nothing of us would do: append all of the table's rows once more.</summary>
    private static void CommitTwice(Workshop bikes, string table, int version)
    {
        var folder = bikes.TableFolder(table);
        var entry = File.ReadLines(Path.Combine(folder, "_delta_log", "00000000000000000000.json")).Single(l => l.StartsWith("{\"add\"", StringComparison.Ordinal));
        var path = (string)JsonNode.Parse(entry)!["add"]!["path"]!;
        File.Copy(Path.Combine(folder, path), Path.Combine(folder, "foreign.parquet"));
        File.WriteAllText(
            Path.Combine(folder, "_delta_log", string.Create(CultureInfo.InvariantCulture, $"{version:00000000000000000000}.json")),
            entry.Replace(path, "foreign.parquet", StringComparison.Ordinal) + "\n{\"commitInfo\":{\"timestamp\":1700000000000,\"operation\":\"WRITE\",\"engineInfo\":\"another\"}}\n");
    }
}
