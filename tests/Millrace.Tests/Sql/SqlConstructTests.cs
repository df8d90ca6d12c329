using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>Every construct that an asset can use: its sources worked by hand, its columns' names held against the engine.</summary>
public sealed class SqlConstructTests
{
    private static readonly SqlSessionPool Pool = new(new SqlSettings { TempDirectory = Path.Combine(Path.GetTempPath(), "millrace-tests-sql"), Threads = 1 });

    public static TheoryData<string, string, string> Cases => new()
    {
        // Projections
        { "SELECT a, b AS z FROM t", "a<t.a z<t.b", "" },
        { "SELECT t.a, T.B FROM t", "a<t.a b<t.b", "" },
        { "FROM t", "a<t.a b<t.b c<t.c d<t.d", "" },
        { "FROM t SELECT b", "b<t.b", "" },
        { "SELECT a + b AS s, a * 2 AS e, s + e AS f FROM t", "s<t.a,t.b e<t.a f<t.a,t.b", "" },
        { "SELECT CASE WHEN a > 1 THEN b ELSE 0 END AS k FROM t", "k<t.a,t.b", "" },
        { "SELECT a::BIGINT AS k, try_cast(c AS INTEGER) AS m FROM t", "k<t.a m<t.c", "" },
        { "SELECT count(*) AS n, sum(b) AS s FROM t", "n< s<t.b", "" },
        { "SELECT a + 1, upper(c), count(*) FROM t GROUP BY ALL", "(a + 1)<t.a upper(c)<t.c count_star()<", "t.a,t.c" },
        { "SELECT sum(b) FILTER (WHERE a > 1) AS s, string_agg(c, ',' ORDER BY d) AS l FROM t", "s<t.a,t.b l<t.c,t.d", "" },
        { "SELECT 1 AS one, 'x' AS x, @rate AS r, @start AS s FROM t", "one< x< r< s<", "" },
        { "SELECT a IN (1, 2) AS k, a BETWEEN b AND 9 AS m, c LIKE 'x%' AS l, a IS NULL AS n FROM t", "k<t.a m<t.a,t.b l<t.c n<t.a", "" },
        { "SELECT [a, b] AS l, {'p': a, 'q': c} AS s FROM t", "l<t.a,t.b s<t.a,t.c", "" },
        { "SELECT t FROM t", "t<t.a,t.b,t.c,t.d", "" },
        { "SELECT #2 FROM t", "b<t.b", "" },

        // Stars
        { "SELECT * FROM t", "a<t.a b<t.b c<t.c d<t.d", "" },
        { "SELECT u.*, t.a AS ta FROM t, u", "a<u.a x<u.x y<u.y ta<t.a", "" },
        { "SELECT * EXCLUDE (b, d) FROM t", "a<t.a c<t.c", "" },
        { "SELECT * EXCLUDE (t.a) FROM t JOIN u ON t.a = u.a", "b<t.b c<t.c d<t.d a<u.a x<u.x y<u.y", "t.a,u.a" },
        { "SELECT * REPLACE (b + d AS b) FROM t", "a<t.a b<t.b,t.d c<t.c d<t.d", "" },
        { "SELECT * RENAME (b AS bb) FROM t", "a<t.a bb<t.b c<t.c d<t.d", "" },
        { "SELECT COLUMNS('a|c') FROM t", "a<t.a c<t.c", "" },
        { "SELECT COLUMNS(['a', 'c']) FROM t", "a<t.a c<t.c", "" },
        { "SELECT COLUMNS(* EXCLUDE (a, b)) FROM t", "c<t.c d<t.d", "" },
        { "SELECT * LIKE 'a%' FROM t", "a<t.a", "" },
        { "SELECT max(COLUMNS(* EXCLUDE c)) FROM t", "a<t.a b<t.b d<t.d", "" },
        { "SELECT coalesce(*COLUMNS(* EXCLUDE (c, d))) AS k FROM t", "k<t.a,t.b", "" },

        // Clauses that decide rows
        { "SELECT a FROM t WHERE b > 1", "a<t.a", "t.b" },
        { "SELECT a AS k FROM t WHERE k > 1 AND d < 2", "k<t.a", "t.a,t.d" },
        { "SELECT a, count(*) AS n FROM t GROUP BY a", "a<t.a n<", "t.a" },
        { "SELECT a AS k, b + 1 AS m, sum(d) AS s FROM t GROUP BY k, 2", "k<t.a m<t.b s<t.d", "t.a,t.b" },
        { "SELECT a, sum(d) AS s FROM t GROUP BY ALL", "a<t.a s<t.d", "t.a" },
        { "SELECT a, b, sum(d) AS s FROM t GROUP BY GROUPING SETS ((a), (a, b), ())", "a<t.a b<t.b s<t.d", "t.a,t.b" },
        { "SELECT a, b, grouping(a) AS g FROM t GROUP BY ROLLUP (a, b)", "a<t.a b<t.b g<t.a", "t.a,t.b" },
        { "SELECT a, count(*) AS n FROM t GROUP BY a HAVING n > 1 AND max(d) > 2", "a<t.a n<", "t.a,t.d" },
        { "SELECT a, row_number() OVER (PARTITION BY b ORDER BY d) AS r FROM t QUALIFY r = 1", "a<t.a r<t.b,t.d", "t.b,t.d" },
        { "SELECT a FROM t QUALIFY rank() OVER (ORDER BY d) = 1", "a<t.a", "t.d" },
        { "SELECT DISTINCT a, b FROM t", "a<t.a b<t.b", "t.a,t.b" },
        { "SELECT DISTINCT ON (a) a, b FROM t ORDER BY d", "a<t.a b<t.b", "t.a,t.d" },
        { "SELECT a FROM t ORDER BY b LIMIT 3", "a<t.a", "t.b" },
        { "SELECT a FROM t ORDER BY b", "a<t.a", "" },
        { "SELECT a, b AS d FROM t ORDER BY d LIMIT 3", "a<t.a d<t.b", "t.b" },
        { "SELECT a, b FROM t ORDER BY ALL LIMIT 3", "a<t.a b<t.b", "t.a,t.b" },
        { "SELECT a FROM t USING SAMPLE reservoir(5 ROWS) REPEATABLE (1)", "a<t.a", "" },

        // Windows
        { "SELECT sum(b) OVER w AS s, avg(b) OVER (w ROWS 3 PRECEDING) AS m FROM t WINDOW w AS (PARTITION BY a ORDER BY d)", "s<t.a,t.b,t.d m<t.a,t.b,t.d", "" },
        { "SELECT lag(b, 1, a) OVER (ORDER BY d DESC NULLS FIRST) AS l FROM t", "l<t.a,t.b,t.d", "" },
        { "SELECT first_value(b IGNORE NULLS) OVER (PARTITION BY a) AS f FROM t", "f<t.a,t.b", "" },
        { "SELECT a, sum(sum(d)) OVER (ORDER BY a) AS s FROM t GROUP BY a", "a<t.a s<t.a,t.d", "t.a" },

        // Joins
        { "SELECT t.b, u.x FROM t JOIN u ON t.a = u.a", "b<t.b x<u.x", "t.a,u.a" },
        { "SELECT b, x FROM t, u WHERE t.a = u.a", "b<t.b x<u.x", "t.a,u.a" },
        { "SELECT a, b, x FROM t JOIN u USING (a)", "a<t.a b<t.b x<u.x", "t.a,u.a" },
        { "SELECT * FROM t JOIN u USING (a)", "a<t.a b<t.b c<t.c d<t.d x<u.x y<u.y", "t.a,u.a" },
        { "SELECT a, x FROM t RIGHT JOIN u USING (a)", "a<u.a x<u.x", "t.a,u.a" },
        { "SELECT a, x FROM t FULL JOIN u USING (a)", "a<t.a,u.a x<u.x", "t.a,u.a" },
        { "SELECT * FROM t FULL JOIN u USING (a)", "a<t.a,u.a b<t.b c<t.c d<t.d x<u.x y<u.y", "t.a,u.a" },
        { "SELECT a, t.a AS ta, u.a AS ua FROM t LEFT JOIN u USING (a)", "a<t.a ta<t.a ua<u.a", "t.a,u.a" },
        { "SELECT * FROM t NATURAL JOIN u", "a<t.a b<t.b c<t.c d<t.d x<u.x y<u.y", "t.a,u.a" },
        { "SELECT a, v.x AS vx FROM t JOIN u USING (a) JOIN u AS v USING (a)", "a<t.a vx<u.x", "t.a,u.a" },
        { "SELECT x, b FROM (t JOIN u USING (a)) JOIN (u v JOIN u w USING (x)) USING (x)", "x<u.x b<t.b", "t.a,u.a,u.x" },
        { "SELECT a, k.y AS ky FROM (t JOIN u USING (a)) JOIN (u k JOIN u w USING (x)) ON k.a = t.a", "a<t.a ky<u.y", "t.a,u.a,u.x" },
        { "SELECT * FROM t SEMI JOIN u ON t.a = u.a", "a<t.a b<t.b c<t.c d<t.d", "t.a,u.a" },
        { "SELECT a FROM t ANTI JOIN u USING (a)", "a<t.a", "t.a,u.a" },
        { "SELECT t.b, u.x FROM t ASOF JOIN u ON t.a >= u.a", "b<t.b x<u.x", "t.a,u.a" },
        { "SELECT t.b, u.x FROM t POSITIONAL JOIN u", "b<t.b x<u.x", "" },
        { "SELECT t.a, q.z FROM t, LATERAL (SELECT t.b + u.x AS z FROM u WHERE u.a = t.a) q", "a<t.a z<t.b,u.x", "t.a,u.a" },
        { "SELECT p.a, q.a AS qa FROM t p JOIN t q ON p.b = q.a", "a<t.a qa<t.a", "t.a,t.b" },
        { "SELECT o.amount FROM sales.orders o", "amount<sales.orders.amount", "" },
        { "SELECT sales.orders.amount, orders.id FROM sales.orders", "amount<sales.orders.amount id<sales.orders.id", "" },

        // Subqueries
        { "SELECT s.k FROM (SELECT a + b AS k, c FROM t WHERE d > 0) s", "k<t.a,t.b", "t.d" },
        { "SELECT q, c FROM (SELECT a + b, c FROM t) s(q)", "q<t.a,t.b c<t.c", "" },
        { "SELECT a, a_1 FROM (SELECT t.a, u.a FROM t, u) s", "a<t.a a_1<u.a", "" },
        { "SELECT a, (SELECT max(x) FROM u WHERE u.a = t.a) AS m FROM t", "a<t.a m<u.x", "t.a,u.a" },
        { "SELECT a, (SELECT max(x) FROM u) AS m FROM t", "a<t.a m<u.x", "" },
        { "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.b)", "a<t.a", "t.b,u.a" },
        { "SELECT a FROM t WHERE b IN (SELECT x FROM u WHERE y = 'z')", "a<t.a", "t.b,u.x,u.y" },
        { "SELECT a IN (SELECT x FROM u) AS k FROM t", "k<t.a,u.x", "" },
        { "SELECT a, ARRAY(SELECT x FROM u WHERE u.a = t.a) AS l FROM t", "a<t.a l<u.x", "t.a,u.a" },
        { "SELECT (SELECT sum(i.a) FROM t i WHERE i.b = o.b) AS s FROM t o", "s<t.a", "t.b" },

        // CTEs
        { "WITH s AS (SELECT a AS k, b FROM t WHERE c = 'x') SELECT k FROM s", "k<t.a", "t.c" },
        { "WITH s(k) AS (SELECT a + 1 FROM t), r AS MATERIALIZED (SELECT k, k * 2 AS m FROM s) SELECT m FROM r", "m<t.a", "" },
        { "WITH s AS (SELECT a FROM t), unused AS (SELECT x FROM u WHERE y = 'q') SELECT a FROM s", "a<t.a", "" },
        { "WITH t AS (SELECT a AS k FROM t) SELECT k FROM t", "k<t.a", "" },
        { "WITH s AS (SELECT a FROM t) SELECT (WITH s AS (SELECT x FROM u) SELECT max(x) FROM s) AS m, a FROM s", "m<u.x a<t.a", "" },
        {
            "WITH RECURSIVE r AS (SELECT a, b, c FROM t WHERE d = 0 UNION ALL SELECT u.a, r.b + 1, u.y FROM u JOIN r ON u.x = r.a) SELECT b, c FROM r",
            "b<t.b c<t.c,u.y", "t.a,t.d,u.a,u.x"
        },
        { "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r", "n<", "" },

        // Set operations
        { "SELECT a, c FROM t UNION ALL SELECT x, y FROM u", "a<t.a,u.x c<t.c,u.y", "" },
        { "SELECT a FROM t UNION SELECT x FROM u", "a<t.a,u.x", "t.a,u.x" },
        { "SELECT a FROM t EXCEPT SELECT x FROM u", "a<t.a", "t.a,u.x" },
        { "SELECT a FROM t INTERSECT SELECT x FROM u", "a<t.a", "t.a,u.x" },
        { "SELECT a, b FROM t UNION ALL BY NAME SELECT y, a FROM u", "a<t.a,u.a b<t.b y<u.y", "" },
        { "(SELECT a FROM t UNION ALL SELECT x FROM u) ORDER BY a LIMIT 3", "a<t.a,u.x", "t.a,u.x" },

        // Rows out of nothing
        { "VALUES (1, 'x'), (2, 'y')", "col0< col1<", "" },
        { "SELECT p.k, t.a FROM t, (VALUES (1, 'x')) p(k, v)", "k< a<t.a", "" },
        { "SELECT i, a FROM t, range(3) r(i)", "i< a<t.a", "" },
        { "SELECT * FROM generate_series(1, 3)", "generate_series<", "" },
        { "SELECT id, e FROM n, unnest(n.l) x(e)", "id<n.id e<n.l", "n.l" },
        { "SELECT id, unnest(l) AS e FROM n", "id<n.id e<n.l", "n.l" },
        { "SELECT id, unnest(s) FROM n", "id<n.id f<n.s g<n.s", "" },
        { "SELECT n.id, value FROM n, json_each(n.j)", "id<n.id value<n.j", "n.j" },

        // Nested values
        { "SELECT n.s.f, s.g, (s).f AS h, s['g'] AS i FROM n", "f<n.s g<n.s h<n.s i<n.s", "" },
        { "SELECT s.* FROM n", "f<n.s g<n.s", "" },
        { "SELECT list_transform(l, x -> x + id) AS k, list_filter(l, lambda v, i: v > i) AS m, [z * id FOR z IN l IF z > 2] AS o FROM n", "k<n.id,n.l m<n.l o<n.id,n.l", "" },
        { "SELECT j -> 'p' AS p, j ->> '$.q' AS q FROM n", "p<n.j q<n.j", "" },

        // Pivots
        { "PIVOT t ON c IN ('x', 'y') USING sum(d) GROUP BY a", "a<t.a x<t.c,t.d y<t.c,t.d", "t.a,t.c" },
        { "SELECT a, x_s, x_n FROM (PIVOT t ON c IN ('x') USING sum(d) AS s, count(*) AS n)", "a<t.a x_s<t.c,t.d x_n<t.c", "t.a,t.b,t.c" },
        { "SELECT * FROM t PIVOT (max(d) FOR c IN ('x', 'y') GROUP BY b)", "b<t.b x<t.c,t.d y<t.c,t.d", "t.b,t.c" },
        { "UNPIVOT t ON a, b INTO NAME k VALUE v", "c<t.c d<t.d k< v<t.a,t.b", "t.a,t.b" },
        { "SELECT k, v FROM t UNPIVOT INCLUDE NULLS (v FOR k IN (a, b))", "k< v<t.a,t.b", "" },
        { "UNPIVOT u ON COLUMNS(* EXCLUDE (y)) INTO NAME k VALUE v", "y<u.y k< v<u.a,u.x", "u.a,u.x" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_construct_has_the_sources_worked_by_hand(string sql, string columns, string rows)
    {
        var analysis = Lineage.Analyze(sql);

        Assert.Equal(columns, Lineage.Columns(analysis));
        Assert.Equal(rows, string.Join(",", analysis.RowSources));
        Assert.True(analysis.IsResolved);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_columns_have_the_names_that_the_engine_gives(string sql, string columns, string rows)
    {
        _ = (columns, rows);
        using var session = Pool.Rent();
        foreach (var parent in Lineage.Parents.Values)
            session.DefineEmpty(parent.Name, new Schema([.. parent.Columns.Select(c => new Column(c.Name, c.Type))]));

        using var statement = session.Connection.Prepare(new SqlText(sql).Bind(new Dictionary<string, string> { ["rate"] = "0.2", ["start"] = "TIMESTAMP '2026-01-01'" }));

        Assert.Equal(statement.Columns.Select(c => c.Name), Lineage.Analyze(sql).Columns.Select(c => c.Name), StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_text_as_the_engine_would_write_it_has_equal_fingerprints(string sql, string columns, string rows)
    {
        _ = (columns, rows);
        var twin = Twin(sql);

        var (one, two) = (Lineage.Analyze(sql), Lineage.Analyze(twin));

        Assert.True(one.Rows == two.Rows, twin);
        Assert.True(one.Columns.Select(c => c.Fingerprint).SequenceEqual(two.Columns.Select(c => c.Fingerprint)), twin);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_analysis_survives_the_cache(string sql, string columns, string rows)
    {
        _ = (columns, rows);
        var analysis = Lineage.Analyze(sql);
        Assert.Equal(analysis, QueryAnalysis.FromJson(analysis.ToJson()));

        var outline = Lineage.Parse(sql).Outline;
        Assert.Equal(outline.ToJson(), QueryOutline.FromJson(outline.ToJson()).ToJson());
    }

    private static string Twin(string sql)
    {
        using var session = Pool.Rent();
        using var statement = session.Connection.Prepare("SELECT json_deserialize_sql(json_serialize_sql($1::VARCHAR))");
        var twin = (string)statement.Bind(1, new SqlText(sql).ToParameters()).Query().Scalar()!;
        foreach (var variable in new SqlText(sql).Variables)
            twin = twin.Replace("$" + variable, "@" + variable, StringComparison.Ordinal);
        return twin;
    }
}
