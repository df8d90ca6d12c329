using System.Diagnostics;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources;

/// <summary>A process that is killed anywhere in a load, and started again, leaves the table that one load would have left.</summary>
public sealed class PlaceKillTests
{
    public static TheoryData<string, bool> Places()
    {
        var places = new TheoryData<string, bool>();
        foreach (var take in new[] { false, true })
        {
            foreach (var failpoint in new[]
            {
                "run.attempt-started", "source.fetched", "lake.staged", "quarantine.staged", "quarantine.entry-put", "lake.entry-written", "lake.entry-put",
                "lake.committed", "source.before-acknowledge", "source.acknowledged", "run.version-committed", "run.before-release", "run.released",
            })
            {
                places.Add(failpoint, take);
            }
        }

        return places;
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void A_load_that_dies_is_finished_by_the_next_run(string failpoint, bool take)
    {
        using var project = new SampleProject().Write("inbox/a.csv", "id,at,x\n1,1,1\n2,2,bad\n3,3,3\n").Write("sources/s.yaml", $$"""
            type: folder
            folder: {path: inbox, pattern: "*.csv", take: {{(take ? "true" : "false")}}}
            format: csv
            key: id
            cursor: {column: at}
            columns: [{name: id, type: bigint}, {name: at, type: bigint}, {name: x, type: bigint}]
            """);
        Assert.Equal(0, Cli(project, null, "run"));
        project.Write("inbox/b.csv", "id,at,x\n3,3,3\n4,4,4\n5,5,worse\n");
        Assert.NotEqual(0, Cli(project, failpoint, "run"));
        Assert.Equal(0, Cli(project, null, "run"));

        Assert.Equal(["1|1", "3|3", "4|4"], project.Rows("SELECT id, x FROM s ORDER BY id"));
        Assert.Equal(["open|bad", "open|worse"], project.Rows("SELECT state, regexp_extract(reason, '(bad|worse)') FROM s__quarantine ORDER BY 2"));
        Assert.Equal(take ? 0 : 2, Directory.EnumerateFiles(Path.Combine(project.Folder, "inbox")).Count());
        Assert.Equal(2, Directory.EnumerateDirectories(Path.Combine(project.Folder, ".millrace/landing/s")).Count());

        project.Write("inbox/c.csv", "id,at,x\n6,6,6\n");
        Assert.Equal(0, Cli(project, null, "run"));
        Assert.Equal(["1", "3", "4", "6"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("lake.staged")]
    [InlineData("quarantine.staged")]
    [InlineData("quarantine.entry-put")]
    [InlineData("lake.entry-written")]
    [InlineData("lake.entry-put")]
    [InlineData("run.version-committed")]
    [InlineData("run.before-release")]
    public void A_replay_that_dies_is_finished_by_the_next_one_and_a_row_comes_in_once(string failpoint)
    {
        using var project = new SampleProject().Write("data/a.csv", "id,x\n1,1\n2,2\n2,3\n").Write("sources/s.yaml", """
            type: csv
            path: data/*.csv
            columns: [{name: id, type: bigint}, {name: x, type: bigint}]
            checks: [{unique: id, on_fail: quarantine}]
            """);
        Assert.Equal(0, Cli(project, null, "run"));
        Assert.Equal(0, Cli(project, null, "quarantine", "drop", "s", "--where", "\"row\" LIKE '%3%'", "--message", "older"));
        Assert.NotEqual(0, Cli(project, failpoint, "quarantine", "replay", "s"));
        Assert.Equal(0, Cli(project, null, "quarantine", "replay", "s"));
        Assert.Equal(["1|1", "2|2"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal(["dropped", "replayed"], project.Rows("SELECT state FROM s__quarantine ORDER BY 1"));
        Assert.Equal(0, Cli(project, null, "run"));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM s"));
    }

    [Fact]
    public void A_run_after_a_replay_that_died_before_its_release_releases_it()
    {
        using var project = new SampleProject().Write("data/a.csv", "id,x\n1,1\n2,2\n2,3\n").Write("sources/s.yaml", """
            type: csv
            path: data/*.csv
            columns: [{name: id, type: bigint}, {name: x, type: bigint}]
            checks: [{unique: id, on_fail: quarantine}]
            """);
        Assert.Equal(0, Cli(project, null, "run"));
        Assert.Equal(0, Cli(project, null, "quarantine", "drop", "s", "--where", "\"row\" LIKE '%3%'", "--message", "older"));
        Assert.NotEqual(0, Cli(project, "lake.entry-put", "quarantine", "replay", "s"));
        Assert.Equal(0, Cli(project, null, "run"));
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    private static int Cli(SampleProject project, string? failpoint, params string[] words)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Millrace.Cli" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, [.. words, "--project", project.Folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MILLRACE_FAILPOINT");
        if (failpoint is not null)
            start.Environment["MILLRACE_FAILPOINT"] = failpoint;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(failpoint is not null || process.ExitCode == 0, error.GetAwaiter().GetResult());
        return process.ExitCode;
    }
}
