using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources;

/// <summary>A place outside is asked on every run; what is new comes in once, whatever the place gives again.</summary>
public sealed class PlaceLoadTests
{
    private const string Cursor = "cursor: {column: at}";

    [Fact]
    public void What_is_new_comes_in_once_and_a_run_that_finds_nothing_releases_nothing()
    {
        using var project = Inbox("").Table("sums", "SELECT count(*) AS n, sum(x) AS x FROM s").Write("inbox/a.csv", "id,at,x\n1,1,10\n2,2,20\n");
        Assert.Equal("s computed, sums computed", Outcomes(project.RunWell()));
        Assert.Equal(["2|30"], project.Rows("SELECT * FROM sums"));

        var idle = project.RunWell();
        Assert.Equal("", Outcomes(idle));
        Assert.Null(idle.Release);
        Assert.Equal("asks folder for what is new", Of(idle, "s").Reason);
        Assert.Equal("asked folder: nothing new", Of(idle, "s").Message);

        Assert.Equal("s computed, sums computed", Outcomes(project.Write("inbox/b.csv", "id,at,x\n3,3,5\n").RunWell()));
        Assert.Equal(["3|35"], project.Rows("SELECT * FROM sums"));
    }

    [Fact]
    public void A_plan_asks_nothing_and_says_so()
    {
        using var project = Inbox("").Write("inbox/a.csv", "id,at,x\n1,1,10\n");
        project.RunWell();
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n");
        using var engine = project.Open();
        var plan = engine.Plan(new RunRequest());
        var decision = Assert.Single(plan.Decisions);
        Assert.Equal((Millrace.Plans.PlanAction.Ask, "asks folder for what is new"), (decision.Action, decision.Reason));
        Assert.Equal("current", Assert.Single(engine.Status().Assets).State);
    }

    [Fact]
    public void Rows_at_the_boundary_that_stand_already_are_told_apart_by_their_key()
    {
        using var project = Inbox($"key: id\n{Cursor}").Write("inbox/a.csv", "id,at,x\n1,1,10\n2,2,20\n");
        project.RunWell();
        var result = project.Write("inbox/b.csv", "id,at,x\n1,1,10\n2,2,20\n3,2,30\n4,5,40\n").RunWell();
        Assert.Equal(["1|1|10", "2|2|20", "3|2|30", "4|5|40"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal((4, 2, 0, 2), Counts(result));
        Assert.Equal("5", (string?)Version(project).State!["cursor"]);
    }

    [Fact]
    public void Without_a_key_as_many_equal_rows_are_known_as_stand()
    {
        using var project = Inbox(Cursor).Write("inbox/a.csv", "id,at,x\n1,2,1\n1,2,1\n");
        project.RunWell();
        Assert.Equal((4, 1, 0, 3), Counts(project.Write("inbox/b.csv", "id,at,x\n1,2,1\n1,2,1\n1,2,1\n0,1,0\n").RunWell()));
        Assert.Equal(["3"], project.Rows("SELECT count(*) FROM s"));
    }

    [Fact]
    public void An_open_start_leaves_the_boundary_out_and_a_lag_reads_below_it_again()
    {
        using var open = Inbox("key: id\ncursor: {column: at, start: open}").Write("inbox/a.csv", "id,at,x\n1,5,1\n");
        open.RunWell();
        open.Write("inbox/b.csv", "id,at,x\n2,5,2\n3,6,3\n").RunWell();
        Assert.Equal(["1", "3"], open.Rows("SELECT id FROM s ORDER BY id"));

        using var lag = Inbox("key: id\ncursor: {column: at, lag: 3}").Write("inbox/a.csv", "id,at,x\n1,5,1\n2,9,1\n");
        lag.RunWell();
        lag.Write("inbox/b.csv", "id,at,x\n3,5,3\n4,6,4\n2,9,1\n").RunWell();
        Assert.Equal(["1", "2", "4"], lag.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void A_lag_of_a_time_is_a_time()
    {
        using var project = Inbox("key: id\ncursor: {column: at, lag: 1h, initial: 2024-01-01}", "timestamp")
            .Write("inbox/a.csv", "id,at,x\n0,2023-12-31 23:59:59,0\n1,2024-01-01 10:00:00,1\n");
        project.RunWell();
        Assert.Equal("2024-01-01 10:00:00", (string?)Version(project).State!["cursor"]);
        project.Write("inbox/b.csv", "id,at,x\n2,2024-01-01 08:59:59,2\n3,2024-01-01 09:00:00,3\n").RunWell();
        Assert.Equal(["1", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        Assert.Equal("2024-01-01 10:00:00", (string?)Version(project).State!["cursor"]);
    }

    [Fact]
    public void Rows_outside_of_initial_and_end_are_skipped_and_the_end_is_half_open()
    {
        using var project = Inbox("cursor: {column: at, initial: 2, end: 5}").Write("inbox/a.csv", "id,at,x\n1,1,1\n2,2,2\n4,4,4\n5,5,5\n");
        Assert.Equal((4, 2, 0, 2), Counts(project.RunWell()));
        Assert.Equal(["2", "4"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("include", "1,2", 0)]
    [InlineData("exclude", "1", 1)]
    public void Rows_without_a_cursor_value_are_taken_or_left_out_as_declared(string policy, string ids, int skipped)
    {
        using var project = Inbox($"key: id\ncursor: {{column: at, on_missing: {policy}}}").Write("inbox/a.csv", "id,at,x\n1,1,1\n2,,2\n");
        Assert.Equal(skipped, Counts(project.RunWell()).Skipped);
        project.Write("inbox/b.csv", "id,at,x\n1,1,1\n2,,2\n").RunWell();
        Assert.Equal(ids, string.Join(',', project.Rows("SELECT id FROM s ORDER BY id")));
    }

    [Fact]
    public void A_row_without_a_cursor_value_stops_the_load_where_nothing_else_is_said()
    {
        using var project = Inbox(Cursor).Write("inbox/a.csv", "id,at,x\n1,1,1\n2,,2\n");
        var result = Of(project.Run(), "s");
        Assert.Equal(AssetOutcome.Failed, result.Outcome);
        Assert.Contains("1 rows have no value in 'at'", result.Message);
        Assert.Contains("on_missing", result.Message);
        AssertNothingLies(project);
    }

    [Fact]
    public void Quarantined_rows_move_the_cursor_and_go_aside_once_though_they_come_again()
    {
        using var project = Inbox($"key: id\n{Cursor}\nchecks: [{{between: {{column: x, min: 0}}, on_fail: quarantine}}]")
            .Write("inbox/a.csv", "id,at,x\n1,1,1\n2,7,bad\n3,6,-1\n");
        Assert.Equal((3, 1, 2, 0), Counts(project.RunWell()));
        Assert.Equal("7", (string?)Version(project).State!["cursor"]);

        var again = project.Write("inbox/b.csv", "id,at,x\n2,7,bad\n4,8,4\n").RunWell();
        Assert.Equal((2, 1, 0, 1), Counts(again));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM s__quarantine"));
        Assert.Equal(["1", "4"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void Merge_keeps_the_newest_row_of_each_key()
    {
        using var project = Inbox($"key: id\nmode: merge\n{Cursor}").Write("inbox/a.csv", "id,at,x\n1,1,1\n1,3,13\n1,2,12\n2,1,2\n");
        Assert.Equal((4, 2, 0, 2), Counts(project.RunWell()));
        var result = project.Write("inbox/b.csv", "id,at,x\n2,9,22\n1,3,13\n3,9,3\n").RunWell();
        Assert.Equal(["1|3|13", "2|9|22", "3|9|3"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal((3, 2, 0, 1), Counts(result));
        Assert.Equal(3, Of(result, "s").Rows.Total);
        Assert.Equal("", Outcomes(project.Write("inbox/c.csv", "id,at,x\n2,9,22\n").RunWell()));
    }

    [Fact]
    public void Merge_without_a_cursor_takes_the_row_that_came_last()
    {
        using var project = Inbox("key: id\nmode: merge").Write("inbox/a.csv", "id,at,x\n1,1,1\n1,1,2\n2,1,5\n");
        project.RunWell();
        project.Write("inbox/b.csv", "id,at,x\n1,1,3\n").RunWell();
        Assert.Equal(["1|1|3", "2|1|5"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Fact]
    public void Changes_insert_update_and_delete_in_the_order_in_which_they_came()
    {
        using var project = Inbox("key: id\nmode: changes")
            .Write("inbox/a.csv", "_op,id,at,x\ninsert,1,1,1\ninsert,2,1,2\ninsert,3,1,3\nupdate,2,2,22\ndelete,3,3,\n");
        Assert.Equal((5, 2, 0, 3), Counts(project.RunWell()));
        Assert.Equal(["1|1|1", "2|2|22"], project.Rows("SELECT * FROM s ORDER BY id"));

        var result = project.Write("inbox/b.csv", "_op,id,at,x\ndelete,1,4,\ninsert,4,4,4\ndelete,9,4,\n").RunWell();
        Assert.Equal(["2|2|22", "4|4|4"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal((3, 1, 0, 1), Counts(result));
        Assert.Equal(1, Of(result, "s").Rows.Deletes);
        Assert.Contains("'upsert'", Of(project.Write("inbox/c.csv", "_op,id,at,x\nupsert,1,4,\n").Run(), "s").Message);
    }

    [Fact]
    public void Replace_holds_what_the_place_holds()
    {
        using var project = Inbox("mode: replace").Write("inbox/a.csv", "id,at,x\n1,1,1\n").Write("inbox/b.csv", "id,at,x\n2,2,2\n");
        project.RunWell();
        Assert.Equal("", Outcomes(project.RunWell()));
        project.Delete("inbox/a.csv").RunWell();
        Assert.Equal(["2|2|2"], project.Rows("SELECT * FROM s"));
    }

    [Fact]
    public void A_version_says_what_was_read_and_how_far()
    {
        using var project = Inbox($"key: id\n{Cursor}").Write("inbox/a.csv", "id,at,x\n1,1,1\n").Write("inbox/sub/b.csv", "id,at,x\n2,2,2\n");
        project.RunWell();
        var version = Version(project);
        Assert.Equal(["a.csv", "sub%2Fb.csv"], version.Receipts.SelectMany(r => r.Landed).Order(StringComparer.Ordinal));
        Assert.All(version.Receipts, r => Assert.Equal((version.Task, 14L, 64), (r.Batch, r.Bytes, r.Hash.Length)));
        Assert.True(project.Clock.GetUtcNow() == version.Receipts[0].At);
        Assert.Equal([Landing(version) + "/a.csv", Landing(version) + "/sub%2Fb.csv"], Landed(project));
    }

    [Fact]
    public void A_rollback_skips_the_batch_it_took_back_and_resume_takes_it_in_again()
    {
        using var project = Inbox("").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n").RunWell();
        project.Rollback();
        Assert.Equal("", Outcomes(project.RunWell()));
        Assert.Equal(["1"], project.Rows("SELECT id FROM s ORDER BY id"));

        project.Write("inbox/c.csv", "id,at,x\n3,3,3\n").RunWell();
        Assert.Equal(["1", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        using (var engine = project.Open())
            Assert.True(engine.Resume(null) > 0);
        project.RunWell();
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        Assert.Equal("", Outcomes(project.RunWell()));
    }

    [Theory]
    [InlineData("key: id\ncursor: {column: at}")]
    [InlineData("cursor: {column: at}")]
    [InlineData("key: id\nmode: merge\ncursor: {column: at}")]
    public void A_batch_that_is_taken_in_again_may_lie_below_the_cursor(string more)
    {
        using var project = Inbox(more).Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n").RunWell();
        project.Rollback();
        project.Write("inbox/c.csv", "id,at,x\n1,1,1\n3,3,3\n").RunWell();
        Assert.Equal(["1", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        using (var engine = project.Open())
            engine.Resume(null);
        project.RunWell();
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        project.Write("inbox/d.csv", "id,at,x\n3,3,3\n4,4,4\n").RunWell();
        Assert.Equal(["1", "2", "3", "4"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void A_message_with_a_known_key_stands_once()
    {
        using var project = Inbox("key: id").Write("inbox/a.csv", "id,at,x\n1,1,1\n1,1,1\n2,2,2\n");
        Assert.Equal((3, 2, 0, 1), Counts(project.RunWell()));
        Assert.Equal((2, 1, 0, 1), Counts(project.Write("inbox/b.csv", "id,at,x\n2,2,2\n3,3,3\n").RunWell()));
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void A_changed_contract_loads_from_the_beginning()
    {
        using var project = Inbox("").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n").RunWell();
        Inbox("key: id", project: project).RunWell();
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void A_place_that_gives_a_row_once_is_loaded_again_from_its_landings()
    {
        using var project = Inbox("", section: "{path: inbox, take: true}").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        Assert.False(File.Exists(Path.Combine(project.Folder, "inbox/a.csv")));
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n").RunWell();
        project.Clock.Advance(TimeSpan.FromDays(400));
        project.RunWell();

        Inbox("key: id", section: "{path: inbox, take: true}", project: project).RunWell();
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));

        Directory.Delete(Path.Combine(project.Folder, ".millrace/landing"), recursive: true);
        var held = Of(Inbox("", "integer", section: "{path: inbox, take: true}", project: project).Run(), "s");
        Assert.Equal(AssetOutcome.Held, held.Outcome);
        Assert.Contains("gives a row once", held.Message);
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void Landings_are_kept_as_long_as_declared_and_those_of_no_version_not_at_all()
    {
        using var project = Inbox("landing: {keep: 2d}").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        project.Write(".millrace/landing/s/run-000099+s+1/x.csv", "left by a process that died");
        project.RunWell();
        Assert.Equal([Landing(Version(project)) + "/a.csv"], Landed(project));
        project.Clock.Advance(TimeSpan.FromDays(3));
        project.RunWell();
        Assert.Empty(Landed(project));
        Assert.Equal(["1"], project.Rows("SELECT id FROM s"));
    }

    [Fact]
    public void A_load_that_is_blocked_leaves_the_table_as_it_was_and_comes_again()
    {
        using var project = Inbox("checks: [{between: {column: x, min: 0}}]").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell();
        Assert.Equal(AssetOutcome.Blocked, Of(project.Write("inbox/b.csv", "id,at,x\n2,2,-2\n").Run(), "s").Outcome);
        Assert.Equal(["1"], project.Rows("SELECT id FROM s"));
        project.Write("inbox/b.csv", "id,at,x\n2,2,2000\n").RunWell();
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Fact]
    public void A_place_that_is_not_there_fails_its_source_and_leaves_nothing()
    {
        using var project = Inbox("", section: "{path: nowhere}");
        var result = Of(project.Run(), "s");
        Assert.Equal(AssetOutcome.Failed, result.Outcome);
        Assert.Contains("nowhere' of sources/s.yaml is not there", result.Message);
        AssertNothingLies(project);
    }

    [Fact]
    public void A_secret_that_is_not_set_is_named_and_one_that_is_set_is_never_shown()
    {
        using var project = Inbox("", section: "{path: \"${env:MILLRACE_TEST_NO_SUCH}\"}");
        Assert.Contains("MILLRACE_TEST_NO_SUCH", Of(project.Run(), "s").Message);

        project.Write("secret.txt", "hunter2-very-secret\n");
        Inbox("", section: "{path: \"${file:secret.txt}\"}", project: project);
        var message = Of(project.Run(), "s").Message!;
        Assert.Contains("***", message);
        Assert.DoesNotContain("hunter2", message);
        Assert.DoesNotContain("hunter2", string.Concat(Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace"), "*", SearchOption.AllDirectories).Select(File.ReadAllText)));
    }

    [Fact]
    public void Another_environment_takes_over_what_the_first_one_loaded()
    {
        using var project = Inbox("").Write("millrace.yaml", "name: sample\nenvironments: [{name: prod}, {name: dev}]\n").Write("inbox/a.csv", "id,at,x\n1,1,1\n");
        project.RunWell(environment: "dev");
        Assert.Equal("s pointed", Outcomes(project.RunWell(environment: "prod")));
        project.Write("inbox/b.csv", "id,at,x\n2,2,2\n").RunWell(environment: "prod");
        Assert.Equal("s pointed", Outcomes(project.RunWell(environment: "dev")));
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id", "dev"));
    }

    private static SampleProject Inbox(string more, string type = "bigint", string section = "{path: inbox, pattern: \"*.csv\"}", SampleProject? project = null)
    {
        project ??= new SampleProject();
        Directory.CreateDirectory(Path.Combine(project.Folder, "inbox"));
        return project.Write("sources/s.yaml", $$"""
            type: folder
            folder: {{section}}
            format: csv
            {{more}}
            columns:
              - {name: id, type: bigint}
              - {name: at, type: {{type}}}
              - {name: x, type: bigint}
            """);
    }

    private static (long In, long Out, long Quarantined, long Skipped) Counts(RunResult result)
    {
        var rows = Of(result, "s").Rows;
        Assert.True(rows.Reconcile);
        return (rows.In, rows.Out, rows.Quarantined, rows.Skipped);
    }

    private static VersionRecord Version(SampleProject project)
    {
        using var engine = project.Open();
        return engine.Ledger.StandingVersions(engine.Environment)[AssetKey.Parse(AssetKind.Source, "s")];
    }

    private static string Landing(VersionRecord version) => version.Task.Replace('/', '+');

    private static IReadOnlyList<string> Landed(SampleProject project)
    {
        var folder = Path.Combine(project.Folder, ".millrace/landing/s");
        return !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];
    }

    private static void AssertNothingLies(SampleProject project)
    {
        Assert.Empty(Landed(project));
        var lake = Path.Combine(project.Folder, ".millrace/lake");
        Assert.Empty(Directory.Exists(lake) ? Directory.EnumerateFiles(lake, "*", SearchOption.AllDirectories) : []);
    }
}
