using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Sources;

namespace Millrace.Tests.Sources.Connectors;

/// <summary>The changes of a table of a real PostgreSQL, by logical replication.</summary>
[Collection(nameof(PostgresServer))]
public sealed class PostgresChangesTests(PostgresServer server) : PostgresTestBase(server)
{
    private const string Marks = "{name: _op, type: varchar}, {name: _lsn, type: bigint}, {name: _seq, type: bigint}, {name: _time, type: timestamptz}, {name: _unchanged, type: varchar}";

    private JsonObject? _place;
    private Action? _acknowledge;

    private string Slot => "s" + Table;

    protected override bool IsKeyed => true;

    protected override string Columns => "key: id\nmode: changes\n" + base.Columns;

    protected override string Definition => Of(Server.Port, $"table: {Made()}\n  read: changes\n  slot: {Slot}", "");

    private string AsList => Definition + $"\ncolumns: [{{name: id, type: bigint}}, {{name: name, type: varchar}}, {Marks}]";

    [Fact]
    public void Inserts_updates_deletes_and_truncates_come_in_the_order_of_their_commits()
    {
        Skip();
        Put(Rows(1, 2));
        Assert.Equal(["insert 1 row 1", "insert 2 row 2"], Next());
        Server.Sql($"INSERT INTO {Table} VALUES (3, 'three'); UPDATE {Table} SET name = 'two' WHERE id = 2; DELETE FROM {Table} WHERE id = 1", "shop");
        Server.Sql($"UPDATE {Table} SET id = 30 WHERE id = 3", "shop");
        Assert.Equal(["insert 3 three", "update 2 two", "delete 1 ", "delete 3 ", "insert 30 three"], Next());
        Server.Sql($"TRUNCATE {Table}; INSERT INTO {Table} VALUES (4, 'four')", "shop");
        Assert.Equal(["truncate  ", "insert 4 four"], Next());
        Assert.Empty(Next());
    }

    [Fact]
    public void Positions_rise_with_commits_and_count_within_them()
    {
        Skip();
        Put(Rows(1, 1));
        Next();
        Server.Sql($"BEGIN; INSERT INTO {Table} VALUES (2, 'a'), (3, 'b'); COMMIT; INSERT INTO {Table} VALUES (4, 'c')", "shop");
        var rows = Fetched();
        Assert.Equal([1, 2], rows.Take(2).Select(r => (long)r["_seq"]!));
        Assert.Equal((long)rows[0]["_lsn"]!, (long)rows[1]["_lsn"]!);
        Assert.True((long)rows[2]["_lsn"]! > (long)rows[1]["_lsn"]!);
        Assert.All(rows, r => Assert.True(DateTimeOffset.Parse((string)r["_time"]!, CultureInfo.InvariantCulture) > DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public void What_was_not_acknowledged_comes_again_and_what_was_committed_does_not()
    {
        Skip();
        Put(Rows(1, 1));
        Next();
        Server.Sql($"INSERT INTO {Table} VALUES (2, 'a')", "shop");
        var before = _place;
        Assert.Equal(["insert 2 a"], Next(acknowledge: false));
        var after = _place;
        _place = before;
        Assert.Equal(["insert 2 a"], Next(acknowledge: false));
        _place = after;
        Server.Sql($"INSERT INTO {Table} VALUES (3, 'b')", "shop");
        Assert.Equal(["insert 3 b"], Next());
        _acknowledge!();
        Assert.Empty(Next());
    }

    [Fact]
    public void A_first_load_that_died_is_done_again_and_what_came_between_is_there_once()
    {
        Skip();
        Put(Rows(1, 2));
        Next(acknowledge: false);
        _place = null;
        Server.Sql($"INSERT INTO {Table} VALUES (3, 'between'); UPDATE {Table} SET name = 'one' WHERE id = 1", "shop");
        Assert.Equal(["insert 1 one", "insert 2 row 2", "insert 3 between"], Next().Order());
        Server.Sql($"INSERT INTO {Table} VALUES (4, 'after')", "shop");
        Assert.Equal(["insert 4 after"], Next());
    }

    [Fact]
    public void A_transaction_that_is_open_during_the_first_load_comes_once_it_commits()
    {
        Skip();
        Put(Rows(1, 1));
        using var writer = new Npgsql.NpgsqlConnection(Server.Connection("shop"));
        writer.Open();
        Next(acknowledge: false);
        _place = null;
        using (var transaction = writer.BeginTransaction())
        {
            using var command = new Npgsql.NpgsqlCommand($"INSERT INTO {Table} VALUES (2, 'open')", writer);
            command.ExecuteNonQuery();
            Assert.Equal(["insert 1 row 1"], Next());
            transaction.Commit();
        }

        Assert.Equal(["insert 2 open"], Next());
    }

    [Fact]
    public void A_long_value_that_did_not_change_is_never_taken_for_null()
    {
        Skip();
        Server.Sql($"CREATE TABLE {Table} (id bigint PRIMARY KEY, name text, n int); ALTER TABLE {Table} ALTER name SET STORAGE EXTERNAL; INSERT INTO {Table} VALUES (1, repeat('x', 10000), 1)", "shop");
        Next();
        Server.Sql($"UPDATE {Table} SET n = 2", "shop");
        var row = Assert.Single(Fetched());
        Assert.Equal(("name", null), ((string?)row["_unchanged"], (string?)row["name"]));

        var lacking = Definition + "\ncolumns: [{name: id, type: bigint}, {name: name, type: varchar}, {name: _op, type: varchar}]";
        Server.Sql($"UPDATE {Table} SET n = 3", "shop");
        var error = Assert.Throws<SourceException>(() => Fetch(lacking, _place, TestContext.Current.CancellationToken, out _));
        Assert.Contains("REPLICA IDENTITY FULL", error.Message, StringComparison.Ordinal);

        Fetched();
        Server.Sql($"ALTER TABLE {Table} REPLICA IDENTITY FULL; UPDATE {Table} SET n = 4", "shop");
        row = Assert.Single(Fetched());
        Assert.Equal(new string('x', 10000), (string?)row["name"]);
    }

    [Fact]
    public void Where_the_table_is_to_stand_as_it_is_a_truncate_and_an_unsent_value_read_it_whole_and_say_so()
    {
        Skip();
        Server.Sql($"CREATE TABLE {Table} (id bigint PRIMARY KEY, name text, n int); ALTER TABLE {Table} ALTER name SET STORAGE EXTERNAL; INSERT INTO {Table} VALUES (1, repeat('x', 10000), 1)", "shop");
        Assert.Equal([1], Load());
        Server.Sql($"UPDATE {Table} SET n = 2; INSERT INTO {Table} VALUES (2, 'two', 1)", "shop");
        Assert.Equal([2], Load());
        Assert.Contains(Said, s => s.Contains("REPLICA IDENTITY FULL", StringComparison.Ordinal));
        Server.Sql($"TRUNCATE {Table}; INSERT INTO {Table} VALUES (3, 'three', 1)", "shop");
        Assert.Equal([3], Load());
        Assert.Contains(Said, s => s.Contains("truncated", StringComparison.Ordinal));
        Server.Sql($"INSERT INTO {Table} VALUES (4, 'four', 1)", "shop");
        Assert.Equal([4], Load());
        Assert.Empty(Load());
    }

    [Fact]
    public void A_slot_that_is_gone_or_was_moved_by_another_reader_is_an_error_and_never_a_refresh()
    {
        Skip();
        Put(Rows(1, 1));
        Next();
        Server.Sql($"INSERT INTO {Table} VALUES (2, 'a')", "shop");
        Server.Sql($"SELECT pg_replication_slot_advance('{Slot}', pg_current_wal_lsn())", "shop");
        var moved = Assert.Throws<SourceException>(() => Next());
        Assert.Contains("another reader has moved the slot", moved.Message, StringComparison.Ordinal);
        Server.Sql($"SELECT pg_drop_replication_slot('{Slot}')", "shop");
        var gone = Assert.Throws<SourceException>(() => Next());
        Assert.Contains("the replication slot is gone", gone.Message, StringComparison.Ordinal);
        Assert.Contains("drop the slot", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_at_rest_does_not_hold_the_servers_log()
    {
        Skip();
        Put(Rows(1, 1));
        Next();
        var before = Confirmed();
        Server.Sql("CREATE TABLE IF NOT EXISTS others (n int); INSERT INTO others SELECT generate_series(1, 1000)", "shop");
        Assert.Empty(Next());
        Assert.NotEqual(before, Confirmed());
        Server.Sql($"INSERT INTO {Table} VALUES (2, 'later')", "shop");
        Assert.Equal(["insert 2 later"], Next());
    }

    [Fact]
    public void A_table_whose_rows_cannot_be_told_apart_is_refused_before_anything_is_made()
    {
        Skip();
        Server.Sql($"CREATE TABLE {Table} (id bigint, name text)", "shop");
        var error = Assert.Throws<SourceException>(() => Next());
        Assert.Contains("primary key", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, Server.Scalar($"SELECT (SELECT count(*) FROM pg_publication WHERE pubname = '{Slot}') + (SELECT count(*) FROM pg_replication_slots WHERE slot_name = '{Slot}')"));
    }

    [Fact]
    public void Changes_that_nothing_says_the_meaning_of_are_refused()
    {
        Skip();
        Put(Rows(1, 1));
        var error = Assert.Throws<SourceException>(() => Fetch(Definition + "\ncolumns: [{name: id, type: bigint}, {name: name, type: varchar}]", null, TestContext.Current.CancellationToken, out _));
        Assert.Contains("mode: changes", error.Message, StringComparison.Ordinal);
    }

    public override void Dispose()
    {
        if (Missing is null)
            Server.Sql($"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{Slot}' AND NOT active", "shop");
        base.Dispose();
    }

    /// <summary>Fetches as a list of changes, each as its operation, id and name.</summary>
    private List<string> Next(bool acknowledge = true) => [.. Fetched(acknowledge).Select(r => $"{r["_op"]} {r["id"]} {r["name"]}")];

    private List<JsonNode> Fetched(bool acknowledge = true)
    {
        var landing = Fetch(AsList, _place, TestContext.Current.CancellationToken, out var result);
        var rows = landing.Files.SelectMany(f => File.ReadAllLines(f.Path)).Select(l => JsonNode.Parse(l)!).ToList();

        // A load without rows commits nothing, and so no state.
        if (rows.Count > 0)
            _place = result.State;
        _acknowledge = result.Acknowledge;
        if (acknowledge)
            result.Acknowledge!();
        return rows;
    }

    private string Confirmed() => (string)Server.Scalar($"SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = '{Slot}'")!;
}
