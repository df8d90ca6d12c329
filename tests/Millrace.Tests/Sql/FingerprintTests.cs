using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>What a fingerprint sees and what it does not.</summary>
public sealed class FingerprintTests
{
    [Theory]
    [InlineData("SELECT a, b FROM t WHERE c = 'x'", "select   t.a, -- first\n b from t as t where ((c) = 'x')")]
    [InlineData("SELECT a FROM t", "SELECT q.a FROM t AS q")]
    [InlineData("SELECT a FROM t", "SELECT a AS a FROM t")]
    [InlineData("SELECT a FROM t", "WITH s AS (SELECT * FROM t) SELECT a FROM s")]
    [InlineData("SELECT a FROM t", "SELECT s.a FROM (SELECT a FROM t) s")]
    [InlineData("WITH s AS (SELECT a, b FROM t) SELECT a FROM s", "WITH other AS (SELECT a, b, c || 'x' AS unused FROM t) SELECT a FROM other")]
    [InlineData("WITH s AS (SELECT a FROM t), r AS (SELECT x FROM u) SELECT a, x FROM s, r", "WITH r AS (SELECT x FROM u), s AS MATERIALIZED (SELECT a FROM t) SELECT a, x FROM s, r")]
    [InlineData("SELECT a FROM t WHERE a > 1 AND b > 2 AND d > 3", "SELECT a FROM t WHERE a > 1 AND (b > 2 AND d > 3)")]
    [InlineData("SELECT a, sum(d) AS s FROM t GROUP BY a", "SELECT a, sum(d) AS s FROM t GROUP BY 1")]
    [InlineData("SELECT a, sum(d) AS s FROM t GROUP BY a", "SELECT a, sum(d) AS s FROM t GROUP BY ALL")]
    [InlineData("SELECT a FROM t ORDER BY a LIMIT 1", "SELECT a FROM t ORDER BY 1 ASC NULLS LAST LIMIT 1")]
    [InlineData("SELECT a FROM t ORDER BY b", "SELECT a FROM t")]
    [InlineData("SELECT sum(b) OVER w AS s FROM t WINDOW w AS (ORDER BY d)", "SELECT sum(b) OVER (ORDER BY d) AS s FROM t")]
    [InlineData("SELECT id, list_transform(l, x -> x + 1) AS k FROM n", "SELECT id, list_transform(l, y -> y + 1) AS k FROM n")]
    [InlineData("SELECT a FROM t WHERE b IN (SELECT x FROM u)", "SELECT a FROM t WHERE b IN (SELECT v.x FROM u v)")]
    [InlineData("SELECT a FROM t WHERE d >= @start", "SELECT a FROM t WHERE d >= @start")]
    [InlineData("SELECT a + b AS k FROM t", "SELECT a + b AS other FROM t")]
    public void Ways_of_writing_do_not_count(string one, string two)
    {
        var (first, second) = (Lineage.Analyze(one), Lineage.Analyze(two));

        Assert.Equal(first.Rows, second.Rows);
        Assert.Equal(first.Columns.Select(c => c.Fingerprint), second.Columns.Select(c => c.Fingerprint));
    }

    [Theory]
    [InlineData("SELECT a FROM t WHERE b > 1", "SELECT a FROM t WHERE b > 2")]
    [InlineData("SELECT a FROM t WHERE b > 1", "SELECT a FROM t WHERE b >= 1")]
    [InlineData("SELECT a FROM t WHERE b > 1", "SELECT a FROM t")]
    [InlineData("SELECT a FROM t", "SELECT a FROM u")]
    [InlineData("SELECT t.a FROM t JOIN u ON t.a = u.a", "SELECT t.a FROM t LEFT JOIN u ON t.a = u.a")]
    [InlineData("SELECT t.a FROM t JOIN u ON t.a = u.a", "SELECT t.a FROM t JOIN u ON t.a = u.x")]
    [InlineData("SELECT t.a FROM t JOIN u USING (a)", "SELECT t.a FROM t SEMI JOIN u USING (a)")]
    [InlineData("SELECT t.a FROM t, u", "SELECT t.a FROM t POSITIONAL JOIN u")]
    [InlineData("SELECT a, sum(d) AS s FROM t GROUP BY a", "SELECT a, sum(d) AS s FROM t GROUP BY a, b")]
    [InlineData("SELECT sum(d) AS s FROM t GROUP BY GROUPING SETS ((a), ())", "SELECT sum(d) AS s FROM t GROUP BY GROUPING SETS ((a))")]
    [InlineData("SELECT sum(d) AS s FROM t GROUP BY CUBE (a, b)", "SELECT sum(d) AS s FROM t GROUP BY GROUPING SETS ((a), (b), (a, b))")]
    [InlineData("SELECT a, sum(d) AS s FROM t GROUP BY a HAVING sum(d) > 1", "SELECT a, sum(d) AS s FROM t GROUP BY a HAVING sum(b) > 1")]
    [InlineData("SELECT a FROM t QUALIFY row_number() OVER (ORDER BY b) = 1", "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY b DESC) = 1")]
    [InlineData("SELECT DISTINCT a FROM t", "SELECT a FROM t")]
    [InlineData("SELECT DISTINCT a, b FROM t", "SELECT DISTINCT a, b + 1 FROM t")]
    [InlineData("SELECT DISTINCT ON (a) a FROM t ORDER BY b", "SELECT DISTINCT ON (a) a FROM t ORDER BY d")]
    [InlineData("SELECT a FROM t LIMIT 3", "SELECT a FROM t LIMIT 4")]
    [InlineData("SELECT a FROM t LIMIT 3", "SELECT a FROM t LIMIT 3 OFFSET 1")]
    [InlineData("SELECT a FROM t ORDER BY b LIMIT 3", "SELECT a FROM t ORDER BY b DESC LIMIT 3")]
    [InlineData("SELECT a FROM t ORDER BY b LIMIT 3", "SELECT a FROM t ORDER BY b NULLS FIRST LIMIT 3")]
    [InlineData("SELECT a FROM t USING SAMPLE reservoir(5 ROWS) REPEATABLE (1)", "SELECT a FROM t USING SAMPLE reservoir(5 ROWS) REPEATABLE (2)")]
    [InlineData("SELECT a FROM t UNION ALL SELECT x FROM u", "SELECT a FROM t UNION SELECT x FROM u")]
    [InlineData("SELECT a FROM t EXCEPT SELECT x FROM u", "SELECT a FROM t EXCEPT ALL SELECT x FROM u")]
    [InlineData("SELECT a FROM t EXCEPT SELECT x FROM u", "SELECT a FROM t EXCEPT SELECT a FROM u")]
    [InlineData("SELECT id FROM n", "SELECT id, unnest(l) AS e FROM n")]
    [InlineData("SELECT 1 AS k FROM t", "SELECT 1 AS k, max(a) AS m FROM t")]
    [InlineData("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE x = 1)", "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE x = 2)")]
    [InlineData("SELECT a FROM t o WHERE EXISTS (SELECT 1 FROM t i WHERE i.a = o.b)", "SELECT a FROM t o WHERE EXISTS (SELECT 1 FROM t i WHERE i.a = i.b)")]
    [InlineData("VALUES (1), (2)", "VALUES (1), (2), (3)")]
    [InlineData("SELECT a FROM t WHERE d > @rate", "SELECT a FROM t WHERE d > @start")]
    public void Whatever_can_change_the_rows_changes_their_fingerprint(string one, string two) =>
        Assert.NotEqual(Lineage.Analyze(one).Rows, Lineage.Analyze(two).Rows);

    [Theory]
    [InlineData("SELECT a FROM t", "SELECT b FROM t")]
    [InlineData("SELECT a + 1 AS k FROM t", "SELECT a + 2 AS k FROM t")]
    [InlineData("SELECT a::BIGINT AS k FROM t", "SELECT a::DOUBLE AS k FROM t")]
    [InlineData("SELECT min(a) AS k FROM t", "SELECT max(a) AS k FROM t")]
    [InlineData("SELECT count(a) AS k FROM t", "SELECT count(DISTINCT a) AS k FROM t")]
    [InlineData("SELECT sum(a) OVER (ORDER BY b) AS k FROM t", "SELECT sum(a) OVER (ORDER BY d) AS k FROM t")]
    [InlineData("SELECT sum(a) OVER (ORDER BY b ROWS 1 PRECEDING) AS k FROM t", "SELECT sum(a) OVER (ORDER BY b ROWS 2 PRECEDING) AS k FROM t")]
    [InlineData("SELECT x.a FROM t x JOIN t y ON x.b = y.d", "SELECT y.a FROM t x JOIN t y ON x.b = y.d")]
    [InlineData("SELECT x.a FROM t x LEFT JOIN t y USING (b)", "SELECT y.a FROM t x LEFT JOIN t y USING (b)")]
    [InlineData("SELECT {'p': a} AS k FROM t", "SELECT {'q': a} AS k FROM t")]
    [InlineData("SELECT s.f AS k FROM n", "SELECT s.g AS k FROM n")]
    [InlineData("SELECT j -> 'p' AS k FROM n", "SELECT j -> 'q' AS k FROM n")]
    [InlineData("SELECT (SELECT max(x) FROM u) AS k FROM t", "SELECT (SELECT max(x) FROM u WHERE a = 1) AS k FROM t")]
    [InlineData("SELECT (SELECT max(x) FROM u WHERE u.a = t.a) AS k FROM t", "SELECT (SELECT max(x) FROM u WHERE u.a = t.b) AS k FROM t")]
    [InlineData("SELECT a AS k FROM (SELECT a, b FROM t) s", "SELECT b AS k FROM (SELECT a, b FROM t) s")]
    [InlineData("SELECT d.p AS k FROM (SELECT x.a AS p, y.a AS q FROM t x, t y) d, t z", "SELECT z.a AS k FROM (SELECT x.a AS p, y.a AS q FROM t x, t y) d, t z")]
    public void A_changed_expression_changes_its_column_and_not_the_rows(string one, string two)
    {
        var (first, second) = (Lineage.Analyze(one), Lineage.Analyze(two));

        Assert.NotEqual(first.Columns[0].Fingerprint, second.Columns[0].Fingerprint);
        Assert.Equal(first.Rows, second.Rows);
    }

    [Fact]
    public void A_project_variable_counts_by_value_and_a_run_variable_by_name()
    {
        const string Sql = "SELECT a * @rate AS k, @start AS s FROM t WHERE d > @rate AND d < @end";
        var one = Lineage.Analyze(Sql, variables: new Dictionary<string, string> { ["rate"] = "0.2", ["start"] = "TIMESTAMP '2026-01-01'" });
        var two = Lineage.Analyze(Sql, variables: new Dictionary<string, string> { ["rate"] = "0.3", ["start"] = "TIMESTAMP '2026-01-02'" });

        Assert.NotEqual(one.Columns[0].Fingerprint, two.Columns[0].Fingerprint);
        Assert.Equal(one.Columns[1].Fingerprint, two.Columns[1].Fingerprint);
        Assert.NotEqual(one.Rows, two.Rows);
        Assert.False(Lineage.Analyze(Sql, variables: new Dictionary<string, string>()).IsResolved);
    }

    [Fact]
    public void A_changed_column_travels_three_levels_only_where_it_is_read()
    {
        string[] names = ["one", "two", "three"];
        string[] texts =
        [
            "SELECT a, b, c, d FROM t WHERE d > 0",
            "SELECT a, a + b AS ab, c, count(*) AS n FROM one GROUP BY ALL",
            "SELECT o.ab * 2 AS k, o.n, p.c FROM two o JOIN two p ON o.a = p.a",
        ];
        var before = Chain(names, texts, Lineage.Parents["t"]);

        // c is a key of two's groups, b only part of another key, d decides rows of the first.
        Assert.Equal("one: b | two: ab rows | three: k rows", Changes(before, Chain(names, texts, Lineage.Parents["t"].With("b"))));
        Assert.Equal("one: c | two: c rows | three: c rows", Changes(before, Chain(names, texts, Lineage.Parents["t"].With("c"))));
        Assert.Equal("one: d rows | two: rows | three: rows", Changes(before, Chain(names, texts, Lineage.Parents["t"].With("d"))));

        texts[1] = "SELECT a, a + b AS ab, c FROM one";
        before = Chain(names, [texts[0], texts[1], "SELECT o.ab * 2 AS k, p.c FROM two o JOIN two p ON o.a = p.a"], Lineage.Parents["t"]);
        var after = Chain(names, [texts[0], texts[1], "SELECT o.ab * 2 AS k, p.c FROM two o JOIN two p ON o.a = p.a"], Lineage.Parents["t"].With("b"));
        Assert.Equal("one: b | two: ab | three: k", Changes(before, after));
        after = Chain(names, [texts[0], "SELECT a, a + b AS ab, c, upper(c) AS u FROM one", "SELECT o.ab * 2 AS k, p.c FROM two o JOIN two p ON o.a = p.a"], Lineage.Parents["t"]);
        Assert.Equal("one: | two: +u | three:", Changes(before, after));
    }

    [Fact]
    public void Changed_rows_of_a_parent_change_the_rows_of_whoever_reads_it_and_no_column()
    {
        var changed = new Dictionary<string, RelationFacts>(Lineage.Parents) { ["u"] = Lineage.Parents["u"] with { Rows = new("other") } };
        const string Sql = "SELECT t.a, u.x FROM t JOIN u USING (a)";

        var change = QueryChange.Compare(Lineage.Analyze(Sql), Lineage.Analyze(Sql, changed));

        Assert.True(change.RowsChanged);
        Assert.Empty(change.Changed);
    }

    [Fact]
    public void A_change_says_whom_it_touches()
    {
        var change = QueryChange.Compare(Lineage.Analyze("SELECT a, b, c FROM t"), Lineage.Analyze("SELECT a, b + 1 AS b, d FROM t"));

        Assert.Equal(new QueryChange(["d"], ["c"], ["b"], false), change);
        Assert.False(change.Touches(new ReadRelation("p", ["a"], false)));
        Assert.True(change.Touches(new ReadRelation("p", ["B"], false)));
        Assert.True(change.Touches(new ReadRelation("p", ["c"], false)));
        Assert.True(change.Touches(new ReadRelation("p", [], true)));
        Assert.True(QueryChange.Compare(Lineage.Analyze("SELECT a FROM t"), Lineage.Analyze("SELECT a, b FROM t")).IsOnlyAddition);
        Assert.True(QueryChange.Compare(Lineage.Analyze("SELECT a FROM t"), Lineage.Analyze("SELECT t.a FROM t")).IsNone);
    }

    [Theory]
    [InlineData("SELECT a, missing FROM t", "a<t.a missing<t.a,t.b,t.c,t.d?")]
    [InlineData("SELECT a, b AS k FROM t, u", "a<t.a,t.b,t.c,t.d,u.a,u.x,u.y? k<t.b")]
    [InlineData("SELECT * FROM elsewhere", "")]
    [InlineData("SELECT k, a FROM elsewhere, t", "k<elsewhere.k a<t.a")]
    [InlineData("SELECT COLUMNS(c -> c LIKE 'a%') FROM t", "")]
    [InlineData("SELECT unnest(s, recursive := true) FROM n", "")]
    [InlineData("SELECT a FROM (SUMMARIZE t)", "")]
    public void What_cannot_be_resolved_reads_everything(string sql, string columns)
    {
        var analysis = Lineage.Analyze(sql);

        Assert.False(analysis.IsResolved);
        if (columns.Length > 0)
            Assert.Equal(columns, Lineage.Columns(analysis));
        Assert.All(analysis.Reads, r => Assert.True(r.IsAll));
    }

    [Fact]
    public void An_unresolved_query_changes_with_anything_that_its_parents_offer_and_takes_the_engines_names()
    {
        var query = Lineage.Parse("SELECT COLUMNS(c -> c LIKE 'a%') FROM t");
        var none = new Dictionary<string, string>();
        var changed = new Dictionary<string, RelationFacts>(Lineage.Parents) { ["t"] = Lineage.Parents["t"].With("d") };

        var one = QueryAnalyzer.Analyze(query, Lineage.Parents, none, ["a"]);
        var two = QueryAnalyzer.Analyze(query, changed, none, ["a"]);

        Assert.Equal("a<t.a,t.b,t.c,t.d?", Lineage.Columns(one));
        Assert.NotEqual(one.Rows, two.Rows);
        Assert.NotEqual(one.Columns[0].Fingerprint, two.Columns[0].Fingerprint);
    }

    [Fact]
    public void Reads_name_what_is_read_for_values_rows_or_order()
    {
        var reads = Lineage.Analyze("WITH s AS (SELECT * FROM t), unused AS (SELECT * FROM n) SELECT a, (SELECT count(*) FROM u) AS n FROM s WHERE b > 1 ORDER BY d").Reads;

        Assert.Equal(["n:", "t:a,b,d", "u:"], reads.Select(r => $"{r.Relation}:{string.Join(",", r.Columns)}"));
        Assert.All(reads, r => Assert.False(r.IsAll));
    }

    [Fact]
    public void A_very_deep_text_is_not_fatal()
    {
        var sql = "SELECT " + string.Join("", Enumerable.Repeat("(1 + ", 700)) + "a" + new string(')', 700) + " AS k FROM t";

        Assert.Single(Lineage.Analyze(sql).Columns);
    }

    private static Dictionary<string, QueryAnalysis> Chain(string[] names, string[] texts, RelationFacts root)
    {
        var facts = new Dictionary<string, RelationFacts> { [root.Name] = root };
        var analyses = new Dictionary<string, QueryAnalysis>();
        for (var i = 0; i < names.Length; i++)
        {
            var analysis = Lineage.Analyze(texts[i], facts);
            Assert.True(analysis.IsResolved);
            analyses[names[i]] = analysis;
            facts[names[i]] = new RelationFacts(names[i], analysis.Rows, [.. analysis.Columns.Select(c => new ColumnFacts(c.Name, Millrace.Assets.DataType.Integer, c.Fingerprint))]);
        }

        return analyses;
    }

    private static string Changes(Dictionary<string, QueryAnalysis> before, Dictionary<string, QueryAnalysis> after) => string.Join(" | ", before.Select(b =>
    {
        var change = QueryChange.Compare(b.Value, after[b.Key]);
        return string.Join(" ", [$"{b.Key}:", .. change.Changed, .. change.Added.Select(a => "+" + a), .. change.RowsChanged ? ["rows"] : Array.Empty<string>()]);
    }));
}
