using Millrace.Assets;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

public sealed class SqlSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-sql-").FullName;
    private readonly SqlSessionPool _pool;

    public SqlSessionTests() => _pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(_folder, "spill"), Threads = 1 });

    public void Dispose()
    {
        _pool.Dispose();
        Directory.Delete(_folder, true);
    }

    [Fact]
    public void Relations_are_read_under_their_names()
    {
        using var session = _pool.Rent();
        session.Define("sales.orders", new Relation("SELECT 1 AS id, 2.5 AS amount", new Schema([new("id", DataType.Integer), new("amount", DataType.Double)])));
        session.Define("rate", new Relation("SELECT 2 AS r", new Schema([new("r", DataType.Integer)])));
        session.Define("rate", new Relation("SELECT 4 AS r", new Schema([new("r", DataType.Integer)])));

        Assert.Equal(10.0, Convert.ToDouble(session.Query("SELECT amount * r FROM sales.orders, rate").Scalar()));
    }

    [Fact]
    public void A_select_is_described_without_running_it()
    {
        using var session = _pool.Rent();
        session.DefineEmpty("sales.orders", new Schema([new("id", DataType.Integer), new("amount", DataType.Double)]));

        var schema = session.Describe("SELECT id, sum(id) AS s, amount::DECIMAL(10,2) AS d, [id] AS l, error('not run')::VARCHAR AS e FROM sales.orders GROUP BY ALL");

        Assert.Equal("id INTEGER, s DECIMAL(38,0), d DECIMAL(10,2), l INTEGER[], e VARCHAR", schema.ToString());
        var error = Assert.Throws<DuckException>(() => session.Describe("SELECT amout FROM sales.orders"));
        Assert.Equal(DuckErrorKind.Binder, error.Kind);
        Assert.Contains("amount", error.Message, StringComparison.Ordinal);
        Assert.Contains("'i'", Assert.Throws<FormatException>(() => session.Describe("SELECT INTERVAL 1 DAY AS i")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_queries_are_described_in_order_and_a_failure_stays_where_it_is()
    {
        using var session = _pool.Rent();
        session.DefineEmpty("raw.t", new Schema([new("a", DataType.Integer)]));

        var described = session.DescribeMany(
        [
            ("one", "SELECT a, sum(a) AS s FROM raw.t GROUP BY a"), ("bad", "SELECT missing FROM one"), ("x.two", "SELECT s + 1 AS k FROM one"),
            ("three", "SELECT * FROM bad"), ("four", "SELECT k FROM x.two"),
        ]);

        Assert.Equal("a INTEGER, s DECIMAL(38,0)", described[0].Schema!.ToString());
        Assert.Contains("missing", described[1].Error, StringComparison.Ordinal);
        Assert.Contains("bad", described[3].Error, StringComparison.Ordinal);
        Assert.True(described[4].IsDescribed);
    }

    [Fact]
    public void A_session_comes_back_clean()
    {
        DuckConnection first;
        using (var session = _pool.Rent())
        {
            first = session.Connection;
            session.Define("sales.orders", new Relation("SELECT 1 AS id", new Schema([new("id", DataType.Integer)])));
            session.Define("v", new Relation("SELECT id FROM sales.orders", new Schema([new("id", DataType.Integer)])));
            session.DefineEmpty("e", new Schema([new("id", DataType.Integer)]));
            session.Execute("CREATE TEMP TABLE tmp AS SELECT 1 AS x; CREATE MACRO twice(x) AS x * 2; CREATE SEQUENCE seq; CREATE TYPE mood AS ENUM ('ok'); SET VARIABLE v = 1");
            session.Set("preserve_insertion_order", "false");
            session.Execute("BEGIN");
        }

        using var again = _pool.Rent();
        foreach (var gone in (string[])["sales.orders", "v", "e", "tmp"])
            Assert.Equal(DuckErrorKind.Catalog, Assert.Throws<DuckException>(() => again.Query($"SELECT * FROM {gone}").Dispose()).Kind);
        Assert.Throws<DuckException>(() => again.Query("SELECT twice(1)").Dispose());
        Assert.Throws<DuckException>(() => again.Query("SELECT nextval('seq')").Dispose());
        Assert.Throws<DuckException>(() => again.Query("SELECT 'ok'::mood").Dispose());
        Assert.Null(again.Query("SELECT getvariable('v')").Scalar());
        Assert.True((bool)again.Query("SELECT current_setting('preserve_insertion_order')").Scalar()!);
        Assert.Equal("UTC", again.Query("SELECT current_setting('TimeZone')").Scalar());
        again.Define("sales.orders", new Relation("SELECT 2 AS id", new Schema([new("id", DataType.Integer)])));
        Assert.Equal(2, again.Query("SELECT id FROM sales.orders").Scalar());
    }

    [Fact]
    public void A_session_that_ended_tidily_keeps_its_connection_and_loses_its_relations()
    {
        DuckConnection first;
        using (var session = _pool.Rent())
        {
            first = session.Connection;
            session.Define("v", new Relation("SELECT 1 AS id", new Schema([new("id", DataType.Integer)])));
            session.DefineEmpty("e", new Schema([new("id", DataType.Integer)]));
            session.EndTidily();
        }

        using var again = _pool.Rent();
        Assert.Same(first, again.Connection);
        foreach (var gone in (string[])["v", "e"])
            Assert.Equal(DuckErrorKind.Catalog, Assert.Throws<DuckException>(() => again.Query($"SELECT * FROM {gone}").Dispose()).Kind);
    }

    [Theory]
    [InlineData("SELECT sum(id) FROM t")]
    [InlineData("SELECT sum(t.id) FROM t")]
    [InlineData("SELECT sum(a.id) FROM T AS a JOIN t AS b USING (id)")]
    [InlineData("WITH t AS (SELECT * FROM t) SELECT sum(id) FROM t")]
    [InlineData("WITH RECURSIVE n AS (SELECT max(id) AS id FROM t UNION ALL SELECT id - 1 FROM n WHERE id > 1) SELECT sum(id) FROM n")]
    [InlineData("SELECT sum(id) FROM (FROM t TABLESAMPLE 100 PERCENT)")]
    [InlineData("SELECT \"1\" + \"2\" FROM (PIVOT t ON id IN (1, 2) USING sum(id))")]
    [InlineData("SELECT sum(id) FROM t WHERE id IN (SELECT id FROM v)")]
    [InlineData("SELECT sum(id) FROM v -- with a comment inside\n WHERE true")]
    [InlineData("SELECT sum(o.id) FROM t AS o WHERE EXISTS (WITH t AS (SELECT 7 AS id) SELECT 1 FROM t WHERE t.id > o.id)")]
    public void A_select_finds_the_relations_that_it_is_put_over(string select)
    {
        using var session = _pool.Rent();
        var schema = new Schema([new("id", DataType.Integer)]);

        var over = session.Over(select, [("t", new Relation("SELECT unnest([1, 2]) AS id", schema)), ("v", new Relation("SELECT id FROM t -- every row", schema))]);

        Assert.Equal("3", Convert.ToString(session.Query(over).Scalar(), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_select_finds_relations_in_schemas_too()
    {
        using var session = _pool.Rent();
        var schema = new Schema([new("id", DataType.Integer)]);

        var over = session.Over("SELECT sum(id) FROM v", [("sales.t", new Relation("SELECT 5 AS id", schema)), ("v", new Relation("SELECT id FROM sales.t", schema))]);

        Assert.Equal("5", Convert.ToString(session.Query(over).Scalar(), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_session_counts_progress_until_it_is_given_back()
    {
        using (var session = _pool.Rent())
        {
            session.CountProgress();
            Assert.True((bool)session.Connection.Query("SELECT current_setting('enable_progress_bar')").Scalar()!);
            session.EndTidily();
        }

        using var again = _pool.Rent();
        Assert.False((bool)again.Query("SELECT current_setting('enable_progress_bar')").Scalar()!);
    }

    [Fact]
    public void A_locked_session_reads_only_what_it_may_and_is_not_pooled()
    {
        var allowed = Directory.CreateDirectory(Path.Combine(_folder, "allowed")).FullName;
        File.WriteAllText(Path.Combine(allowed, "in.csv"), "a\n1\n");
        File.WriteAllText(Path.Combine(_folder, "out.csv"), "a\n2\n");
        using (var session = _pool.Rent())
        {
            session.Lock([allowed]);
            Assert.Equal(1L, session.Query($"SELECT a FROM '{allowed}/in.csv'").Scalar());
            Assert.Equal(DuckErrorKind.Permission, Assert.Throws<DuckException>(() => session.Query($"SELECT a FROM '{_folder}/out.csv'").Dispose()).Kind);
            Assert.Throws<DuckException>(() => session.Execute("SET enable_external_access=true"));
            Assert.Throws<DuckException>(() => session.Execute("SET threads=8"));
        }

        using var next = _pool.Rent();
        Assert.Equal(2L, next.Query($"SELECT a FROM '{_folder}/out.csv'").Scalar());
    }

    [Fact]
    public void An_engine_opens_shut()
    {
        using var session = _pool.Rent();

        foreach (var setting in (string[])["autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions", "allow_persistent_secrets"])
            Assert.False(Convert.ToBoolean(session.Query($"SELECT current_setting('{setting}')").Scalar()));
        Assert.Equal(Path.Combine(_folder, "spill"), session.Query("SELECT current_setting('temp_directory')").Scalar());
        Assert.Equal(DuckErrorKind.MissingExtension, Assert.Throws<DuckException>(() => session.Query("SELECT * FROM 's3://bucket/x.parquet'").Dispose()).Kind);
    }

    [Fact]
    public void Workers_rent_their_own_sessions_at_the_same_time()
    {
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            using var session = _pool.Rent();
            session.Define("t", new Relation($"SELECT {i} AS i", new Schema([new("i", DataType.Integer)])));
            Assert.Equal(i, session.Query("SELECT i FROM t").Scalar());
        });
    }
}
