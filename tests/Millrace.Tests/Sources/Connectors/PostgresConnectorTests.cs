using System.Text.Json.Nodes;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>Tables and queries of a real PostgreSQL.</summary>
[Collection(nameof(PostgresServer))]
public sealed class PostgresConnectorTests(PostgresServer server) : PostgresTestBase(server)
{
    protected override string Definition => Of(Server.Port, "table: " + Table, "cursor: {column: id}");

    protected override string? Endless => Of(Server.Port, $"query: SELECT id, name FROM {Made()}, pg_sleep(10000)", "cursor: {column: id}");

    [Fact]
    public void Every_kind_of_value_arrives_as_it_stands()
    {
        Skip();
        Server.Sql(
            $$"""
            CREATE TYPE {{Table}}_mood AS ENUM ('sad', 'glad');
            CREATE DOMAIN {{Table}}_cents AS numeric(20,4);
            CREATE TABLE {{Table}} (
                id bigint, big bigint, exact numeric, money {{Table}}_cents, tiny real, wide double precision, yes boolean, day date, at timestamptz, local timestamp,
                empty text, nothing text, hard text, bytes bytea, list int[], texts text[], deep int[], doc json, docb jsonb, code uuid, mood {{Table}}_mood, span interval, fixed char(4), price money);
            INSERT INTO {{Table}} VALUES (
                1, 9223372036854775807, 123456789012345678901234567.123456789, 0.1000, 0.1, 0.1, true, '2026-02-28', '2026-02-28 23:30:00.123456+05:30', '2026-02-28 23:30:00.5',
                '', NULL, E'tab\t back\\slash "quote" line\nbreak \\N ü🙂', '\x00ff5c', '{1,NULL,3}', '{"a,b","c\"d",NULL,"NULL",""}', ARRAY[[1,2],[3,4]],
                '{"n": 1.10}', '{"n": 1.10}', '6f9619ff-8b86-d011-b42d-00c04fc964ff', 'glad', '1 day 2 hours', 'ab', '1234.50');
            """,
            "shop");
        var landing = Fetch(
            Of(Server.Port, "table: " + Table, "") + "\ncolumns: [{name: id, type: bigint}, {name: list, type: 'integer[]'}, {name: deep, type: 'integer[][]'}, {name: bytes, type: blob}, {name: texts, type: 'varchar[]'}, {name: docb, type: 'struct(n decimal(5,2))'}]",
            null, TestContext.Current.CancellationToken, out _);
        var row = JsonNode.Parse(File.ReadAllText(landing.Files[0].Path))!.AsObject();
        string Raw(string name) => row[name]?.ToJsonString() ?? "null";
        string Text(string name) => (string)row[name]!;
        Assert.Equal("9223372036854775807", Raw("big"));
        Assert.Equal("123456789012345678901234567.123456789", Text("exact"));
        Assert.Equal("0.1000", Text("money"));
        Assert.Equal(("0.1", "0.1", "true"), (Raw("tiny"), Raw("wide"), Raw("yes")));
        Assert.Equal(("2026-02-28", "2026-02-28 18:00:00.123456+00", "2026-02-28 23:30:00.5"), (Text("day"), Text("at"), Text("local")));
        Assert.Equal("", Text("empty"));
        Assert.True(row.ContainsKey("nothing") && row["nothing"] is null);
        Assert.Equal("tab\t back\\slash \"quote\" line\nbreak \\N ü🙂", Text("hard"));
        Assert.Equal(@"\x00\xFF\x5C", Text("bytes"));
        Assert.Equal("[1,null,3]", Raw("list"));
        Assert.Equal("[[1,2],[3,4]]", Raw("deep"));
        Assert.Equal(["a,b", "c\"d", null, "NULL", ""], row["texts"]!.AsArray().Select(t => (string?)t));
        Assert.Equal("{\"n\": 1.10}", Text("doc"));
        Assert.Equal("{\"n\":1.10}", Raw("docb"));
        Assert.Equal(("6f9619ff-8b86-d011-b42d-00c04fc964ff", "glad", "P1DT2H", "ab  ", "1234.50"), (Text("code"), Text("mood"), Text("span"), Text("fixed"), Text("price")));
    }

    [Fact]
    public void The_snapshot_is_one_moment_though_others_write()
    {
        Skip();
        Put(Rows(1, 10));
        var landing = Fetch(
            Of(Server.Port, $"query: SELECT id, name, (SELECT count(*) FROM {Table}) AS n FROM {Table}, pg_sleep(0.01)", ""), null, TestContext.Current.CancellationToken, out var result);
        Assert.True(result.IsWhole);
        Assert.Equal(10, File.ReadAllLines(landing.Files[0].Path).Length);
    }

    [Fact]
    public void A_cursor_asks_for_its_part_only_and_rows_without_a_value_come_too()
    {
        Skip();
        Put(Rows(1, 10));
        Load();
        Server.Sql($"INSERT INTO {Table} VALUES (NULL, 'nobody')", "shop");
        var landing = Fetch(Definition, null, TestContext.Current.CancellationToken, out _);
        Assert.Equal(["nobody"], File.ReadAllLines(landing.Files[0].Path).Select(l => (string)JsonNode.Parse(l)!["name"]!));
    }

    [Theory]
    [InlineData("table: missing_table", "missing_table", "Check 'table'")]
    [InlineData("query: SELECT id, nmae AS name FROM (SELECT 1 AS id, 2 AS name) t", "nmae", "Check the columns")]
    [InlineData("query: SELECT 1 AS id", "has no column 'name'", "take it out of the contract")]
    [InlineData("query: SELEC 1", "syntax error", "takes one SELECT")]
    [InlineData("query: 'SELECT 1 AS id, 2 AS name; DROP TABLE x'", "syntax error", "takes one SELECT")]
    public void A_mistake_is_named_with_its_way_out(string what, string named, string advice)
    {
        Skip();
        var error = Assert.Throws<SourceException>(() => Load(Of(Server.Port, what, "")));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        Assert.Contains(Called, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_a_missing_database_and_a_closed_port_say_where_and_what_to_check()
    {
        Skip();
        var wrong = Assert.Throws<SourceException>(() => Load(Definition.Replace("${env:SECRET}", "${file:wrong}", StringComparison.Ordinal)));
        Assert.Contains("'wrong'", wrong.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Folder, "wrong"), "not-the-password\n");
        wrong = Assert.Throws<SourceException>(() => Load(Definition.Replace("${env:SECRET}", "${file:wrong}", StringComparison.Ordinal)));
        Assert.Contains("Check 'user' and 'password'", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-password", wrong.ToString(), StringComparison.Ordinal);
        var missing = Assert.Throws<SourceException>(() => Load(Definition.Replace("database: shop", "database: shoop", StringComparison.Ordinal)));
        Assert.Contains("Check 'database'", missing.Message, StringComparison.Ordinal);
        var closed = Assert.Throws<SourceException>(() => Load(Of(Child.FreePort(), "table: x", "")));
        Assert.Contains("Check 'host' and 'port'", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_cannot_write()
    {
        Skip();
        Put(Rows(1, 1));
        Server.Sql($"CREATE FUNCTION {Table}_add() RETURNS bigint LANGUAGE sql AS $$ INSERT INTO {Table} VALUES (99, 'x') RETURNING id $$", "shop");
        var error = Assert.Throws<SourceException>(() => Load(Of(Server.Port, $"query: SELECT {Table}_add() AS id, 'x' AS name", "")));
        Assert.Contains("read-only transaction", error.Message, StringComparison.Ordinal);
    }
}

[CollectionDefinition(nameof(PostgresServer))]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;
