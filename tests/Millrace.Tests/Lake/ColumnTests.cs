using Millrace.Assets;
using Millrace.Lake;
using Millrace.Lake.Delta;

namespace Millrace.Tests.Lake;

public sealed class ColumnTests : LakeTestBase
{
    private Snapshot Two()
    {
        Append("t0", "SELECT 1 AS a, 'one' AS b", "a INTEGER; b VARCHAR");
        return Table.Latest()!;
    }

    private void Then(Func<Snapshot, CommitRequest> verb) => Table.Commit(verb(Table.Latest()!));

    [Fact]
    public void A_new_column_is_null_in_old_rows_and_stands_where_it_was_put()
    {
        Two();
        Then(t => Table.AddColumn(t, new Column("c", DataType.Date), "a", Stamp("c")));
        Then(t => Table.Append(t, Stage("SELECT 2 AS a, DATE '2020-01-01' AS c, 'two' AS b", t.Schema), Stamp("t1")
            with { Mode = CommitMode.Rebase }));
        Assert.Equal(["{'a': 1, 'c': NULL, 'b': one}", "{'a': 2, 'c': 2020-01-01, 'b': two}"], Rows(Table.Latest()));
        Assert.Contains("already", Assert.Throws<LakeException>(() =>
            Table.AddColumn(Table.Latest()!, new Column("C", DataType.Date), null, Stamp("d"))).Message);
        Assert.Contains("must allow NULL",
            Assert.Throws<LakeException>(() =>
            Table.AddColumn(Table.Latest()!, new Column("d", DataType.Date, false), null, Stamp("d"))).Message);
    }

    [Fact]
    public void A_new_timestamp_without_zone_raises_the_protocol()
    {
        Two();
        Then(t => Table.AddColumn(t, new Column("at", DataType.TimestampNtz), null, Stamp("c")));
        Assert.Equal((3, 7), (Table.Latest()!.Protocol.MinReader, Table.Latest()!.Protocol.MinWriter));
        Assert.Contains("timestampNtz", Table.Latest()!.Protocol.ReaderFeatures);
    }

    [Fact]
    public void Field_metadata_of_other_writers_survives_a_change_of_the_columns()
    {
        Two();
        File.WriteAllText(EntryPath(0), File.ReadAllText(EntryPath(0)).Replace(
            """\"name\":\"b\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}""",
            """\"name\":\"b\",\"type\":\"string\",\"nullable\":true,\"metadata\":{\"comment\":\"a word\"}""", StringComparison.Ordinal));
        var table = new LakeTable(Table.Folder);
        table.Commit(table.AddColumn(table.Latest()!, new Column("c", DataType.Date), null, Stamp("c")));
        table.Commit(table.WidenColumn(Connection, table.Latest()!, "a", DataType.Long, Stamp("w")));
        Assert.Contains("a word", table.Latest()!.Metadata.SchemaString);
        Assert.Equal("a BIGINT, b VARCHAR, c DATE", table.Latest()!.Schema.ToString());
    }

    [Fact]
    public void A_column_is_widened_by_writing_files_anew_unless_the_table_asks_for_the_feature()
    {
        var before = Two();
        Then(t => Table.WidenColumn(Connection, t, "a", DataType.Long, Stamp("w")));
        Assert.Equal((1, 2), (Table.Latest()!.Protocol.MinReader, Table.Latest()!.Protocol.MinWriter));
        Assert.Empty(Table.Latest()!.Files.Select(f => f.Path).Intersect(before.Files.Select(f => f.Path)));
        Then(t => Table.Append(t, Stage("SELECT 5000000000 AS a, 'big' AS b", t.Schema), Stamp("t1")));
        Assert.Equal(["{'a': 1, 'b': one}", "{'a': 5000000000, 'b': big}"], Rows(Table.Latest()));
    }

    [Theory]
    [InlineData("TINYINT", "BIGINT", true)]
    [InlineData("INTEGER", "DOUBLE", true)]
    [InlineData("BIGINT", "DOUBLE", false)]
    [InlineData("BIGINT", "INTEGER", false)]
    [InlineData("FLOAT", "DOUBLE", true)]
    [InlineData("DATE", "TIMESTAMP", true)]
    [InlineData("DATE", "TIMESTAMP WITH TIME ZONE", false)]
    [InlineData("INTEGER", "DECIMAL(10,0)", true)]
    [InlineData("INTEGER", "DECIMAL(11,2)", false)]
    [InlineData("BIGINT", "DECIMAL(20,0)", true)]
    [InlineData("DECIMAL(10,2)", "DECIMAL(12,4)", true)]
    [InlineData("DECIMAL(10,2)", "DECIMAL(12,5)", false)]
    [InlineData("VARCHAR", "BIGINT", false)]
    public void A_type_is_wider_when_it_holds_every_value(string from, string to, bool holds) =>
        Assert.Equal(holds, TypeWidening.Holds(DataType.Parse(from), DataType.Parse(to)));

    [Fact]
    public void A_narrower_type_is_refused()
    {
        Two();
        Assert.Contains("cannot become SMALLINT",
            Assert.Throws<LakeException>(() => Table.WidenColumn(Connection, Table.Latest()!, "a", DataType.Short, Stamp("w"))).Message);
    }

    [Fact]
    public void Renaming_and_dropping_need_column_mapping()
    {
        Two();
        Assert.Contains("column mapping",
            Assert.Throws<LakeException>(() => Table.RenameColumn(Table.Latest()!, "a", "c", Stamp("r"))).Message);
        Assert.Contains("column mapping", Assert.Throws<LakeException>(() => Table.DropColumn(Table.Latest()!, "a", Stamp("r"))).Message);
    }

    [Fact]
    public void A_property_that_we_do_not_uphold_is_refused()
    {
        Two();
        string Message(string name) =>
            Assert.Throws<LakeException>(() =>
            Table.SetProperties(Table.Latest()!, new Dictionary<string, string> { [name] = "true" }, [], Stamp("p"))).Message;
        Assert.Contains("does not uphold the property 'delta.enableRowTracking'", Message("delta.enableRowTracking"));
        Assert.Contains("is a constraint", Message("delta.constraints.x"));
        Assert.Contains("column mapping", Message("delta.columnMapping.mode"));
    }

    [Fact]
    public void A_restore_brings_back_columns_and_properties_too_and_goes_on_top_of_what_came_since()
    {
        var old = Two();
        Then(t => Table.AddColumn(t, new Column("c", DataType.Date), null, Stamp("c")));
        Then(t => Table.SetProperties(t, new Dictionary<string, string> { ["team"] = "sales" }, [], Stamp("p")));
        Then(t => Table.Append(t, Stage("SELECT 2 AS a, 'two' AS b, NULL AS c", t.Schema), Stamp("a")));
        Then(t => Table.Restore(t, old, Stamp("r") with { Mode = CommitMode.Rebase }));
        Assert.Equal(["{'a': 1, 'b': one}"], Rows(Table.Latest()));
        Assert.Empty(Table.Latest()!.Configuration);
        Assert.Equal(4, Table.Latest()!.Version);
    }

    [Fact]
    public void The_interval_of_checkpoints_can_be_set()
    {
        Two();
        Then(t => Table.SetProperties(t, new Dictionary<string, string> { ["delta.checkpointInterval"] = "3", ["team"] = "sales" }, [],
            Stamp("p")));
        for (var i = 0; i < 4; i++)
            Then(t => Table.Append(t, Stage($"SELECT {i} AS a, '' AS b", t.Schema), Stamp($"n{i}")));
        Assert.True(File.Exists(Path.Combine(Log, "00000000000000000003.checkpoint.parquet")));
        Assert.False(File.Exists(Path.Combine(Log, "00000000000000000005.checkpoint.parquet")));
        Then(t => Table.SetProperties(t, new Dictionary<string, string>(), ["team"], Stamp("q")));
        Assert.DoesNotContain("team", Table.Latest()!.Configuration.Keys);
    }
}
