using Millrace.Assets;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class ConstraintTests : LakeTestBase
{
    private const string Ages = "id BIGINT; age BIGINT";

    private void Constrained()
    {
        Append("t", "SELECT 1 AS id, 30 AS age", Ages);
        Table.Commit(Table.AddConstraint(Connection, Table.Latest()!, "grown", "age BETWEEN 18 AND 150", Stamp("c")));
    }

    [Fact]
    public void A_constraint_is_kept_by_every_way_of_writing()
    {
        Constrained();
        Assert.Equal((1, 3), (Table.Latest()!.Protocol.MinReader, Table.Latest()!.Protocol.MinWriter));
        Assert.Equal("age BETWEEN 18 AND 150", Table.Latest()!.Configuration["delta.constraints.grown"]);
        var head = Table.Latest()!;
        foreach (var mode in new[] { CommitMode.Restore, CommitMode.Rebase })
        {
            var stamp = Stamp("bad-" + mode) with { Mode = mode };
            CommitRequest[] requests =
            [
                Table.Append(head, Stage("SELECT 2 AS id, 5 AS age", Columns(Ages)), stamp),
                Table.Overwrite(head, Stage("SELECT 2 AS id, 5 AS age", Columns(Ages)), stamp),
                Table.OverwriteWhere(Connection, head, Stage("SELECT 1 AS id, 5 AS age", Columns(Ages)), "id = 1", stamp),
                Table.Update(Connection, head, new Dictionary<string, string> { ["age"] = "NULL" }, null, stamp),
                Table.Merge(Connection, head, "SELECT 9 AS id, 5 AS age", new MergeOptions { Keys = ["id"] }, stamp),
            ];
            foreach (var request in requests)
            {
                var message = Assert.Throws<LakeException>(() => Table.Commit(request)).Message;
                Assert.Contains("'grown' (age BETWEEN 18 AND 150)", message);
                Assert.Contains("broken by 1 rows", message);
                Table.Discard(request);
            }
        }

        Assert.Equal(1, Table.LatestVersion);
        Append("good", "SELECT 2 AS id, 18 AS age", Ages);
        Assert.Equal(2, Table.Latest()!.RowCount);
        Assert.Equal("age BETWEEN 18 AND 150", Table.Latest()!.Configuration["delta.constraints.grown"]);
    }

    [Fact]
    public void A_constraint_that_rows_break_already_or_that_cannot_be_asked_is_refused()
    {
        Append("t", "SELECT 1 AS id, 3 AS age", Ages);
        var head = Table.Latest()!;
        Assert.Contains("broken by 1 rows",
            Assert.Throws<LakeException>(() => Table.AddConstraint(Connection, head, "grown", "age > 17", Stamp("c"))).Message);
        Assert.Contains("cannot be asked",
            Assert.Throws<LakeException>(() => Table.AddConstraint(Connection, head, "c", "agee > 17", Stamp("c"))).Message);
        Assert.Contains("no name", Assert.Throws<LakeException>(() =>
            Table.AddConstraint(Connection, head, "c d", "age > 1", Stamp("c"))).Message);
    }

    [Fact]
    public void A_dropped_constraint_binds_no_more()
    {
        Constrained();
        Table.Commit(Table.DropConstraint(Table.Latest()!, "GROWN", Stamp("d")));
        Append("young", "SELECT 2 AS id, 5 AS age", Ages);
        Assert.Equal(2, Table.Latest()!.RowCount);
        Assert.Contains("no constraint 'other'",
            Assert.Throws<LakeException>(() => Table.DropConstraint(Table.Latest()!, "other", Stamp("e"))).Message);
    }

    [Fact]
    public void A_constraint_is_kept_beside_an_append_that_was_made_before_it()
    {
        Append("t", "SELECT 1 AS id, 30 AS age", Ages);
        var young = Table.Append(Table.Latest(), Stage("SELECT 2 AS id, 5 AS age", Columns(Ages)), Stamp("young")
            with { Mode = CommitMode.Rebase });
        Table.Commit(Table.AddConstraint(Connection, Table.Latest()!, "grown", "age > 17", Stamp("c")));
        Assert.Equal(CommitConflict.Protocol, Assert.Throws<CommitConflictException>(() => Table.Commit(young)).Kind);
    }

    [Fact]
    public void A_column_that_must_not_be_null_is_asked_though_the_rows_were_staged_without_saying_so()
    {
        var strict = new Schema([new Column("a", DataType.Long, false),
            new Column("s", DataType.Struct([new Column("x", DataType.Long, false)]))]);
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS a, {'x': 1} AS s", strict), Stamp("t")));
        var rebase = Stamp("bad") with { Mode = CommitMode.Rebase };

        var loose = Table.Append(Table.Latest(), Stage("SELECT NULL AS a, {'x': 1} AS s", Columns("a BIGINT; s STRUCT(x BIGINT)")), rebase);
        Assert.Contains("NOT NULL of 'a'", Assert.Throws<LakeException>(() => Table.Commit(loose)).Message);
        var inner = Table.Append(Table.Latest(), Stage("SELECT 2 AS a, {'x': NULL} AS s", strict), rebase);
        Assert.Contains("NOT NULL of 'x' inside 's'", Assert.Throws<LakeException>(() => Table.Commit(inner)).Message);

        Table.Commit(Table.Append(Table.Latest(), Stage("SELECT 2 AS a, NULL AS s", strict), Stamp("good")
            with { Mode = CommitMode.Rebase }));
        Assert.Equal(2, Table.Latest()!.RowCount);
        Assert.False(Table.Latest()!.Schema.Find("a")!.IsNullable);
    }

    [Theory]
    [InlineData("delta.generationExpression", "\"a + 1\"", "generated column")]
    [InlineData("delta.identity.start", "1", "identity column")]
    [InlineData("CURRENT_DEFAULT", "\"5\"", "a default")]
    public void A_column_whose_values_its_writers_must_compute_is_refused_by_name(string key, string value, string words)
    {
        Append("t", "SELECT 1 AS id, 30 AS age", Ages);
        var text = File.ReadAllText(EntryPath(0)).Replace("""\"name\":\"age\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}""",
            $$"""\"name\":\"age\",\"type\":\"long\",\"nullable\":true,\"metadata\":{\"{{key}}\":{{value.Replace("\"", "\\\"", StringComparison.Ordinal)}}}""", StringComparison.Ordinal);
        File.WriteAllText(EntryPath(0), text);
        var table = new LakeTable(Table.Folder);
        var message = Assert.Throws<LakeException>(() =>
            table.Commit(table.Append(table.Latest(), Stage("SELECT 2 AS id, 1 AS age", Columns(Ages)), Stamp("u")))).Message;
        Assert.Contains("'age'", message);
        Assert.Contains(words, message);
    }
}
