using Millrace.Assets;
using Millrace.Lake;

namespace Millrace.Tests.Lake;

public sealed class LakeTableTests : LakeTestBase
{
    [Fact]
    public void A_folder_without_a_log_is_no_table()
    {
        Assert.False(Table.Exists);
        Assert.Null(Table.LatestVersion);
        Assert.Null(Table.Latest());
        Assert.Empty(Table.History());
        Assert.Contains("no Delta log", Assert.Throws<LakeException>(() => Table.Read(0)).Message);
        Assert.Contains("no Delta log", Assert.Throws<LakeException>(() => Table.ReadAt(Noon)).Message);
    }

    [Fact]
    public void Rows_that_are_staged_are_not_in_the_table_until_they_are_committed()
    {
        var staged = Stage("SELECT 1 AS a", Columns("a INTEGER"));
        Assert.Null(Table.Latest());
        Assert.Equal(["{'a': 1}"], Rows(staged.ToRelation()));

        var request = Table.Append(null, staged, Stamp("t1"));
        Assert.Equal(["{'a': 1}"], Rows(Table.Preview(request)));
        Assert.Null(Table.Latest());

        Table.Commit(request);
        Assert.Equal(["{'a': 1}"], Rows(Table.Latest()));
    }

    [Fact]
    public void Appending_keeps_the_rows_before_in_their_order()
    {
        Append("t1", "SELECT i AS a FROM range(3) r(i)", "a BIGINT");
        Append("t2", "SELECT i AS a FROM range(3, 5) r(i)", "a BIGINT");
        var table = Table.Latest()!;
        Assert.Equal(1, table.Version);
        Assert.Equal(5, table.RowCount);
        Assert.Equal(["{'a': 0}", "{'a': 1}", "{'a': 2}", "{'a': 3}", "{'a': 4}"], Rows(table));
    }

    [Fact]
    public void Overwriting_may_change_the_columns()
    {
        Append("t1", "SELECT 1 AS a", "a BIGINT");
        var staged = Stage("SELECT 'x' AS b, 2 AS a", Columns("b VARCHAR; a DOUBLE"));
        Table.Commit(Table.Overwrite(Table.Latest(), staged, Stamp("t2")));
        Assert.Equal(["{'b': x, 'a': 2.0}"], Rows(Table.Latest()));
        Assert.Equal(["{'a': 1}"], Rows(Table.Read(0)));
        Assert.Equal("b VARCHAR, a DOUBLE", Table.Latest()!.Schema.ToString());
    }

    [Fact]
    public void A_new_column_is_null_in_the_rows_before()
    {
        Append("t1", "SELECT 1 AS a, {'x': 1} AS s", "a BIGINT; s STRUCT(x INTEGER)");
        Append("t2", "SELECT 2 AS a, NULL AS s, 'b' AS b", "a BIGINT; s STRUCT(x INTEGER); b VARCHAR");
        Assert.Equal(["{'a': 1, 's': {'x': 1}, 'b': NULL}", "{'a': 2, 's': NULL, 'b': b}"], Rows(Table.Latest()));
    }

    [Fact]
    public void Appending_other_columns_is_refused()
    {
        Append("t1", "SELECT 1 AS a", "a INTEGER");
        var message = Assert.Throws<LakeException>(() => Append("t2", "SELECT 1 AS a", "a BIGINT")).Message;
        Assert.Contains("column a INTEGER", message);
        Assert.Throws<LakeException>(() => Append("t3", "SELECT 1 AS b", "b INTEGER"));
        Assert.Equal(0, Table.LatestVersion);
    }

    [Fact]
    public void A_table_without_rows_reads_as_such()
    {
        Append("t1", "SELECT 1 AS a WHERE false", "a INTEGER");
        var table = Table.Latest()!;
        Assert.Empty(table.Files);
        Assert.Equal(0, table.RowCount);
        Assert.Empty(Rows(table));
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*.parquet"));
    }

    [Fact]
    public void Restoring_gives_an_older_content_as_a_new_version()
    {
        Append("t1", "SELECT 1 AS a", "a BIGINT");
        Append("t2", "SELECT 2 AS a, 3 AS b", "a BIGINT; b BIGINT");
        var result = Table.Commit(Table.Restore(Table.Latest()!, Table.Read(0), Stamp("t3")));
        Assert.Equal(2, result.Version);
        Assert.Equal(["{'a': 1}"], Rows(Table.Latest()));
        Assert.Equal("RESTORE", Table.History()[2].Operation);

        Table.Commit(Table.Restore(Table.Latest()!, Table.Read(1), Stamp("t4")));
        Assert.Equal(["{'a': 1, 'b': NULL}", "{'a': 2, 'b': 3}"], Rows(Table.Latest()));
    }

    [Fact]
    public void Restoring_a_version_whose_files_are_gone_is_refused()
    {
        Append("t1", "SELECT 1 AS a", "a BIGINT");
        var first = Table.Latest()!;
        Table.Commit(Table.Overwrite(first, Stage("SELECT 2 AS a", Columns("a BIGINT")), Stamp("t2")));
        File.Delete(Path.Combine(Table.Folder, first.Files[0].Path));
        Assert.Contains("is gone", Assert.Throws<LakeException>(() => Table.Commit(Table.Restore(Table.Latest()!, first, Stamp("t3")))).Message);
        Assert.Equal(1, Table.LatestVersion);
    }

    [Fact]
    public void A_batch_that_is_loaded_again_replaces_what_it_loaded_before()
    {
        StageOptions Batch(StageOptions options, string file) => options with { Tags = new Dictionary<string, string?> { ["batch"] = file } };
        var columns = Columns("a BIGINT");
        Table.Commit(Table.Append(null, Stage("SELECT 1 AS a", columns, o => Batch(o, "one.csv")), Stamp("t1")));
        Table.Commit(Table.Append(Table.Latest(), Stage("SELECT 2 AS a", columns, o => Batch(o, "two's.csv")), Stamp("t2")));
        Table.Commit(Table.ReplaceTagged(Table.Latest(), Stage("SELECT 3 AS a", columns, o => Batch(o, "one.csv")), "batch", new HashSet<string> { "one.csv" }, Stamp("t3")));
        Assert.Equal(["{'a': 2}", "{'a': 3}"], Rows(Table.Latest()));
        Assert.Equal("two's.csv", Table.Latest()!.Files[0].Tags["batch"]);
    }

    [Fact]
    public void A_table_is_read_at_a_version_and_at_a_moment()
    {
        Append("t1", "SELECT 1 AS a", "a BIGINT");
        Append("t2", "SELECT 2 AS a", "a BIGINT", minutes: 10);
        Append("t3", "SELECT 3 AS a", "a BIGINT", minutes: 5);
        Assert.Equal(["{'a': 1}"], Rows(Table.Read(0)));
        Assert.Equal(0, Table.ReadAt(Noon).Version);
        Assert.Equal(0, Table.ReadAt(Noon.AddMinutes(9)).Version);
        Assert.Equal(1, Table.ReadAt(Noon.AddMinutes(10)).Version);
        Assert.Equal(Noon.AddMinutes(10).AddMilliseconds(1), Table.Latest()!.CommitTime);
        Assert.Equal(2, Table.ReadAt(Noon.AddYears(1)).Version);
        Assert.Contains("no version as old as", Assert.Throws<LakeException>(() => Table.ReadAt(Noon.AddSeconds(-1))).Message);
        Assert.Contains("newest version is 2", Assert.Throws<LakeException>(() => Table.Read(3)).Message);
    }

    [Fact]
    public void History_tells_what_each_commit_did()
    {
        Append("t1", "SELECT i AS a FROM range(7) r(i)", "a BIGINT");
        Append("t2", "SELECT 1 AS a", "a BIGINT");
        var history = Table.History();
        Assert.Equal(["CREATE TABLE AS SELECT", "WRITE"], history.Select(h => h.Operation));
        Assert.Equal("7", history[0].Metrics["numOutputRows"]);
        Assert.StartsWith("Millrace/", history[0].CommitInfo["engineInfo"]!.ToString());
        Assert.Equal(Table.Latest()!.EntryHash, history[1].EntryHash);
        Assert.True((bool)history[1].CommitInfo["isBlindAppend"]!);
    }

    [Fact]
    public void Many_columns_and_files_with_strange_names_read_back()
    {
        var table = new LakeTable(Path.Combine(Root, "we[ir]d *? 'é' %41"));
        var schema = new Schema([
            new Column("a \"b\".c", DataType.Integer), new Column("ünï ☃", DataType.String), new Column("file_index", DataType.Long),
            new Column("filename", DataType.Long), new Column("o'clock", DataType.Struct([new Column("x.y \"z\"", DataType.Double)])),
        ]);
        var staged = Stage("""SELECT 1 AS "a ""b"".c", 'é☃' AS "ünï ☃", 3 AS file_index, 4 AS filename, {'x.y "z"': 1.5} AS "o'clock" """, schema, table: table);
        table.Commit(table.Append(null, staged, Stamp("t1")));
        var row = Connection.Query(table.Latest()!.ToRelation().Sql).Rows().Single();
        Assert.Equal(1, row[0]);
        Assert.Equal("é☃", row[1]);
        Assert.Equal(3L, row[2]);
        Assert.Equal(4L, row[3]);
        Assert.Equal(1.5, ((Dictionary<string, object?>)row[4]!)["x.y \"z\""]);
        Assert.Contains("\"x.y \\\"z\\\"\":1.5", table.Latest()!.Files[0].Stats);
    }

    [Fact]
    public void Every_type_that_can_be_stored_comes_back_as_it_was()
    {
        const string Select = """
            SELECT true AS c1, (-128)::TINYINT AS c2, 32767::SMALLINT AS c3, (-2147483648)::INTEGER AS c4, 9223372036854775807 AS c5,
                1.25::FLOAT AS c6, 'nan'::DOUBLE AS c7, 'te''xt' AS c8, '\x00\xFF'::BLOB AS c9, DATE '0001-01-01' AS c10,
                TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' AS c11, TIMESTAMP '2020-02-29 00:00:00.000001' AS c12,
                (-12345678901234567890123456789012345.678)::DECIMAL(38,3) AS c13, [1, NULL, 3] AS c14, MAP {'k': 1.5, 'z': NULL} AS c15,
                {'x': 1, 'y': {'z': ['a']}} AS c16, [{'p': 1, 'q': 'r'}] AS c17, 18446744073709551615::UBIGINT AS c18,
                170141183460469231731687303715884::HUGEINT AS c19, uuid '6f1d12f7-7119-4937-8c94-318419586e9d' AS c20
            UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
            """;
        using var statement = Connection.Prepare(Select);
        var schema = new Schema([.. statement.Columns.Select(c => new Column(c.Name, DataType.Parse(c.Type.ToString())))]);
        var cast = $"SELECT {string.Join(", ", schema.Columns.Select(c => $"{c.Name}::{c.Type.Sql} AS {c.Name}"))} FROM ({Select})";
        Table.Commit(Table.Append(null, Stage(Select, schema), Stamp("t1")));
        Assert.Equal(Rows(cast), Rows(Table.Latest()));
        Assert.Equal(schema, Table.Latest()!.Schema);
    }

    [Fact]
    public void Only_a_timestamp_without_zone_raises_the_protocol()
    {
        Append("t1", "SELECT TIMESTAMPTZ '2020-01-01 00:00:00+00' AS t", "t TIMESTAMPTZ");
        var plain = Table.Latest()!.Protocol;
        Assert.Equal((1, 2), (plain.MinReader, plain.MinWriter));

        Table.Commit(Table.Overwrite(Table.Latest(), Stage("SELECT {'t': [TIMESTAMP '2020-01-01']} AS s", Columns("s STRUCT(t TIMESTAMP[])")), Stamp("t2")));
        var raised = Table.Latest()!.Protocol;
        Assert.Equal((3, 7), (raised.MinReader, raised.MinWriter));
        Assert.Equal(["timestampNtz"], raised.ReaderFeatures);
        Assert.Equal(["appendOnly", "invariants", "timestampNtz"], raised.WriterFeatures);
    }

    [Fact]
    public void A_column_that_must_not_be_null_refuses_null_and_leaves_no_file()
    {
        var schema = new Schema([new Column("a", DataType.Integer, IsNullable: false)]);
        var message = Assert.Throws<LakeException>(() => Stage("SELECT unnest([1, NULL, NULL]) AS a", schema)).Message;
        Assert.Contains("2 of 3", message);
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*.parquet"));
    }

    [Fact]
    public void A_value_that_does_not_fit_fails_the_staging_and_leaves_no_file()
    {
        Assert.Throws<Millrace.Native.DuckException>(() => Stage("SELECT i AS a FROM range(500000) r(i)", Columns("a SMALLINT")));
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*.parquet"));
    }

    [Fact]
    public void Staged_rows_that_are_discarded_leave_no_file()
    {
        Stage("SELECT 1 AS a", Columns("a INTEGER")).Discard();
        Assert.Empty(Directory.EnumerateFiles(Table.Folder, "*.parquet"));
    }

    [Fact]
    public void Large_results_become_several_files_in_the_order_of_their_rows()
    {
        var staged = Stage("SELECT i AS a, hash(i)::VARCHAR AS b FROM range(600000) r(i)", Columns("a BIGINT; b VARCHAR"), o => o with { TargetFileBytes = 1 << 20 });
        Assert.True(staged.Files.Count > 1);
        Assert.Equal(600_000, staged.Rows);
        Table.Commit(Table.Append(null, staged, Stamp("t1")));
        Assert.Equal(0L, Connection.Query($"SELECT count(*) FROM (SELECT a, lag(a) OVER () AS b FROM ({Table.Latest()!.ToRelation().Sql})) WHERE a <> b + 1").Scalar());
        Assert.Equal(staged.Files.Select(f => f.Path), Table.Latest()!.Files.Select(f => f.Path));
    }
}
