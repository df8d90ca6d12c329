using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class DeleteUpdateTests : LakeTestBase
{
    private const string Ids = "a BIGINT; s VARCHAR; d DATE";

    /// <summary>Three files: a from 0 to 9, from 10 to 19, from 20 to 29.</summary>
    private Snapshot Three()
    {
        for (var file = 0; file < 3; file++)
            Append($"t{file}", $"SELECT i AS a, 's' || i AS s, DATE '2020-01-01' + i::INTEGER AS d FROM range({file * 10}, "
                + $"{(file * 10) + 10}) t(i)", Ids);
        return Table.Latest()!;
    }

    private IReadOnlyList<string> Sorted() => Rows($"SELECT * FROM ({Table.Latest()!.ToRelation().Sql}) ORDER BY ALL");

    [Theory]
    [InlineData("a = 15", 1)]
    [InlineData("a BETWEEN 3 AND 12", 2)]
    [InlineData("a IN (1, 2, 25)", 2)]
    [InlineData("a < 10", 1)]
    [InlineData("5 >= a", 1)]
    [InlineData("a > 9.5 AND s <> 'x'", 2)]
    [InlineData("s = 's7'", 1)]
    [InlineData("d >= '2020-01-25'", 1)]
    [InlineData("d < TIMESTAMP '2020-01-03 12:00:00'", 1)]
    [InlineData("a % 10 = 3", 3)]
    [InlineData("a = 1 OR a = 29", 2)]
    [InlineData("NOT (a >= 2)", 1)]
    [InlineData("a IS NULL", 0)]
    [InlineData("a = 100", 0)]
    public void A_delete_takes_out_exactly_its_rows_and_leaves_other_files_alone(string predicate, int files)
    {
        var before = Three();
        var wanted = Rows($"SELECT * FROM ({before.ToRelation().Sql}) WHERE ({predicate}) IS NOT TRUE ORDER BY ALL");
        Table.Commit(Table.Delete(Connection, before, predicate, Stamp("delete")));
        Assert.Equal(wanted, Sorted());
        Assert.Equal(3 - files, Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)).Count());
        Assert.Equal(30 - wanted.Count,
            long.Parse(Table.History()[^1].Metrics["numDeletedRows"], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_file_that_the_statistics_rule_out_is_not_even_opened()
    {
        var before = Three();
        File.WriteAllText(Path.Combine(Table.Folder, before.Files[0].Path), "no Parquet");
        Table.Commit(Table.Delete(Connection, before, "a >= 10 AND s LIKE '%5'", Stamp("delete")));
        Assert.Equal(28, Table.Latest()!.RowCount);
    }

    [Fact]
    public void A_file_of_which_every_row_goes_is_not_written_anew()
    {
        var before = Three();
        var request = Table.Delete(Connection, before, "a < 10", Stamp("delete"));
        Assert.Empty(request.Add);
        Table.Commit(request);
        Assert.Equal(20, Table.Latest()!.RowCount);
    }

    [Fact]
    public void A_condition_on_partitions_alone_opens_no_file()
    {
        var staged = Stage("SELECT i AS a, 'p' || i % 3 AS p FROM range(9) t(i)", Columns("a BIGINT; p VARCHAR"), o => o
            with { PartitionBy = ["p"] });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        foreach (var file in staged.Files)
            File.WriteAllText(Path.Combine(Table.Folder, file.Path), "no Parquet");
        Table.Commit(Table.Delete(Connection, Table.Latest()!, "upper(p) IN ('P0', 'P2')", Stamp("delete")));
        Assert.Equal("p1", Assert.Single(Table.Latest()!.Files).PartitionValues["p"]);
    }

    [Fact]
    public void A_delete_without_a_condition_empties_the_table()
    {
        Table.Commit(Table.Delete(Connection, Three(), null, Stamp("delete")));
        Assert.Empty(Sorted());
        Assert.Empty(Table.Latest()!.Files);
    }

    [Fact]
    public void Rows_for_which_the_condition_is_unknown_stay()
    {
        Append("t", "SELECT unnest([1, NULL, 3]) AS a", "a BIGINT");
        Table.Commit(Table.Delete(Connection, Table.Latest()!, "a > 1", Stamp("delete")));
        Assert.Equal(["{'a': 1}", "{'a': NULL}"], Sorted());
    }

    [Theory]
    [InlineData("random() < 0.5", "gives another answer each time")]
    [InlineData("d < now()", "gives another answer each time")]
    [InlineData("b = 1", "does not fit the table")]
    [InlineData("a = ", "cannot be read")]
    [InlineData("1 = 1) GROUP BY (a", "is not one condition")]
    public void A_condition_that_is_none_is_refused(string predicate, string message)
    {
        var before = Three();
        Assert.Contains(message, Assert.Throws<LakeException>(() => Table.Delete(Connection, before, predicate, Stamp("delete"))).Message);
    }

    [Fact]
    public void An_update_changes_its_rows_from_what_they_were_before()
    {
        var before = Three();
        Table.Commit(Table.Update(Connection, before, new Dictionary<string, string> { ["A"] = "a + 1000", ["s"] = "s || '-' || a" },
            "a % 10 = 4 AND a < 20", Stamp("update")));
        Assert.Equal(
            Rows($"SELECT CASE WHEN a IN (4, 14) THEN a + 1000 ELSE a END AS a, CASE WHEN a IN (4, 14) THEN s || '-' || a ELSE s END AS "
                + $"s, d FROM ({before.ToRelation().Sql}) ORDER BY ALL"),
            Sorted());
        Assert.Single(Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)));
        Assert.Equal(("2", "18"), (Table.History()[^1].Metrics["numUpdatedRows"], Table.History()[^1].Metrics["numCopiedRows"]));
    }

    [Fact]
    public void An_update_of_a_partition_column_moves_rows()
    {
        var staged = Stage("SELECT i AS a, 'p' || i % 3 AS p FROM range(9) t(i)", Columns("a BIGINT; p VARCHAR"), o => o
            with { PartitionBy = ["p"] });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        Table.Commit(Table.Update(Connection, Table.Latest()!, new Dictionary<string, string> { ["p"] = "'moved'" }, "a IN (1, 2)",
            Stamp("update")));
        Assert.Equal(
            ["{'p': moved, 'a': [1, 2]}", "{'p': p0, 'a': [0, 3, 6]}", "{'p': p1, 'a': [4, 7]}", "{'p': p2, 'a': [5, 8]}"],
            Rows($"SELECT p, list_sort(list(a)) AS a FROM ({Table.Latest()!.ToRelation().Sql}) GROUP BY p ORDER BY p"));
    }

    [Fact]
    public void What_fails_half_way_leaves_nothing_behind()
    {
        var before = Three();
        var files = Directory.GetFiles(Table.Folder).Length;
        Assert.ThrowsAny<Exception>(() =>
            Table.Update(Connection, before, new Dictionary<string, string> { ["a"] = "error('no')" }, "a = 15", Stamp("update")));
        Assert.Equal(files, Directory.GetFiles(Table.Folder).Length);
        var message = Assert.Throws<LakeException>(() =>
            Table.Update(Connection, before, new Dictionary<string, string> { ["b"] = "1" }, null, Stamp("update"))).Message;
        Assert.Contains("no column 'b'", message);
    }

    [Fact]
    public void Tags_of_files_that_are_written_anew_stay()
    {
        Table.Commit(Table.Append(null,
            Stage("SELECT unnest(range(4)) AS a", Columns("a BIGINT"), o => o
            with { Tags = new Dictionary<string, string?> { ["batch"] = "one" } }), Stamp("t")));
        Table.Commit(Table.Delete(Connection, Table.Latest()!, "a = 2", Stamp("delete")));
        Assert.Equal("one", Assert.Single(Table.Latest()!.Files).Tags["batch"]);
    }
}
