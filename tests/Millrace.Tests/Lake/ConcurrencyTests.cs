using System.Globalization;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class ConcurrencyTests : LakeTestBase
{
    private const string Rows2 = "writer BIGINT; number BIGINT";

    private static CommitStamp Rebase(string task, long fence = 1) => Stamp(task, fence) with { Mode = CommitMode.Rebase };

    private Snapshot Base()
    {
        for (var file = 0; file < 3; file++)
            Append($"t{file}", $"SELECT i AS writer, i AS number FROM range({file * 10}, {(file * 10) + 10}) t(i)", Rows2);
        return Table.Latest()!;
    }

    private CommitRequest One(Snapshot? head, long writer, string task) =>
        Table.Append(head, Stage($"SELECT {writer} AS writer, 0 AS number", Columns(Rows2)), Rebase(task));

    [Fact]
    public void Eight_programs_with_fifty_commits_each_make_four_hundred_versions_and_lose_no_row()
    {
        Table.Commit(Table.Append(null, Stage("SELECT 0 AS writer, 0 AS number", Columns(Rows2)), Stamp("t")));
        var writers = Enumerable.Range(1, 8).Select(w =>
            LakeVictimProcess.Start(Table.Folder, "append", [w.ToString(CultureInfo.InvariantCulture), "50"])).ToList();
        try
        {
            Assert.All(writers, w => Assert.Equal(0, w.End()));
        }
        finally
        {
            writers.ForEach(w => w.Dispose());
        }

        Assert.Equal(400, Table.LatestVersion);
        var rows = Table.Latest()!.ToRelation().Sql;
        Assert.Equal(["{'n': 401, 'd': 401}"], Rows($"SELECT count(*) AS n, count(DISTINCT (writer, number)) AS d FROM ({rows})"));
        Assert.Equal(400, Table.Latest()!.Files.Count - 1);
        var times = Table.History().Select(h => h.Time).ToList();
        Assert.Equal(times.Distinct().Order(), times);

        // Every file that lies there is in the table: who lost a put staged nothing anew.
        Assert.Equal(401, Directory.EnumerateFiles(Table.Folder, "*.parquet").Count());
    }

    [Fact]
    public void An_append_that_stands_is_adopted_and_not_repeated()
    {
        Base();
        var first = Table.Commit(One(Table.Latest(), 100, "load"));
        Append("other", "SELECT 5 AS writer, 5 AS number", Rows2);
        var again = Table.Commit(One(Table.Latest(), 100, "load"));
        Assert.True(again.Adopted);
        Assert.Equal((first.Version, first.EntryHash), (again.Version, again.EntryHash));

        // A later number of the same application is new.
        var next = Table.Append(Table.Latest(), Stage("SELECT 101 AS writer, 0 AS number", Columns(Rows2)), Rebase("load", 2));
        Assert.False(Table.Commit(next).Adopted);
        Assert.True(Table.Commit(One(Table.Latest(), 100, "load")).Adopted);
    }

    [Fact]
    public void An_append_beside_an_append_is_no_conflict_and_goes_on_top()
    {
        var head = Base();
        var (one, two) = (One(head, 100, "one"), One(head, 200, "two"));
        Assert.Equal(3, Table.Commit(one).Version);
        var result = Table.Commit(two);
        Assert.Equal((4, true), (result.Version, (bool)result.CommitInfo["isBlindAppend"]!));
        Assert.Equal(32, Table.Latest()!.RowCount);
    }

    [Fact]
    public void A_delete_conflicts_with_an_append_that_may_hold_its_rows_and_not_with_another()
    {
        var head = Base();
        var delete = Table.Delete(Connection, head, "writer < 5", Rebase("delete"));
        Table.Commit(One(head, 100, "beside"));
        Assert.Equal(4, Table.Commit(delete).Version);
        Assert.Equal(26, Table.Latest()!.RowCount);

        var again = Table.Delete(Connection, Table.Latest()!, "writer < 15", Rebase("delete again"));
        Table.Commit(One(Table.Latest(), 7, "inside"));
        var conflict = Assert.Throws<CommitConflictException>(() => Table.Commit(again));
        Assert.Equal((CommitConflict.AppendRead, 5), (conflict.Kind, conflict.Version));
        Table.Discard(again);
    }

    [Fact]
    public void Two_that_take_rows_out_of_one_file_conflict_and_the_loser_does_it_again()
    {
        var head = Base();
        var first = Table.Delete(Connection, head, "writer = 3", Rebase("first"));
        var raced = false;
        var result = Table.Write(latest =>
        {
            var request = Table.Delete(Connection, latest!, "writer = 4", Rebase("second"));
            if (!raced)
                Table.Commit(first);
            raced = true;
            return request;
        });
        Assert.Equal(4, result.Version);
        Assert.Equal(28, Table.Latest()!.RowCount);
        Assert.Equal(["{'n': 0}"], Rows($"SELECT count(*) AS n FROM ({Table.Latest()!.ToRelation().Sql}) WHERE writer IN (3, 4)"));

        // What the loser had staged first is gone.
        var named = Enumerable.Range(0, 5).SelectMany(v => Table.Read(v).Files.Select(f => f.Path)).Distinct();
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*.parquet").Select(f => Path.GetFileName(f)).Except(named));
    }

    [Fact]
    public void A_merge_conflicts_with_an_append_of_its_keys()
    {
        var head = Base();
        var merge = Table.Merge(Connection, head, "SELECT 50 AS writer, 1 AS number", new MergeOptions { Keys = ["writer"] },
            Rebase("merge"));
        Table.Commit(One(head, 50, "same key"));
        Assert.Equal(CommitConflict.AppendRead, Assert.Throws<CommitConflictException>(() => Table.Commit(merge)).Kind);
    }

    [Fact]
    public void An_optimize_stands_beside_appends_and_yields_to_a_delete()
    {
        var head = Base();
        var optimize = Table.Optimize(Connection, head, new OptimizeOptions(), Rebase("optimize"));
        Table.Commit(One(head, 100, "append"));
        Table.Commit(optimize);
        Assert.Equal((31, 2), (Table.Latest()!.RowCount, Table.Latest()!.Files.Count));

        var again = Table.Optimize(Connection, Table.Latest()!, new OptimizeOptions(), Rebase("again"));
        Table.Commit(Table.Delete(Connection, Table.Latest()!, "writer = 3", Rebase("delete")));
        Assert.Equal(CommitConflict.DeleteDelete, Assert.Throws<CommitConflictException>(() => Table.Commit(again)).Kind);
    }

    [Fact]
    public void A_change_of_columns_or_properties_conflicts_with_everything()
    {
        var head = Base();
        var append = One(head, 100, "append");
        Table.Commit(Table.SetProperties(head, new Dictionary<string, string> { ["team"] = "sales" }, [], Rebase("set")));
        Assert.Equal(CommitConflict.Metadata, Assert.Throws<CommitConflictException>(() => Table.Commit(append)).Kind);

        Table.Write(_ => One(Table.Latest(), 100, "append"));
        Assert.Equal(31, Table.Latest()!.RowCount);
    }

    [Fact]
    public void Two_that_create_the_table_conflict()
    {
        var (one, two) = (One(null, 1, "one"), One(null, 2, "two"));
        Table.Commit(one);
        Assert.Equal(CommitConflict.Protocol, Assert.Throws<CommitConflictException>(() => Table.Commit(two)).Kind);
    }

    [Fact]
    public void Where_the_table_allows_it_an_append_slips_in_before_a_delete()
    {
        Base();
        Table.Commit(Table.SetProperties(Table.Latest()!, new Dictionary<string,
            string> { ["delta.isolationLevel"] = "WriteSerializable" }, [], Rebase("set")));
        var head = Table.Latest()!;
        var delete = Table.Delete(Connection, head, "writer < 5", Rebase("delete"));
        Table.Commit(One(head, 1, "inside"));
        Table.Commit(delete);
        Assert.Equal(26, Table.Latest()!.RowCount);
    }

    [Theory]
    [InlineData("append")]
    [InlineData("merge")]
    [InlineData("optimize")]
    public void Killed_at_any_step_there_is_the_old_version_or_the_new_one_and_vacuum_finds_the_rest(string verb)
    {
        var feed = new Dictionary<string, string> { ["delta.enableChangeDataFeed"] = "true" };
        foreach (var step in new[] { "staged", "changes-staged", "entry-written", "entry-put", "committed", "checkpoint-written" })
        {
            if (step == "changes-staged" && verb != "merge")
                continue;
            var table = new LakeTable(Path.Combine(Root, step));
            for (var version = 0; version < 10; version++)
            {
                var staged = Stage($"SELECT i AS writer, i AS number FROM range({version}, {version + 1}) t(i)", Columns(Rows2), null,
                    table);
                table.Commit(table.Append(table.Latest(), staged, Stamp($"t{version}"))
                    with { Configuration = verb == "merge" ? feed : null });
            }

            string[] words = verb == "append" ? ["77", "1"] : [];
            var before = Content(table);
            using (var victim = LakeVictimProcess.Start(table.Folder, verb, words, "lake." + step))
                Assert.NotEqual(0, victim.End());
            var (isNew, after) = (table.LatestVersion == 10, Content(new LakeTable(table.Folder)));
            Assert.Equal(step is "staged" or "changes-staged" or "entry-written", !isNew);
            if (!isNew)
                Assert.Equal(before, after);

            // A second attempt adopts what stands, or makes it.
            using (var again = LakeVictimProcess.Start(table.Folder, verb, words))
                Assert.Equal(0, again.End());
            Assert.Equal(10, new LakeTable(table.Folder).LatestVersion);
            Assert.Equal(Wanted(verb, before), Content(new LakeTable(table.Folder)));
            if (isNew)
                Assert.Equal(after, Content(new LakeTable(table.Folder)));

            // Of what the dead one staged nothing is in the table, and vacuum finds each file.
            var options = new VacuumOptions { Now = TimeProvider.System.GetUtcNow().AddDays(8), Retention = TimeSpan.FromDays(7) };
            var orphans = table.Vacuum(options).Orphans;
            Assert.Equal(!isNew, orphans > 0);
            Assert.Equal(Wanted(verb, before), Content(new LakeTable(table.Folder)));
            var needed = new LakeTable(table.Folder).Latest()!.Files.Select(f => f.Path).Order(StringComparer.Ordinal);
            Assert.Equal(needed, Directory.EnumerateFiles(table.Folder, "*.parquet").Select(f =>
                Path.GetFileName(f)).Order(StringComparer.Ordinal));
        }
    }

    private IReadOnlyList<string> Content(LakeTable table) => Rows($"SELECT * FROM ({table.Latest()!.ToRelation().Sql}) ORDER BY ALL");

    private static IReadOnlyList<string> Wanted(string verb, IReadOnlyList<string> before) => verb switch
    {
        "append" => [.. before, "{'writer': 77, 'number': 1}"],
        "merge" => [.. before.Take(5), .. Enumerable.Range(5, 10).Select(i => $"{{'writer': {i}, 'number': {-i}}}")],
        _ => before,
    };
}
