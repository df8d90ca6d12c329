using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class MergeTests : LakeTestBase
{
    private const string Wares = "id BIGINT; name VARCHAR; price DECIMAL(10,2)";

    private static readonly MergeOptions ById = new() { Keys = ["id"] };

    /// <summary>Four files of ten wares each, by id.</summary>
    private Snapshot Four(string more = "")
    {
        for (var file = 0; file < 4; file++)
            Append($"t{file}", $"SELECT i AS id, 'w' || i AS name, i::DECIMAL(10,2) AS price{more} FROM range({file * 10}, "
                + $"{(file * 10) + 10}) t(i)", Wares + (more.Length > 0 ? "; note VARCHAR" : ""));
        return Table.Latest()!;
    }

    private CommitResult Merge(string source, MergeOptions options, string task = "merge") =>
        Table.Commit(Table.Merge(Connection, Table.Latest()!, source, options, Stamp(task)));

    private IReadOnlyList<string> Sorted(string where = "true") =>
        Rows($"SELECT * FROM ({Table.Latest()!.ToRelation().Sql}) WHERE {where} ORDER BY ALL");

    [Fact]
    public void Rows_of_known_keys_change_and_others_come_in()
    {
        var before = Four();
        var metrics = Merge("SELECT unnest([15, 100]) AS id, unnest(['new', 'first']) AS name, unnest([1.5, 2.5]) AS price",
            ById).CommitInfo["operationMetrics"]!;
        Assert.Equal(["{'id': 15, 'name': new, 'price': 1.50}", "{'id': 100, 'name': first, 'price': 2.50}"],
            Sorted("name IN ('new', 'first')"));
        Assert.Equal(41, Table.Latest()!.RowCount);
        Assert.Equal(3, Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)).Count());
        Assert.Equal(("1", "1", "9"), ((string)metrics["numTargetRowsInserted"]!, (string)metrics["numTargetRowsUpdated"]!,
            (string)metrics["numTargetRowsCopied"]!));
    }

    [Fact]
    public void Files_whose_keys_leave_no_room_are_not_opened()
    {
        var before = Four();
        foreach (var file in new[] { before.Files[1], before.Files[2] })
            File.WriteAllText(Path.Combine(Table.Folder, file.Path), "no Parquet");

        // The keys 3 and 35 lie on both sides of what cannot be read.
        Merge("SELECT unnest([3, 35]) AS id, 'x' AS name, 0 AS price", ById);
        Assert.Equal(2, Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)).Count());
    }

    [Fact]
    public void Rows_are_taken_out_where_the_source_says_so()
    {
        Four();
        Merge(
            "SELECT unnest([1, 2, 200]) AS id, 'x' AS name, 0 AS price, unnest(['D', 'U', 'D']) AS op",
            ById with { DeleteWhen = "s.op = 'D'", InsertWhen = "s.op <> 'D'" });
        Assert.Equal(["{'id': 2, 'name': x, 'price': 0.00}"], Sorted("id IN (1, 2, 200)"));
        Assert.Equal(39, Table.Latest()!.RowCount);
    }

    [Fact]
    public void Only_rows_that_the_condition_allows_change_and_files_without_one_stay()
    {
        var before = Four();
        Merge("SELECT unnest([1, 15]) AS id, 'x' AS name, unnest([5, 5]) AS price", ById with { UpdateWhen = "s.price > t.price" });
        Assert.Equal(["{'id': 1, 'name': x, 'price': 5.00}"], Sorted("name = 'x'"));
        Assert.Equal(3, Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)).Count());
    }

    [Fact]
    public void Given_values_are_set_and_columns_that_the_source_lacks_stay()
    {
        Four(", 'note' AS note");
        Merge("SELECT unnest([7, 70]) AS id, unnest([9.25, 8.5]) AS price", ById
            with { Set = new Dictionary<string, string> { ["price"] = "t.price + s.price" } });
        Assert.Equal(["{'id': 7, 'name': w7, 'price': 16.25, 'note': note}", "{'id': 70, 'name': NULL, 'price': 8.50, 'note': NULL}"],
            Sorted("id IN (7, 70)"));
    }

    [Fact]
    public void Rows_that_only_the_table_has_go_when_that_is_asked()
    {
        Four();
        Merge("SELECT unnest([1, 25]) AS id, 'x' AS name, 1 AS price", ById
            with { DeletesUnmatchedBySource = true, DeleteBySourceWhen = "t.id < 30" });
        Assert.Equal(12, Table.Latest()!.RowCount);
        Assert.Equal(["{'id': 1, 'name': x, 'price': 1.00}", "{'id': 25, 'name': x, 'price': 1.00}"], Sorted("id < 30"));
    }

    [Fact]
    public void A_key_may_be_several_columns()
    {
        Append("t", "SELECT i // 3 AS a, i % 3 AS b, i AS v FROM range(9) t(i)", "a BIGINT; b BIGINT; v BIGINT");
        Merge("SELECT unnest([1, 1, 5]) AS a, unnest([0, 1, 1]) AS b, unnest([100, 101, 102]) AS v",
            new MergeOptions { Keys = ["a", "b"] });
        Assert.Equal(
            ["{'a': 1, 'b': 0, 'v': 100}", "{'a': 1, 'b': 1, 'v': 101}", "{'a': 1, 'b': 2, 'v': 5}", "{'a': 5, 'b': 1, 'v': 102}"],
                Sorted("a IN (1, 5)"));
    }

    [Fact]
    public void Two_source_rows_of_one_key_are_refused_with_the_key()
    {
        Four();
        var message = Assert.Throws<LakeException>(() => Merge("SELECT unnest([1, 7, 7]) AS id, 'x' AS name, 0 AS price", ById)).Message;
        Assert.Contains("{'id': 7} (2 rows)", message);
        Assert.Equal(3, Table.LatestVersion);
        Assert.Contains("is NULL", Assert.Throws<LakeException>(() => Merge("SELECT NULL AS id, 'x' AS name, 0 AS price", ById)).Message);
        Assert.Contains("no column 'id'", Assert.Throws<LakeException>(() => Merge("SELECT 'x' AS name", ById)).Message);
        Assert.Contains("no column 'nr'",
            Assert.Throws<LakeException>(() => Merge("SELECT 1 AS id", new MergeOptions { Keys = ["nr"] })).Message);
    }

    [Fact]
    public void A_merge_keeps_partitions_and_moves_rows_between_them()
    {
        var schema = Columns("id BIGINT; p VARCHAR");
        Table.Commit(Table.Append(null,
            Stage("SELECT i AS id, 'p' || i % 2 AS p FROM range(6) t(i)", schema, o => o with { PartitionBy = ["p"] }), Stamp("t")));
        Merge("SELECT unnest([1, 10]) AS id, unnest(['p0', 'p7']) AS p", ById);
        Assert.Equal(
            ["{'p': p0, 'ids': [0, 1, 2, 4]}", "{'p': p1, 'ids': [3, 5]}", "{'p': p7, 'ids': [10]}"],
            Rows($"SELECT p, list_sort(list(id)) AS ids FROM ({Table.Latest()!.ToRelation().Sql}) GROUP BY p ORDER BY p"));
    }

    [Fact]
    public void A_merge_into_an_empty_table_is_an_append_and_a_merge_of_nothing_changes_no_row()
    {
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS id, 'x' AS name, 1 AS price WHERE false", Columns(Wares)), Stamp("t")));
        Merge("SELECT 1 AS id, 'one' AS name, 1 AS price", ById);
        Merge("SELECT 2 AS id, 'two' AS name, 1 AS price WHERE false", ById, "again");
        Assert.Equal(["{'id': 1, 'name': one, 'price': 1.00}"], Sorted());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_merge_gives_what_the_engine_gives_for_the_same_rows(int seed)
    {
        var random = new Random(seed);
        Append("t", $"SELECT i AS id, 'w' || i AS name, i::DECIMAL(10,2) AS price FROM range(2000) t(i) WHERE hash(i, {seed}) % 3 > 0",
            Wares);
        Append("u", "SELECT i AS id, 'w' || i AS name, i::DECIMAL(10,2) AS price FROM range(5000, 6000) t(i)", Wares);
        var source = $"SELECT i AS id, 's' || i AS name, (i * 2)::DECIMAL(10,2) AS price, hash(i, {random.Next()}) % 4 AS op FROM "
            + $"range(1500, 5200) t(i) WHERE hash(i, {random.Next()}) % 2 = 0";
        Connection.Execute($"CREATE OR REPLACE TEMP TABLE wanted AS SELECT * FROM ({Table.Latest()!.ToRelation().Sql})");
        Connection.Execute($"""
            MERGE INTO wanted t USING ({source}) s ON t.id = s.id
            WHEN MATCHED AND s.op = 0 THEN DELETE
            WHEN MATCHED AND s.op = 1 THEN UPDATE SET name = s.name, price = s.price
            WHEN NOT MATCHED AND s.op <> 0 THEN INSERT VALUES (s.id, s.name, s.price)
            """);
        Merge(source, ById with { DeleteWhen = "s.op = 0", UpdateWhen = "s.op = 1", InsertWhen = "s.op <> 0" });
        Assert.Equal(Rows("SELECT * FROM wanted ORDER BY ALL"), Sorted());
    }
}
