using System.Globalization;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Delta tables on disk, written by commits as others do.</summary>
public sealed class DeltaConnectorTests : ConnectorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["memory_limit"] = "1GB" });
    private readonly DuckConnection _connection;
    private int _commits;

    public DeltaConnectorTests() => _connection = _database.Connect();

    protected override string Called => "'warehouse'";

    protected override string Definition => "type: delta\ndelta: {folder: warehouse}";

    private LakeTable Table => new(Path.Combine(Folder, "warehouse"));

    public override void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        base.Dispose();
    }

    [Fact]
    public void A_change_that_is_no_mere_growth_brings_the_whole_table()
    {
        Put(Rows(1, 10));
        Load();
        var schema = new Schema([new Column("id", DataType.Long), new Column("name", DataType.String)]);
        var staged = Table.Stage(_connection, "SELECT 5::BIGINT AS id, 'other' AS name", schema, new StageOptions { Now = Noon });
        Table.Commit(Table.Overwrite(Table.Latest(), staged, new CommitStamp("over", 1, Noon.AddHours(1))));
        Fetch(Definition, State, TestContext.Current.CancellationToken, out var result);
        Assert.True(result.IsWhole);
        Assert.Empty(Load());
        Put(Rows(11, 2));
        Assert.Equal(Ids(11, 2), Load());
    }

    [Fact]
    public void A_table_that_was_made_anew_is_read_whole()
    {
        Put(Rows(1, 10));
        Load();
        Directory.Delete(Table.Folder, recursive: true);
        Put(Rows(20, 3));
        Fetch(Definition, State, TestContext.Current.CancellationToken, out var result);
        Assert.True(result.IsWhole);
        Assert.Equal(Ids(20, 3), Load());
    }

    [Fact]
    public void Values_arrive_with_their_types()
    {
        var schema = new Schema([
            new Column("id", DataType.Long), new Column("name", DataType.String), new Column("d", DataType.Decimal(38, 9)), new Column("t", DataType.Timestamp),
            new Column("l", DataType.TimestampNtz), new Column("b", DataType.Binary), new Column("a", DataType.Array(DataType.Integer))]);
        const string Select = "SELECT 1::BIGINT AS id, '' AS name, 12345678901234567890.123456789::DECIMAL(38,9) AS d, '2026-01-01 00:00:00.123456+02'::TIMESTAMPTZ AS t, "
            + "'2026-01-01 00:00:00'::TIMESTAMP AS l, '\\x00\\xFF'::BLOB AS b, [1, NULL]::INTEGER[] AS a";
        Table.Commit(Table.Append(null, Table.Stage(_connection, Select, schema, new StageOptions { Now = Noon }), new CommitStamp("types", 1, Noon)));
        var landing = Fetch(Definition, null, TestContext.Current.CancellationToken, out _);
        using var differences = _connection.Query($"SELECT count(*) FROM (({Select}) EXCEPT (SELECT * FROM read_parquet({SqlName.Text(landing.Files[0].Path)})))");
        Assert.Equal(0L, differences.Scalar());
        using var types = _connection.Query($"SELECT string_agg(column_type, ' ') FROM (DESCRIBE SELECT * FROM read_parquet({SqlName.Text(landing.Files[0].Path)}))");
        Assert.Equal("BIGINT VARCHAR DECIMAL(38,9) TIMESTAMP WITH TIME ZONE TIMESTAMP BLOB INTEGER[]", types.Scalar());
    }

    [Theory]
    [InlineData("{folder: nothing}", "no _delta_log")]
    [InlineData("{folder: warehouse}\ncolumns: [{name: customer, type: varchar}]", "has no column 'customer'")]
    public void A_mistake_is_named_with_its_way_out(string section, string said)
    {
        Put(Rows(1, 1));
        Assert.Contains(said, Assert.Throws<SourceException>(() => Load("type: delta\ndelta: " + section)).Message, StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        var all = rows.ToList();
        var (first, more) = (all[0].Id, all[0].Name[(all[0].Name.Length - all[0].Name.TrimEnd('x').Length > 0 ? all[0].Name.IndexOf('x', StringComparison.Ordinal) : all[0].Name.Length)..]);
        var schema = new Schema([new Column("id", DataType.Long), new Column("name", DataType.String)]);
        var staged = Table.Stage(
            _connection,
            string.Create(CultureInfo.InvariantCulture, $"SELECT range AS id, 'row ' || range || '{more}' AS name FROM range({first}, {first + all.Count})"),
            schema, new StageOptions { Now = Noon });
        _commits++;
        Table.Commit(Table.Append(Table.Latest(), staged, new CommitStamp($"put-{_commits}-{first}", 1, Noon.AddMinutes(_commits))));
    }

    protected override string? BreakOff()
    {
        var file = Directory.EnumerateFiles(Table.Folder, "*.parquet", SearchOption.AllDirectories).First();
        File.Move(file, file + ".away");
        return Definition;
    }

    protected override void Mend()
    {
        var file = Directory.EnumerateFiles(Table.Folder, "*.away", SearchOption.AllDirectories).First();
        File.Move(file, file[..^5]);
    }
}
