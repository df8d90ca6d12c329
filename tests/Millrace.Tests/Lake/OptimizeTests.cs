using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class OptimizeTests : LakeTestBase
{
    private const string Points = "x BIGINT; y BIGINT; s VARCHAR";

    private static CommitStamp Now(string task) => Stamp(task) with { Mode = CommitMode.Rebase };

    private IReadOnlyList<string> Sorted(Snapshot table) => Rows($"SELECT * FROM ({table.ToRelation().Sql}) ORDER BY ALL");

    [Fact]
    public void Small_files_become_one_and_the_commit_says_that_no_row_changed()
    {
        for (var i = 0; i < 6; i++)
            Append($"t{i}", $"SELECT {i} AS x, 0 AS y, 's' AS s", Points);
        var before = Table.Latest()!;
        Table.Commit(Table.Optimize(Connection, before, new OptimizeOptions(), Now("o")));
        Assert.Single(Table.Latest()!.Files);
        Assert.Equal(Sorted(before), Sorted(Table.Latest()!));
        var entry = File.ReadAllText(EntryPath(6));
        Assert.DoesNotContain("\"dataChange\":true", entry);
        Assert.Equal("OPTIMIZE", Table.History()[^1].Operation);

        // A second time there is nothing to do.
        Assert.Empty(Table.Optimize(Connection, Table.Latest()!, new OptimizeOptions(), Now("again")).Add);
    }

    [Fact]
    public void Files_are_packed_up_to_the_target_within_their_partition_and_tags()
    {
        var schema = Columns("x BIGINT; p VARCHAR");
        for (var i = 0; i < 4; i++)
        {
            var tags = new Dictionary<string, string?> { ["millrace.batch"] = i < 2 ? "one" : "two" };
            var staged = Stage($"SELECT {i} * 10 + j AS x, 'p ' || j % 2 AS p FROM range(4) t(j)", schema, o => o
                with { PartitionBy = ["p"], Tags = tags });
            Table.Commit(Table.Append(Table.Latest(), staged, Stamp($"t{i}")));
        }

        var before = Table.Latest()!;
        Table.Commit(Table.Optimize(Connection, before, new OptimizeOptions(), Now("o")));
        Assert.Equal(4, Table.Latest()!.Files.Count);
        Assert.Equal(Sorted(before), Sorted(Table.Latest()!));
        Assert.Equal(["one p 0", "one p 1", "two p 0", "two p 1"],
            Table.Latest()!.Files.Select(f => $"{f.Tags["millrace.batch"]} {f.PartitionValues["p"]}").Order());

        var size = before.Files[0].Size;
        Table.Commit(Table.Restore(Table.Latest()!, before, Stamp("back")));
        Assert.Empty(Table.Optimize(Connection, Table.Latest()!, new OptimizeOptions { TargetFileBytes = size + 1 }, Now("small")).Add);
    }

    [Fact]
    public void Rows_that_are_clustered_by_two_columns_can_be_found_by_either()
    {
        Append("t", "SELECT (i * 7919) % 1000 AS x, (i * 104729) % 997 AS y, repeat(md5(i::VARCHAR), 20) AS s FROM range(100000) t(i)",
            Points);
        var before = Table.Latest()!;
        var options = new OptimizeOptions { ClusterBy = ["x", "y"], TargetFileBytes = before.Files.Sum(f => f.Size) / 32 };
        Table.Commit(Table.Optimize(Connection, before, options, Now("o")));
        var after = Table.Latest()!;
        Assert.Equal(100_000, after.RowCount);
        Assert.Equal(Rows($"SELECT sum(hash(x, y, s)) AS h FROM ({before.ToRelation().Sql})"),
            Rows($"SELECT sum(hash(x, y, s)) AS h FROM ({after.ToRelation().Sql})"));

        // A narrow condition on either column opens a part of them.
        Assert.InRange(after.Files.Count, 8, 200);
        foreach (var condition in new[] { "x BETWEEN 100 AND 110", "y BETWEEN 100 AND 110" })
        {
            var opened = after.Files.Count(new RowPredicate(Connection, after, condition).MayMatch);
            Assert.InRange(opened, 1, after.Files.Count * 6 / 10);
        }

        Assert.Empty(Table.Optimize(Connection, after, options, Now("again")).Add);
    }

    [Fact]
    public void The_curve_visits_every_cell_once_and_steps_to_a_neighbour()
    {
        foreach (var (axes, bits) in new[] { (2, 4), (3, 3), (4, 2) })
        {
            var cells = new int[1 << (axes * bits)][];
            for (var number = 0; number < cells.Length; number++)
            {
                var cell = Enumerable.Range(0, axes).Select(a => (number >> (a * bits)) & ((1 << bits) - 1)).ToArray();
                var place = HilbertCurve.Place(cell, bits);
                Assert.Null(cells[place]);
                cells[place] = cell;
            }

            for (var i = 1; i < cells.Length; i++)
                Assert.Equal(1, cells[i].Zip(cells[i - 1], (a, b) => Math.Abs(a - b)).Sum());
        }
    }

    [Theory]
    [InlineData("z", "no column 'z'")]
    [InlineData("l", "no bounds")]
    public void What_cannot_be_clustered_by_is_refused(string column, string words)
    {
        Append("t", "SELECT 1 AS x, [1] AS l", "x BIGINT; l BIGINT[]");
        var options = new OptimizeOptions { ClusterBy = [column] };
        Assert.Contains(words, Assert.Throws<LakeException>(() => Table.Optimize(Connection, Table.Latest()!, options, Now("o"))).Message);
    }
}
