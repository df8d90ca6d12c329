using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Tables and queries of a real SQLite file.</summary>
public sealed class SqliteConnectorTests : ConnectorTests
{
    protected override string Called => "'shop.db'";

    protected override string Definition => """
        type: sqlite
        cursor: {column: id}
        sqlite: {file: shop.db, table: rows}
        """;

    protected override string? Endless => """
        type: sqlite
        sqlite: {file: shop.db, query: "WITH RECURSIVE c(id, name) AS (SELECT 1, 'x' UNION ALL SELECT id + 1, 'x' FROM c) SELECT sum(id) AS id, name FROM c"}
        """;

    private string File => Path.Combine(Folder, "shop.db");

    [Fact]
    public void Values_come_as_they_are_stored_whatever_the_column_says()
    {
        Execute("CREATE TABLE rows (id INTEGER, name, big, small REAL, text TEXT, bytes BLOB, none, flag BOOLEAN, odd INTEGER)");
        Execute("INSERT INTO rows VALUES (1, '', 9223372036854775807, 0.1, 'ü🙂' || char(10), x'00ff', NULL, 1, 'text')");
        Execute("INSERT INTO rows VALUES (2, 'y', -1, 1e300, '1', x'', NULL, 0, 9e999)");
        var landing = Fetch(
            "type: sqlite\nsqlite: {file: shop.db, table: rows}\ncolumns: [{name: id, type: bigint}, {name: flag, type: boolean}]", null, TestContext.Current.CancellationToken, out _);
        var rows = System.IO.File.ReadAllLines(landing.Files[0].Path);
        Assert.Equal("""{"id":1,"name":"","big":9223372036854775807,"small":0.1,"text":"ü\uD83D\uDE42\n","bytes":"\\x00\\xFF","none":null,"flag":true,"odd":"text"}""", rows[0]);
        var second = JsonNode.Parse(rows[1])!;
        Assert.Equal((1e300, "Infinity", false, ""), ((double)second["small"]!, (string?)second["odd"], (bool)second["flag"]!, (string?)second["bytes"]));
    }

    [Fact]
    public void A_snapshot_does_not_see_what_is_written_meanwhile_nor_writes_itself()
    {
        Put(Rows(1, 3));
        Execute("PRAGMA journal_mode=wal");
        var error = Assert.Throws<SourceException>(() => Load("type: sqlite\nsqlite: {file: shop.db, query: 'DELETE FROM rows'}"));
        Assert.Contains("SQLite file 'shop.db'", error.Message, StringComparison.Ordinal);
        Assert.Equal(Ids(1, 3), Load());
    }

    [Theory]
    [InlineData("{file: no.db, table: rows}", "is not there")]
    [InlineData("{file: text.db, table: rows}", "is no SQLite database")]
    [InlineData("{file: shop.db, table: orders}", "no such table: orders")]
    [InlineData("{file: shop.db, query: SELECT id FROM rows}", "has no column 'name'")]
    public void A_mistake_is_named_with_its_way_out(string section, string said)
    {
        Put(Rows(1, 1));
        System.IO.File.WriteAllText(Path.Combine(Folder, "text.db"), new string('x', 5000));
        Assert.Contains(said, Assert.Throws<SourceException>(() => Load($"type: sqlite\nsqlite: {section}")).Message, StringComparison.Ordinal);
    }

    protected override void Put(IEnumerable<(long Id, string Name)> rows)
    {
        Execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER, name TEXT)");
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO rows VALUES (@id, @name)";
        foreach (var (id, name) in rows)
        {
            command.Parameters.Clear();
            command.Parameters.AddWithValue("@id", id);
            command.Parameters.AddWithValue("@name", name);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    protected override string? BreakOff()
    {
        System.IO.File.Copy(File, File + ".whole");
        using var file = System.IO.File.OpenWrite(File);
        file.Position = 4096 * 10;
        file.Write(new byte[4096 * 5].Select((_, i) => (byte)(i * 7 + 13)).ToArray());
        return Definition;
    }

    protected override void Mend() => System.IO.File.Move(File + ".whole", File, overwrite: true);

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(string.Create(CultureInfo.InvariantCulture, $"Data Source={File};Pooling=False"));
        connection.Open();
        return connection;
    }
}
