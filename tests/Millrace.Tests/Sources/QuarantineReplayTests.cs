using Millrace.Project;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources;

/// <summary>Rows that were set aside become rows of the table once rule or contract lets them, once, and the counts add up.</summary>
public sealed class QuarantineReplayTests
{
    private const string Unique = "checks: [{unique: id, on_fail: quarantine}]";

    [Fact]
    public void Show_groups_rows_by_reason_and_names_their_place()
    {
        using var project = Source("").Write("data/a.csv", "id,x\n1,1\n2,bad\n3,worse\n");
        project.RunWell();
        using var engine = project.Open();
        var view = engine.QuarantineShow("s", new QuarantineFilter(), 10);
        var group = Assert.Single(view.Groups);
        Assert.Equal(("contract", "open", 2L), (group.Check, group.State, group.Rows));
        Assert.All(view.Rows, r => Assert.Equal("data/a.csv", r.Source));
        Assert.Single(engine.QuarantineShow("s", new QuarantineFilter(Where: "contains(reason, 'worse')"), 10).Rows);
        Assert.Empty(engine.QuarantineShow("s", new QuarantineFilter(Check: "required(id)"), 10).Rows);
        Assert.Empty(engine.QuarantineShow("s", new QuarantineFilter(Run: "run-99"), 10).Rows);
        Assert.Equal(2, engine.QuarantineShow("s", new QuarantineFilter(Run: "run-1"), 10).Rows.Count);
    }

    [Fact]
    public void A_row_that_breaks_the_rule_no_more_comes_in_and_what_stands_on_it_follows()
    {
        using var project = Source(Unique).Table("sums", "SELECT sum(x) AS x FROM s").Write("data/a.csv", "id,x\n1,1\n2,2\n2,3\n");
        project.RunWell();
        Assert.Equal((2, 0, 2), Replay(project));
        Assert.Equal(1, Drop(project, "\"row\" LIKE '%3%'", "the older one"));
        Assert.Equal((1, 1, 0), Replay(project));
        Assert.Equal(["1|1", "2|2"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal(["dropped|the older one", "replayed|NULL"], project.Rows("SELECT state, message FROM s__quarantine ORDER BY state"));

        Assert.Equal("sums computed", Outcomes(project.RunWell()));
        Assert.Equal(["3"], project.Rows("SELECT x FROM sums"));
        Assert.Equal("", Outcomes(project.RunWell()));
        Assert.Equal((0, 0, 0), Replay(project));
    }

    [Fact]
    public void New_files_come_beside_replayed_rows_and_a_file_that_is_loaded_again_takes_them_out()
    {
        using var project = Source(Unique).Write("data/a.csv", "id,x\n1,1\n2,2\n2,3\n");
        project.RunWell();
        Drop(project, "\"row\" LIKE '%3%'", "older");
        Replay(project);
        project.Write("data/b.csv", "id,x\n4,4\n").RunWell();
        Assert.Equal(["1", "2", "4"], project.Rows("SELECT id FROM s ORDER BY id"));

        project.Write("data/a.csv", "id,x\n1,1\n2,7\n").RunWell();
        Assert.Equal(["1|1", "2|7", "4|4"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal((0, 0, 0), Replay(project));
    }

    [Fact]
    public void A_rollback_opens_what_it_takes_back_and_runs_do_not_bring_it_again()
    {
        using var project = Source(Unique).Write("data/a.csv", "id,x\n1,1\n2,2\n2,3\n");
        project.RunWell();
        Drop(project, "\"row\" LIKE '%3%'", "older");
        Replay(project);
        project.Rollback();
        Assert.Equal("", Outcomes(project.RunWell()));
        Assert.Equal(["1"], project.Rows("SELECT id FROM s"));
        Assert.Equal(["dropped", "open"], project.Rows("SELECT state FROM s__quarantine ORDER BY 1"));
        Assert.Equal((1, 1, 0), Replay(project));
        Assert.Equal(["1", "2"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("data/a.csv", "type: csv\npath: data/*.csv")]
    [InlineData("data/a.csv", "type: folder\nfolder: {path: data, pattern: \"*.csv\"}\nformat: csv")]
    public void A_mended_contract_takes_the_rows_that_stand_and_those_that_fit_now_without_reading_again(string file, string place)
    {
        using var project = new SampleProject().Write(file, "id,x\n1,1\n2,2.5\n3,bad\n4,4,4\n");
        project.Write("sources/s.yaml", $"{place}\ncolumns: [{{name: id, type: bigint}}, {{name: x, type: bigint}}]\n");
        project.RunWell();
        Assert.Equal(["1|1"], project.Rows("SELECT * FROM s"));

        project.Write("sources/s.yaml", $"{place}\ncolumns: [{{name: id, type: bigint}}, {{name: x, type: \"decimal(10,2)\"}}]\n");
        Assert.Equal((3, 1, 2), Replay(project));
        Assert.Equal(["1|1.00", "2|2.50"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal(["2"], project.Rows("SELECT count(*) FROM s__quarantine WHERE state = 'open' AND task_id = (SELECT max(task_id) FROM s__quarantine WHERE state = 'open' AND quarantined_at = (SELECT max(quarantined_at) FROM s__quarantine))"));

        Assert.Equal("", Outcomes(project.RunWell()));
        project.Write("data/b.csv", "id,x\n5,5.5\n").RunWell();
        Assert.Equal(["1|1.00", "2|2.50", "5|5.50"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Fact]
    public void A_mended_contract_that_the_standing_rows_cannot_keep_asks_for_a_run()
    {
        using var project = Source("").Write("data/a.csv", "id,x\n1,300\n2,bad\n");
        project.RunWell();
        Source("", "tinyint", project);
        Assert.Contains("1 rows that stand have a value in 'x'", Assert.Throws<Millrace.Sources.SourceException>(() => Replay(project)).Message);
        Source("", "bigint", project, ", {name: y, type: bigint}");
        using var engine = project.Open();
        Assert.Contains("the column 'y' is new", Assert.Throws<EngineException>(() => engine.QuarantineReplay("s", new QuarantineFilter(), CancellationToken.None)).Message);
        Assert.Equal(["1|300"], project.Rows("SELECT * FROM s"));
    }

    [Fact]
    public void Rows_of_a_table_are_not_replayed()
    {
        using var project = Source("").Table("t", "SELECT * FROM s").Write("data/a.csv", "id,x\n1,1\n");
        project.RunWell();
        using var engine = project.Open();
        Assert.Contains("is a table", Assert.Throws<EngineException>(() => engine.QuarantineReplay("t", new QuarantineFilter(), CancellationToken.None)).Message);
    }

    [Fact]
    public void A_replayed_row_of_a_place_does_not_take_a_newer_ones_place()
    {
        using var project = new SampleProject().Write("data/a.csv", "id,at,x\n1,1,1\n1,1,0\n2,5,-2\n").Write("sources/s.yaml", """
            type: folder
            folder: {path: data, pattern: "*.csv"}
            format: csv
            key: id
            mode: merge
            cursor: {column: at, lag: 10}
            columns: [{name: id, type: bigint}, {name: at, type: bigint}, {name: x, type: bigint}]
            checks: [{expression: "x >= 0", on_fail: quarantine}]
            """);
        project.RunWell();
        project.Write("data/b.csv", "id,at,x\n2,6,6\n").RunWell();
        project.Write("sources/s.yaml", File.ReadAllText(Path.Combine(project.Folder, "sources/s.yaml")).Replace("x >= 0", "x >= -5", StringComparison.Ordinal));
        Replay(project);
        Assert.Equal(["2|6|6"], project.Rows("SELECT * FROM s WHERE id = 2"));
    }

    private static (long Asked, long Settled, long Left) Replay(SampleProject project)
    {
        project.Clock.Advance(TimeSpan.FromMinutes(1));
        using var engine = project.Open();
        var settled = engine.QuarantineReplay("s", new QuarantineFilter(), CancellationToken.None);
        return (settled.Asked, settled.Settled, settled.Left);
    }

    private static long Drop(SampleProject project, string where, string message)
    {
        project.Clock.Advance(TimeSpan.FromMinutes(1));
        using var engine = project.Open();
        return engine.QuarantineDrop("s", new QuarantineFilter(Where: where), message, CancellationToken.None).Settled;
    }

    private static SampleProject Source(string more, string type = "bigint", SampleProject? project = null, string columns = "") =>
        (project ?? new SampleProject()).Write("sources/s.yaml", $$"""
            type: csv
            path: data/*.csv
            columns: [{name: id, type: bigint}, {name: x, type: {{type}}}{{columns}}]
            {{more}}
            """);
}
