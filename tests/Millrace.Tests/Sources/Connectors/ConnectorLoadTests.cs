using System.Text;
using Millrace.Assets;
using Millrace.Sources.Connectors;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>From a place to the table, through the engine, as a run does it.</summary>
[Collection(nameof(PostgresServer))]
public sealed class ConnectorLoadTests(PostgresServer server) : IDisposable
{
    private readonly SampleProject _project = new SampleProject().Write("password", PostgresServer.Secret);
    private readonly string _table = "load_" + Guid.NewGuid().ToString("N");

    public void Dispose() => _project.Dispose();

    [Fact]
    public void Values_of_a_database_stand_in_the_table_as_they_are()
    {
        Skip();
        server.Sql(
            $"""
            CREATE TABLE {_table} (id bigint, exact numeric, at timestamptz, local timestamp, empty text, nothing text, hard text, bytes bytea, list int[], doc jsonb, day date, yes boolean, wide double precision);
            INSERT INTO {_table} VALUES (1, 12345678901234567890.123456789, '2026-02-28 23:30:00.123456+05:30', '2026-02-28 23:30:00.5', '', NULL, E'a\t\\b"\n,ü🙂', '\x00ff5c', ARRAY[1,NULL,3], '{PostgresJson}', '2026-02-28', true, 0.1);
            """,
            "shop");
        Source("", """
            columns:
              - {name: id, type: bigint, required: true}
              - {name: exact, type: "decimal(38,9)"}
              - {name: at, type: timestamptz}
              - {name: local, type: timestamp}
              - {name: empty, type: varchar}
              - {name: nothing, type: varchar}
              - {name: hard, type: varchar}
              - {name: bytes, type: blob}
              - {name: list, type: "integer[]"}
              - {name: doc, type: varchar}
              - {name: day, type: date}
              - {name: yes, type: boolean}
              - {name: wide, type: double}
            """);
        var result = _project.RunWell();
        Assert.Equal("s computed", Outcomes(result));
        Assert.Equal(
            ["12345678901234567890.123456789|2026-02-28 18:00:00.123456+00|2026-02-28 23:30:00.5|true|true|true|00FF5C|[1, NULL, 3]|true|2026-02-28|true|0.1"],
            _project.Rows($"SELECT exact::VARCHAR, \"at\"::VARCHAR, local::VARCHAR, empty = '', nothing IS NULL, hard = 'a' || chr(9) || '\\b\"' || chr(10) || ',ü🙂', hex(bytes), list::VARCHAR, doc = '{PostgresJson}', day, yes, wide::VARCHAR FROM s"));
    }

    [Fact]
    public void A_cursor_brings_what_is_new_and_a_run_that_finds_nothing_releases_nothing()
    {
        Skip();
        server.Sql($"CREATE TABLE {_table} (id bigint, at timestamptz); INSERT INTO {_table} SELECT n, '2026-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, 1000) n", "shop");
        Source("", "key: id\ncursor: {column: at}\ncolumns: [{name: id, type: bigint}, {name: at, type: timestamptz}]");
        _project.RunWell();
        Assert.Equal("", Outcomes(_project.RunWell()));
        server.Sql($"INSERT INTO {_table} VALUES (1001, '2026-01-01 00:16:40+00'), (1002, '2026-01-01 00:20:00+00')", "shop");
        _project.RunWell();
        Assert.Equal(["1002|1002"], _project.Rows("SELECT count(*), count(DISTINCT id) FROM s"));
    }

    [Fact]
    public void Changes_make_the_table_as_it_stands_in_the_database_run_after_run()
    {
        Skip();
        server.Sql($"CREATE TABLE {_table} (id bigint PRIMARY KEY, name text); INSERT INTO {_table} SELECT n, 'n' || n FROM generate_series(1, 100) n", "shop");
        try
        {
            Source("read: changes", "key: id\nmode: changes\ncolumns: [{name: id, type: bigint}, {name: name, type: varchar}]", $"slot: {_table}");
            _project.RunWell();
            Assert.Equal(["100|n1"], Stands());
            server.Sql($"UPDATE {_table} SET name = 'x' WHERE id = 1; DELETE FROM {_table} WHERE id > 50; INSERT INTO {_table} VALUES (200, 'new'); UPDATE {_table} SET id = 300 WHERE id = 200", "shop");
            _project.RunWell();
            Assert.Equal(["51|x"], Stands());
            Assert.Equal(["300"], _project.Rows("SELECT max(id) FROM s"));
            Assert.Equal("", Outcomes(_project.RunWell()));
            server.Sql($"TRUNCATE {_table}; INSERT INTO {_table} VALUES (1, 'after')", "shop");
            _project.RunWell();
            Assert.Equal(["1|after"], Stands());
            server.Sql($"INSERT INTO {_table} VALUES (2, 'b'); DELETE FROM {_table} WHERE id = 1", "shop");
            _project.RunWell();
            Assert.Equal(["b"], _project.Rows("SELECT name FROM s"));
        }
        finally
        {
            server.Sql($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{_table}'", "shop");
        }

        IReadOnlyList<string> Stands() => _project.Rows("SELECT count(*), min(name) FILTER (id = 1) FROM s");
    }

    [Fact]
    public void A_failed_fetch_leaves_the_table_as_it_was_and_shows_no_secret()
    {
        Skip();
        server.Sql($"CREATE TABLE {_table} (id bigint); INSERT INTO {_table} VALUES (1)", "shop");
        Source("", "columns: [{name: id, type: bigint}]");
        _project.RunWell();
        server.Sql($"DROP TABLE {_table}", "shop");
        var failed = Of(_project.Run(), "s");
        Assert.Contains($"\"{_table}\" does not exist", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Secret, failed.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], _project.Rows("SELECT id FROM s"));
    }

    [Fact]
    public void Pushed_lines_are_loaded_once_and_what_is_no_json_goes_aside_with_its_line()
    {
        _project.Write("sources/s.yaml", "type: push\npush: {}\ncolumns: [{name: id, type: bigint, required: true}, {name: name, type: varchar}]\n");
        Push("{\"id\":1,\"name\":\"a\"}\nno json\n{\"id\":\"x\"}\n{\"id\":2}\n", "k1");
        Push("{\"id\":1,\"name\":\"a\"}\nno json\n{\"id\":\"x\"}\n{\"id\":2}\n", "k1");
        _project.RunWell();
        Assert.Equal(["1|a", "2|NULL"], _project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal(["2"], _project.Rows("SELECT count(*) FROM s__quarantine"));
        Assert.Equal("", Outcomes(_project.RunWell()));
        Push("{\"id\":3}\n", "k2");
        _project.RunWell();
        Assert.Equal(["3"], _project.Rows("SELECT count(*) FROM s"));
    }

    private const string PostgresJson = "{\"n\": 1.10}";

    private void Skip() => Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");

    private void Source(string read, string rest, string more = "") => _project.Write("sources/s.yaml", $$"""
        type: postgres
        postgres:
          host: 127.0.0.1
          port: {{server.Port}}
          database: shop
          user: boss
          password: ${file:password}
          table: {{_table}}
          {{read}}
          {{more}}

        """ + rest + "\n");

    private void Push(string body, string key)
    {
        using var inbox = Inbox.Open(Path.Combine(_project.Folder, ".millrace"), new AssetKey(AssetKind.Source, "s"), TimeProvider.System);
        using var upload = inbox.Begin(new InboxLimits());
        upload.Write(Encoding.UTF8.GetBytes(body));
        inbox.Append(upload, key);
    }
}
