using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class ColumnMappingWriteTests : LakeTestBase
{
    private const string Three = "id BIGINT; name VARCHAR; place STRUCT(x BIGINT, y BIGINT)";

    private void Then(Func<Snapshot, CommitRequest> verb) => Table.Commit(verb(Table.Latest()!));

    private void Mapped(params string[] partitions)
    {
        var rows = "SELECT i AS id, 'n' || i % 2 AS name, {'x': i, 'y': -i} AS place FROM range(4) t(i)";
        Table.Commit(Table.Append(null, Stage(rows, Columns(Three), o => o with { PartitionBy = partitions }), Stamp("t")));
        Then(t => Table.MapColumns(t, Stamp("map")));
    }

    private StagedFiles More(string select, params string[] columns) =>
        Stage(select, new Schema([.. Table.Latest()!.Schema.Columns.Where(c => columns.Length == 0 || columns.Contains(c.Name))]), o => o
            with { For = Table.Latest() });

    [Fact]
    public void Mapping_asks_for_its_protocol_and_changes_no_row()
    {
        Mapped();
        var table = Table.Latest()!;
        Assert.Equal((2, 5), (table.Protocol.MinReader, table.Protocol.MinWriter));
        Assert.Equal("5", table.Configuration["delta.columnMapping.maxColumnId"]);
        Assert.Equal(4, Rows(table).Count);
    }

    [Fact]
    public void A_column_is_renamed_without_touching_a_file_and_new_files_keep_the_old_name_inside()
    {
        Mapped();
        var before = Table.Latest()!.Files.Select(f => f.Path).ToList();
        Then(t => Table.RenameColumn(t, "name", "title", Stamp("r")));
        Assert.Equal(before, Table.Latest()!.Files.Select(f => f.Path));
        Then(t => Table.Append(t, More("SELECT 9 AS id, 'new' AS title, {'x': 7, 'y': 8} AS place"), Stamp("a")));
        Assert.Equal(["{'id': 0, 'title': n0, 'place': {'x': 0, 'y': 0}}", "{'id': 9, 'title': new, 'place': {'x': 7, 'y': 8}}"],
            Rows($"SELECT * FROM ({Table.Latest()!.ToRelation().Sql}) WHERE id IN (0, 9) ORDER BY id"));

        var file = Path.Combine(Table.Folder, Table.Latest()!.Files[^1].Path);
        Assert.Equal(["{'name': id, 'field_id': 1}", "{'name': name, 'field_id': 2}", "{'name': place, 'field_id': 3}"],
            Rows($"SELECT name, field_id FROM parquet_schema('{file}') WHERE name IN ('id', 'name', 'place')"));
        Assert.Equal("new", (string)JsonNode.Parse(Table.Latest()!.Files[^1].Stats!)!["minValues"]!["name"]!);
    }

    [Fact]
    public void A_column_that_comes_again_under_a_dropped_name_is_another_one()
    {
        Mapped();
        Then(t => Table.DropColumn(t, "name", Stamp("d")));
        Assert.Equal("id BIGINT, place STRUCT(\"x\" BIGINT, \"y\" BIGINT)", Table.Latest()!.Schema.ToString());
        Then(t => Table.AddColumn(t, new Column("name", DataType.String), null, Stamp("c")));
        Assert.Equal(["{'names': 0}"], Rows($"SELECT count(name) AS names FROM ({Table.Latest()!.ToRelation().Sql})"));
        Then(t => Table.Append(t, More("SELECT 9 AS id, {'x': 7, 'y': 8} AS place, 'new' AS name"), Stamp("a")));
        Assert.Equal(["{'name': new}"], Rows($"SELECT name FROM ({Table.Latest()!.ToRelation().Sql}) WHERE name IS NOT NULL"));
        Assert.Equal("6", Table.Latest()!.Configuration["delta.columnMapping.maxColumnId"]);
    }

    [Fact]
    public void Rows_of_renamed_columns_are_deleted_updated_merged_and_packed()
    {
        Mapped("name");
        Then(t => Table.RenameColumn(t, "name", "kind", Stamp("r1")));
        Then(t => Table.RenameColumn(t, "id", "number", Stamp("r2")));
        Assert.Equal(["kind"], Table.Latest()!.PartitionColumns);
        Then(t => Table.Delete(Connection, t, "number = 3", Stamp("d")));
        Then(t => Table.Update(Connection, t, new Dictionary<string, string> { ["number"] = "number + 10" }, "kind = 'n1'", Stamp("u")));
        Then(t => Table.Merge(Connection, t, "SELECT unnest([2, 20]) AS number, 'n1' AS kind, {'x': 1, 'y': 1} AS place",
            new MergeOptions { Keys = ["number"] }, Stamp("m")));
        Then(t => Table.Optimize(Connection, t, new OptimizeOptions(), Stamp("o")));
        Then(t => Table.OverwritePartitions(t, More("SELECT 30 AS number, 'n0' AS kind, NULL AS place"), Stamp("p")));
        Assert.Equal(
            ["{'number': 2, 'kind': n1, 'place': {'x': 1, 'y': 1}}", "{'number': 11, 'kind': n1, 'place': {'x': 1, 'y': -1}}",
                "{'number': 20, 'kind': n1, 'place': {'x': 1, 'y': 1}}", "{'number': 30, 'kind': n0, 'place': NULL}"],
            Rows($"SELECT * FROM ({Table.Latest()!.ToRelation().Sql}) ORDER BY number"));
    }

    [Fact]
    public void Rows_that_were_staged_without_the_mapping_or_before_a_change_are_refused()
    {
        Mapped();
        var loose = Stage("SELECT 9 AS id, 'new' AS name, NULL AS place", Columns(Three));
        Assert.Contains("StageOptions.For", Assert.Throws<LakeException>(() => Table.Append(Table.Latest(), loose, Stamp("a"))).Message);
        Assert.Contains("StageOptions.For", Assert.Throws<LakeException>(() => Table.Overwrite(Table.Latest(), loose, Stamp("a"))).Message);
        var early = More("SELECT 9 AS id, 'new' AS name, NULL AS place");
        Then(t => Table.RenameColumn(t, "name", "title", Stamp("r")));
        Assert.Contains("before the columns changed",
            Assert.Throws<LakeException>(() => Table.Append(Table.Latest(), early, Stamp("b"))).Message);
    }

    [Fact]
    public void A_column_that_a_constraint_names_stays()
    {
        Mapped();
        Then(t => Table.AddConstraint(Connection, t, "named", "name <> ''", Stamp("c")));
        Assert.Contains("'named'", Assert.Throws<LakeException>(() =>
            Table.RenameColumn(Table.Latest()!, "name", "title", Stamp("r"))).Message);
        Assert.Contains("'named'", Assert.Throws<LakeException>(() => Table.DropColumn(Table.Latest()!, "name", Stamp("r"))).Message);
        Then(t => Table.RenameColumn(t, "id", "nr", Stamp("r")));
        var bad = Table.Append(Table.Latest(), More("SELECT 9 AS nr, '' AS name, NULL AS place"), Stamp("a"));
        Assert.Contains("'named'", Assert.Throws<LakeException>(() => Table.Commit(bad)).Message);
    }

    [Fact]
    public void Where_the_table_asks_for_it_a_column_is_widened_without_touching_a_file()
    {
        Append("t", "SELECT 1 AS a", "a INTEGER");
        Then(t => Table.SetProperties(t, new Dictionary<string, string> { ["delta.enableTypeWidening"] = "true" }, [], Stamp("p")));
        var before = Table.Latest()!.Files.Select(f => f.Path).ToList();
        Then(t => Table.WidenColumn(Connection, t, "a", DataType.Long, Stamp("w")));
        Assert.Equal(before, Table.Latest()!.Files.Select(f => f.Path));
        Assert.Contains("typeWidening", Table.Latest()!.Protocol.ReaderFeatures);
        Then(t => Table.Append(t, Stage("SELECT 5000000000 AS a", t.Schema), Stamp("a")));
        Assert.Equal(["{'a': 1}", "{'a': 5000000000}"], Rows(Table.Latest()));
    }
}
