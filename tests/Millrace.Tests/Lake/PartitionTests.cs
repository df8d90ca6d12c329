using Millrace.Assets;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class PartitionTests : LakeTestBase
{
    private static readonly string[] Values =
    [
        "BOOLEAN|true", "TINYINT|-3", "SMALLINT|300", "INTEGER|-70000", "BIGINT|9007199254740993", "FLOAT|1.5", "DOUBLE|1e300",
        "DOUBLE|'NaN'", "DOUBLE|'-Infinity'", "DECIMAL(38,3)|12345678901234567890.125", "VARCHAR|'plain'", "VARCHAR|'a/b=c%20 d?e#f'",
        "VARCHAR|'é\"''[x]*? ü\\'", "VARCHAR|'__HIVE_DEFAULT_PARTITION__'", "VARCHAR|' lead and trail '", "VARCHAR|'日本'", "BLOB|'abc'",
            "DATE|'2020-02-29'",
        "TIMESTAMP|'2020-02-29 23:59:59.123456'", "TIMESTAMP WITH TIME ZONE|'2020-02-29 23:59:59.123456+00'",
    ];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var value in Values)
                cases.Add(value.Split('|')[0], value.Split('|')[1]);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_partition_value_of_every_type_comes_back_as_it_was(string type, string literal)
    {
        var schema = new Schema([new Column("a", DataType.Long), new Column("p", DataType.Parse(type))]);
        var select = $"SELECT i AS a, CASE WHEN i % 2 = 0 THEN CAST({literal} AS {type}) END AS p FROM range(4) t(i)";
        var staged = Stage(select, schema, o => o with { PartitionBy = ["p"] });
        Assert.Equal(2, staged.Files.Count);
        Table.Commit(Table.Append(null, staged, Stamp("t")));

        var table = new LakeTable(Table.Folder).Latest()!;
        Assert.Equal(["p"], table.PartitionColumns);
        Assert.Equal(Rows($"SELECT * FROM ({select}) ORDER BY a"), Rows($"SELECT * FROM ({table.ToRelation().Sql}) ORDER BY a"));
        Assert.Equal(type == "TIMESTAMP" ? 3 : 1, table.Protocol.MinReader);
        Assert.Single(table.Files, f => f.PartitionValues["p"] is null);
    }

    [Fact]
    public void Null_and_the_word_that_folders_use_for_it_stay_apart()
    {
        var staged = Stage(
            "SELECT i AS a, CASE i % 2 WHEN 0 THEN '__HIVE_DEFAULT_PARTITION__' END AS p FROM range(10) t(i)",
                Columns("a BIGINT; p VARCHAR"),
            o => o with { PartitionBy = ["p"] });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        Assert.Equal(["{'n': 5, 'nulls': 5}"],
            Rows($"SELECT count(p) AS n, count(*) - count(p) AS nulls FROM ({Table.Latest()!.ToRelation().Sql})"));
    }

    [Fact]
    public void An_empty_text_as_a_partition_value_is_refused_and_leaves_nothing_behind()
    {
        var message = Assert.ThrowsAny<Exception>(() =>
            Stage("SELECT 1 AS a, '' AS p", Columns("a BIGINT; p VARCHAR"), o => o with { PartitionBy = ["p"] })).Message;
        Assert.Contains("'p' holds an empty text", message);
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_table_is_partitioned_by_several_columns_and_never_reads_them_from_the_path()
    {
        var schema = Columns("day DATE; shop VARCHAR; a BIGINT");
        var staged = Stage(
            "SELECT DATE '2020-01-01' + (i % 2)::INTEGER AS day, 's' || i % 3 AS shop, i AS a FROM range(12) t(i)", schema, o => o
                with { PartitionBy = ["day", "shop"] });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        Assert.Equal(6, Table.Latest()!.Files.Count);
        Assert.All(Table.Latest()!.Files, f => Assert.StartsWith("day=2020-01-0", f.Path, StringComparison.Ordinal));

        // The entry says another shop than the folder does: the entry is right.
        var text = File.ReadAllText(EntryPath(0)).Replace("\"shop\":\"s1\"", "\"shop\":\"other\"", StringComparison.Ordinal);
        File.WriteAllText(EntryPath(0), text);
        Assert.Equal(
            ["{'shop': other}", "{'shop': s0}", "{'shop': s2}"],
            Rows($"SELECT DISTINCT shop FROM ({new LakeTable(Table.Folder).Latest()!.ToRelation().Sql}) ORDER BY shop"));
    }

    [Fact]
    public void Rows_that_are_staged_by_other_columns_are_refused()
    {
        var schema = Columns("a BIGINT; p VARCHAR");
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS a, 'x' AS p", schema, o => o with { PartitionBy = ["p"] }), Stamp("t")));
        var loose = Stage("SELECT 2 AS a, 'y' AS p", schema);
        Assert.Contains("partitioned by p", Assert.Throws<LakeException>(() => Table.Append(Table.Latest(), loose, Stamp("t1"))).Message);
        Assert.Contains("must hold one",
            Assert.Throws<LakeException>(() => Stage("SELECT 2 AS a, 'y' AS p", schema, o => o with { PartitionBy = ["a", "p"] })).Message);
    }

    [Fact]
    public void A_dynamic_overwrite_replaces_only_the_partitions_that_come_in()
    {
        var schema = Columns("a BIGINT; p VARCHAR");
        StageOptions By(StageOptions o) => o with { PartitionBy = ["p"] };
        Table.Commit(Table.Append(null,
            Stage("SELECT i AS a, CASE WHEN i < 8 THEN 'p' || i % 4 END AS p FROM range(10) t(i)", schema, By), Stamp("t")));
        Table.Commit(Table.OverwritePartitions(
            Table.Latest()!, Stage("SELECT 100 AS a, 'p1' AS p UNION ALL SELECT 101, NULL UNION ALL SELECT 102, 'new'", schema, By),
                Stamp("t1")));
        Assert.Equal(
            ["{'p': new, 'list': [102]}", "{'p': p0, 'list': [0, 4]}", "{'p': p1, 'list': [100]}", "{'p': p2, 'list': [2, 6]}",
                "{'p': p3, 'list': [3, 7]}", "{'p': NULL, 'list': [101]}"],
            Rows($"SELECT p, list_sort(list(a)) AS list FROM ({Table.Latest()!.ToRelation().Sql}) GROUP BY p ORDER BY p NULLS LAST"));
    }

    [Fact]
    public void An_overwrite_by_a_condition_replaces_its_rows_and_takes_no_others()
    {
        var schema = Columns("a BIGINT; p VARCHAR");
        Table.Commit(Table.Append(null,
            Stage("SELECT i AS a, 'p' || i % 2 AS p FROM range(6) t(i)", schema, o => o with { PartitionBy = ["p"] }), Stamp("t")));
        StagedFiles More(string select) => Stage(select, schema, o => o with { PartitionBy = ["p"] });

        var wrong = More("SELECT 1 AS a, 'p1' AS p");
        Assert.Contains("1 of 1 new rows",
            Assert.Throws<LakeException>(() => Table.OverwriteWhere(Connection, Table.Latest()!, wrong, "a >= 4", Stamp("t1"))).Message);
        wrong.Discard();

        Table.Commit(Table.OverwriteWhere(Connection, Table.Latest()!, More("SELECT 40 AS a, 'p9' AS p"), "a >= 4", Stamp("t1")));
        Assert.Equal(
            ["{'a': 0, 'p': p0}", "{'a': 1, 'p': p1}", "{'a': 2, 'p': p0}", "{'a': 3, 'p': p1}", "{'a': 40, 'p': p9}"],
            Rows($"SELECT * FROM ({Table.Latest()!.ToRelation().Sql}) ORDER BY a"));
    }

    [Fact]
    public void Many_partitions_in_one_write_lose_no_row()
    {
        var staged = Stage("SELECT i AS a, i % 700 AS p FROM range(700000) t(i)", Columns("a BIGINT; p BIGINT"), o => o
            with { PartitionBy = ["p"] });
        Table.Commit(Table.Append(null, staged, Stamp("t")));
        Assert.Equal(700_000, Table.Latest()!.RowCount);
        Assert.Equal(
            ["{'n': 700000, 'ps': 700, 'sum': 244999650000}"],
            Rows($"SELECT count(*) AS n, count(DISTINCT p) AS ps, sum(a) AS sum FROM ({Table.Latest()!.ToRelation().Sql}) WHERE a % 700 "
                + $"= p"));
    }

    [Fact]
    public void A_nested_column_cannot_be_a_partition() =>
        Assert.Contains("no text for values", Assert.Throws<LakeException>(() =>
            Stage("SELECT 1 AS a, [1] AS p", Columns("a BIGINT; p BIGINT[]"), o => o with { PartitionBy = ["p"] })).Message);
}
