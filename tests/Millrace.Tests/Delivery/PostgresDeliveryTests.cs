using Dapper;
using Millrace.Delivery;
using Millrace.Tests.Sources.Connectors;
using Npgsql;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Delivery;

/// <summary>Released rows in a real PostgreSQL.</summary>
[Collection(nameof(PostgresServer))]
public sealed class PostgresDeliveryTests(PostgresServer server)
{
    private const string Sink = "table: orders\ntype: postgres\nkey: [id]\nmode: changes\n{0}  table: orders\n";

    [Fact]
    public void A_release_arrives_whole_and_later_ones_as_what_changed()
    {
        var database = server.NewDatabase();
        using var project = Orders(database).Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,").Orders("b.csv", "2026-01-03,3,30");
        project.RunWell();
        var first = Deliver(project);
        Assert.Equal((DeliveryState.Delivered, 3L, 0L), (first.State, first.Rows, first.Deleted));
        Assert.Equal(["2026-01-01|1|10", "2026-01-02|2|", "2026-01-03|3|30"], Rows(database, "select day, id, amount from orders order by id"));
        Assert.Equal(DeliveryState.Stands, Deliver(project).State);

        project.Orders("b.csv", "2026-01-03,3,31", "2026-01-04,4,40").RunWell();
        var second = Deliver(project);
        Assert.Equal((DeliveryState.Delivered, 2L, 0L), (second.State, second.Rows, second.Deleted));
        Assert.Equal(["1|10", "2|", "3|31", "4|40"], Rows(database, "select id, amount from orders order by id"));

        project.Rollback();
        var back = Deliver(project);
        Assert.Equal((DeliveryState.Delivered, 1L, 1L), (back.State, back.Rows, back.Deleted));
        Assert.Equal(["1|10", "2|", "3|30"], Rows(database, "select id, amount from orders order by id"));
    }

    [Fact]
    public void Every_type_arrives_exactly()
    {
        var database = server.NewDatabase();
        using var project = new SampleProject().Table("t", """
            SELECT 1::TINYINT AS a, 9007199254740993::BIGINT AS b, 0.1::DOUBLE AS c, 12345678901234567890.12::DECIMAL(30,2) AS d, DATE '2026-02-28' AS e,
                TIMESTAMP '2026-01-01 10:11:12.123456' AS f, TIMESTAMPTZ '2026-01-01 10:11:12.5+02' AS g, 'é",\N' || chr(10) AS h, '' AS i, NULL::VARCHAR AS j,
                '\x00\xFF'::BLOB AS k, true AS l, [1, 2] AS m, {'x': 1.5, 'y': 'z'} AS n, 'nan'::DOUBLE AS o
            """).Write("sinks/t.yaml", $"table: t\ntype: postgres\n{server.Section(database)}  table: deep.t\n");
        Execute(database, "create schema deep");
        project.RunWell();
        Assert.Equal(DeliveryState.Delivered, Deliver(project).State);
        Assert.Equal(
            ["1|9007199254740993|0.1|12345678901234567890.12|2026-02-28|2026-01-01 10:11:12.123456|2026-01-01 08:11:12.5|é\",\\N\n||<null>|\\x00ff|t|[1, 2]|{\"x\": 1.5, \"y\": \"z\"}|NaN"],
            Rows(database, """
                select concat_ws('|', a, b, c, d, e, f::text, (g at time zone 'UTC')::text, h, i, coalesce(j, '<null>'), k::text, l, m, n, o) from deep.t
                """));
        Assert.Equal(["smallint", "numeric", "timestamp with time zone", "jsonb"], Rows(
            database, "select data_type from information_schema.columns where table_name = 't' and column_name in ('a', 'd', 'g', 'm') order by column_name"));
    }

    [Fact]
    public void A_table_with_rows_of_others_is_refused_until_it_may_be_replaced()
    {
        var database = server.NewDatabase();
        Execute(database, "create table orders (day date, id bigint, amount bigint); insert into orders values ('2020-01-01', 77, 7)");
        using var project = Orders(database).Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        var refused = Deliver(project);
        Assert.Equal(DeliveryState.Failed, refused.State);
        Assert.Contains("holds rows already", refused.Message);
        Assert.Equal(["77"], Rows(database, "select id from orders"));

        project.Write("sinks/orders.yaml", string.Format(null, Sink, server.Section(database)) + "  on_existing: replace\n");
        Assert.Equal(DeliveryState.Delivered, Deliver(project).State);
        Assert.Equal(["1"], Rows(database, "select id from orders"));
    }

    [Fact]
    public void A_new_column_is_added_at_the_place()
    {
        var database = server.NewDatabase();
        using var project = new SampleProject().Table("t", "SELECT 1 AS id").Write(
            "sinks/t.yaml", $"table: t\ntype: postgres\nkey: id\nmode: changes\n{server.Section(database)}  table: t\n");
        project.RunWell();
        Deliver(project);
        project.Table("t", "SELECT 1 AS id, 'x' AS name").RunWell();
        Deliver(project);
        Assert.Equal(["1|x"], Rows(database, "select id, name from t"));
    }

    [Fact]
    public void What_the_place_holds_is_found_there_when_nobody_heard_the_end()
    {
        var database = server.NewDatabase();
        using var project = Orders(database).Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        Deliver(project);

        // As if the process had died between the commit there and the word in the ledger.
        File.Delete(Path.Combine(project.Folder, ".millrace", "ledger.db-wal"));
        using (var ledger = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(project.Folder, ".millrace", "ledger.db")};Pooling=false"))
        {
            ledger.Open();
            ledger.Execute("delete from delivery");
        }

        var again = Deliver(project);
        Assert.Equal((DeliveryState.Delivered, 0L, "the place had it already"), (again.State, again.Rows, again.Message));
        Assert.Equal(["1"], Rows(database, "select id from orders"));
    }

    [Fact]
    public void A_key_that_two_rows_share_is_named_and_nothing_changes()
    {
        var database = server.NewDatabase();
        using var project = Orders(database).Orders("a.csv", "2026-01-01,1,10", "2026-01-02,1,20");
        project.RunWell();
        var result = Deliver(project);
        Assert.Equal(DeliveryState.Failed, result.State);
        Assert.StartsWith("Two rows of orders have the key (id) = (1).", result.Message);
    }

    [Fact]
    public void A_place_that_is_not_there_fails_with_its_name_and_without_the_secret()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10").Write("secret.txt", "hunter2-long\n").Write("sinks/orders.yaml", string.Format(
            null, Sink, "postgres:\n  host: 127.0.0.1\n  port: 1\n  database: d\n  user: u\n  password: ${file:secret.txt}\n") + "attempts: 1\n");
        project.RunWell();
        var result = Deliver(project);
        Assert.Equal(DeliveryState.Failed, result.State);
        Assert.StartsWith("The PostgreSQL database 'd' on 127.0.0.1:1 did not take the rows for table public.orders: ", result.Message);
        Assert.DoesNotContain("hunter2", result.Message);
        using var engine = project.Open();
        Assert.Equal((DeliveryState.Due, result.Message), (engine.LookAtSinks()[0].State, engine.LookAtSinks()[0].Message));
        Assert.DoesNotContain(engine.Ledger.Events(), e => e.Body.Contains("hunter2", StringComparison.Ordinal));
    }

    private SampleProject Orders(string database) => WithOrders().Write("sinks/orders.yaml", string.Format(null, Sink, server.Section(database)));

    private static DeliveryResult Deliver(SampleProject project)
    {
        using var engine = project.Open();
        return Assert.Single(engine.Deliver([], false, _ => { }, TestContext.Current.CancellationToken));
    }

    private void Execute(string database, string sql)
    {
        using var connection = new NpgsqlConnection(server.Connection(database));
        connection.Execute(sql);
    }

    private IReadOnlyList<string> Rows(string database, string sql)
    {
        using var connection = new NpgsqlConnection(server.Connection(database));
        return [.. connection.Query(sql).Select(r => string.Join('|', ((IDictionary<string, object?>)r).Values.Select(v => v is DateOnly d
            ? d.ToString("yyyy-MM-dd", null) : v is DateTime t ? t.ToString("yyyy-MM-dd", null) : Convert.ToString(v, System.Globalization.CultureInfo.InvariantCulture))))];
    }
}
