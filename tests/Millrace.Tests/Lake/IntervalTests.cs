using Millrace.Assets;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class IntervalTests : LakeTestBase
{
    private static readonly IntervalSet SecondDay = IntervalSet.Parse("2026-01-02T00:00:00Z/2026-01-03T00:00:00Z");

    [Theory]
    [InlineData("TIMESTAMP WITH TIME ZONE")]
    [InlineData("TIMESTAMP")]
    [InlineData("DATE")]
    public void Replacing_an_interval_touches_only_the_files_that_reach_into_it(string type)
    {
        Days(type, "t1", "2026-01-01", "2026-01-01");
        Days(type, "t2", "2026-01-02", "2026-01-02");
        Days(type, "t3", "2026-01-02", "2026-01-03", "NULL");
        Days(type, "t4", "2026-01-03", "2026-01-03");
        var before = Table.Latest()!;

        var staged = Stage($"SELECT DATE '2026-01-02'::{type} AS t, 'new' AS v", Columns($"t {type}; v VARCHAR"));
        Table.Commit(Table.ReplaceIntervals(Connection, before, staged, SecondDay, "T", Stamp("t5")));

        var after = Table.Latest()!;
        Assert.Equal(2, before.Files.Count(f => after.Files.Any(a => a.Path == f.Path)));
        Assert.Equal(4, after.Files.Count);
        Assert.Equal(
            ["NULL t3", "2026-01-01 t1", "2026-01-01 t1", "2026-01-02 new", "2026-01-03 t3", "2026-01-03 t4", "2026-01-03 t4"],
            Connection.Query($"SELECT coalesce(t::DATE::VARCHAR, 'NULL') || ' ' || v FROM ({after.ToRelation().Sql}) ORDER BY t NULLS FIRST, v").Rows().Select(r => (string)r[0]!));
    }

    [Fact]
    public void The_last_microsecond_before_an_end_is_inside_and_the_end_is_not()
    {
        const string Rows = """
            SELECT unnest([TIMESTAMPTZ '2026-01-01 23:59:59.999999+00', TIMESTAMPTZ '2026-01-02 00:00:00+00',
                TIMESTAMPTZ '2026-01-02 23:59:59.999999+00', TIMESTAMPTZ '2026-01-03 00:00:00+00']) AS t
            """;
        foreach (var day in new[] { 0, 1, 2, 3 })
            Table.Commit(Table.Append(Table.Latest(), Stage($"SELECT t FROM ({Rows}) LIMIT 1 OFFSET {day}", Columns("t TIMESTAMPTZ")), Stamp($"t{day}")));

        var inside = Table.Latest()!.ToRelation(SecondDay, "t");
        Assert.Equal(["{'t': '2026-01-02 00:00:00+00'}", "{'t': '2026-01-02 23:59:59.999999+00'}"], this.Rows(inside));

        Table.Commit(Table.ReplaceIntervals(Connection, Table.Latest(), Stage("SELECT NULL AS t WHERE false", Columns("t TIMESTAMPTZ")), SecondDay, "t", Stamp("t9")));
        Assert.Equal(["{'t': '2026-01-01 23:59:59.999999+00'}", "{'t': '2026-01-03 00:00:00+00'}"], this.Rows(Table.Latest()));
    }

    [Fact]
    public void Files_outside_of_the_wanted_time_are_not_opened()
    {
        Days("DATE", "t1", "2026-01-01");
        Days("DATE", "t2", "2026-01-02");
        var table = Table.Latest()!;
        File.Delete(Path.Combine(Table.Folder, table.Files[0].Path));
        Assert.Equal(["{'t': 2026-01-02, 'v': t2}"], Rows(table.ToRelation(SecondDay, "t")));
        Assert.Empty(Rows(table.ToRelation(IntervalSet.Empty, "t")));
        Assert.Empty(Rows(table.ToRelation(IntervalSet.Parse("2027-01-01T00:00:00Z/2028-01-01T00:00:00Z"), "t")));
    }

    [Fact]
    public void The_whole_of_time_overwrites_the_table_with_its_rows_without_time()
    {
        Days("DATE", "t1", "2026-01-01", "NULL");
        var staged = Stage("SELECT DATE '2026-05-05' AS t, 'new' AS v", Columns("t DATE; v VARCHAR"));
        Table.Commit(Table.ReplaceIntervals(Connection, Table.Latest(), staged, IntervalSet.All, "t", Stamp("t2")));
        Assert.Equal(["{'t': 2026-05-05, 'v': new}"], Rows(Table.Latest()));
        Assert.Equal(["{'t': 2026-05-05, 'v': new}"], Rows(Table.Latest()!.ToRelation(IntervalSet.All, "t")));
    }

    [Fact]
    public void Copied_rows_keep_the_tags_of_their_batch()
    {
        foreach (var batch in new[] { "one", "two" })
        {
            var staged = Stage(
                $"SELECT DATE '2026-01-01' + i::INTEGER AS t, '{batch}' AS v FROM range(3) r(i)", Columns("t DATE; v VARCHAR"),
                o => o with { Tags = new Dictionary<string, string?> { ["batch"] = batch } });
            Table.Commit(Table.Append(Table.Latest(), staged, Stamp(batch)));
        }

        var none = Stage("SELECT NULL AS t, NULL AS v WHERE false", Columns("t DATE; v VARCHAR"));
        Table.Commit(Table.ReplaceIntervals(Connection, Table.Latest(), none, SecondDay, "t", Stamp("t3")));
        Table.Commit(Table.ReplaceTagged(Table.Latest(), none, "batch", new HashSet<string> { "one" }, Stamp("t4")));
        Assert.Equal(["{'t': 2026-01-01, 'v': two}", "{'t': 2026-01-03, 'v': two}"], Rows(Table.Latest()));
    }

    [Fact]
    public void A_request_that_is_discarded_leaves_neither_new_nor_copied_files()
    {
        Days("DATE", "t1", "2026-01-01", "2026-01-02");
        var staged = Stage("SELECT DATE '2026-01-02' AS t, 'new' AS v", Columns("t DATE; v VARCHAR"));
        var request = Table.ReplaceIntervals(Connection, Table.Latest(), staged, SecondDay, "t", Stamp("t2"));
        Assert.Equal(["{'t': 2026-01-01, 'v': t1}", "{'t': 2026-01-02, 'v': new}"], Rows(Table.Preview(request)));
        Table.Discard(request);
        Assert.Single(Directory.EnumerateFiles(Table.Folder, "*.parquet"));
        Assert.Equal(2, Rows(Table.Latest()).Count);
    }

    [Fact]
    public void A_column_that_is_no_time_is_refused()
    {
        Days("DATE", "t1", "2026-01-01");
        Assert.Contains("not DATE", Assert.Throws<LakeException>(() => Table.Latest()!.ToRelation(SecondDay, "v")).Message);
        Assert.Contains("no column 'x'", Assert.Throws<LakeException>(() => Table.Latest()!.ToRelation(SecondDay, "x")).Message);
    }

    private void Days(string type, string appId, params string[] days)
    {
        var list = string.Join(", ", days.Select(d => d == "NULL" ? "NULL" : $"DATE '{d}'"));
        Append(appId, $"SELECT unnest([{list}])::{type} AS t, '{appId}' AS v", $"t {type}; v VARCHAR");
    }
}
