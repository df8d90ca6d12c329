using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class TableDiffTests : LakeTestBase
{
    private TableDiff Diff(params string[] keys) => TableDiff.Of(Connection, Table.Read(0), Table.Latest()!, keys, 2);

    [Fact]
    public void Rows_are_matched_by_key_and_changes_counted_by_column()
    {
        Append("t", "SELECT i AS id, i AS a, 'x' AS b FROM range(10) t(i)", "id BIGINT; a BIGINT; b VARCHAR");
        Table.Commit(Table.Overwrite(
            Table.Latest(), Stage("SELECT i AS id, CASE WHEN i IN (3, 4, 5) THEN NULL ELSE i END AS a, CASE i WHEN 3 THEN 'y' ELSE 'x' "
                + "END AS b FROM range(2, 13) t(i)", Columns("id BIGINT; a BIGINT; b VARCHAR")),
            Stamp("u")));
        var diff = Diff("ID");
        Assert.Equal((10, 11, 2, 3, 3), (diff.RowsBefore, diff.RowsAfter, diff.Removed, diff.Added, diff.Changed));
        Assert.Equal([KeyValuePair.Create("a", 3L), KeyValuePair.Create("b", 1L)], diff.ChangesByColumn);
        Assert.Equal(
            [
                new RowDiff("{'id': 0}", "{'id': 0, 'a': 0, 'b': x}", null), new RowDiff("{'id': 1}", "{'id': 1, 'a': 1, 'b': x}", null),
                new RowDiff("{'id': 10}", null, "{'id': 10, 'a': 10, 'b': x}"),
                    new RowDiff("{'id': 11}", null, "{'id': 11, 'a': 11, 'b': x}"),
                new RowDiff("{'id': 3}", "{'id': 3, 'a': 3, 'b': x}", "{'id': 3, 'a': NULL, 'b': y}"),
                new RowDiff("{'id': 4}", "{'id': 4, 'a': 4, 'b': x}", "{'id': 4, 'a': NULL, 'b': x}"),
            ],
            diff.Samples);
    }

    [Fact]
    public void Without_a_key_whole_rows_are_compared_and_copies_counted()
    {
        Append("t", "SELECT unnest([1, 1, 2]) AS a", "a BIGINT");
        Table.Commit(Table.Overwrite(Table.Latest(), Stage("SELECT unnest([1, 3]) AS a", Columns("a BIGINT")), Stamp("u")));
        var diff = Diff();
        Assert.Equal((2, 1, 0), (diff.Removed, diff.Added, diff.Changed));
        Assert.Equal([new RowDiff(null, "{'a': 1}", null), new RowDiff(null, "{'a': 2}", null), new RowDiff(null, null, "{'a': 3}")],
            diff.Samples);
    }

    [Fact]
    public void Columns_that_differ_are_told_and_the_others_compared()
    {
        Append("t", "SELECT 1 AS id, 2 AS gone, 3 AS wider", "id BIGINT; gone BIGINT; wider INTEGER");
        Table.Commit(Table.Overwrite(Table.Latest(),
            Stage("SELECT 1 AS id, 3 AS wider, 4 AS fresh", Columns("id BIGINT; wider BIGINT; fresh BIGINT")), Stamp("u")));
        var diff = Diff("id");
        Assert.Equal(["gone", "wider", "fresh"], diff.Columns.Select(c => c.Name));
        Assert.Equal((0, 0, 0), (diff.Removed, diff.Added, diff.Changed));
        Assert.False(diff.IsSame);
        Assert.Contains("no column of both", Assert.Throws<LakeException>(() => Diff("gone")).Message);
    }

    [Fact]
    public void Equal_versions_have_no_difference_and_a_key_that_is_none_is_refused()
    {
        Append("t", "SELECT unnest([1, 1, NULL]) AS a, unnest([1, 2, 3]) AS b", "a BIGINT; b BIGINT");
        Assert.True(Diff("b").IsSame);
        Assert.True(Diff("a", "b").IsSame);
        Assert.Contains("{'a': 1} (2 rows)", Assert.Throws<LakeException>(() => Diff("a")).Message);
    }
}
