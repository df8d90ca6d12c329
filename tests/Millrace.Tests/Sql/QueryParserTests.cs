using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

public sealed class QueryParserTests
{
    [Theory]
    [InlineData("select a,\n  from t where", 2, 15, "syntax error")]
    [InlineData("select 'ä😀', x\nfrom a b c d", 2, 10, "near \"c\"")]
    [InlineData("select x from t limt @start", 1, 22, "near \"@\"")]
    [InlineData("", 1, 1, "empty")]
    [InlineData("-- nothing", 1, 1, "empty")]
    [InlineData("select 1; select 2", 1, 1, "2 statements")]
    [InlineData("insert into t values (1)", 1, 1, "one SELECT")]
    [InlineData("pivot t on year using sum(x)", 1, 1, "must list its values")]
    public void A_text_that_is_not_one_SELECT_is_an_error_with_its_place(string sql, int line, int column, string message)
    {
        var error = Lineage.Parser.Parse(sql).Error;

        Assert.NotNull(error);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Theory]
    [InlineData("select * from Orders o join sales.Items i using (id)", "orders sales.items")]
    [InlineData("with c as (select * from raw), d as (select * from c) select * from d, \"Other\"", "raw other")]
    [InlineData("with raw as (select * from raw) select * from raw", "raw")]
    [InlineData("with recursive r as (select 1 as n union all select n + 1 from r, stop) select * from r", "stop")]
    [InlineData("select (with c as (select * from x) select max(a) from c), a from c", "x c")]
    [InlineData("with c as (select * from x) select a from t order by (select max(a) from c)", "x t")]
    [InlineData("select 1 where exists (select 1 from a) union select b from b", "a b")]
    [InlineData("with unused as (select * from u) select 1", "u")]
    public void Relations_are_those_outside_of_CTEs(string sql, string relations) =>
        Assert.Equal(relations, string.Join(" ", Lineage.Parse(sql).Relations));

    [Theory]
    [InlineData("select 1,\n now()", "sql-volatile", 2, "@as_of")]
    [InlineData("select current_date", "sql-volatile", 1, "@as_of")]
    [InlineData("select TODAY() from t", "sql-volatile", 1, "@start")]
    [InlineData("select age(ts) from t", "sql-volatile", 1, "age(@as_of, moment)")]
    [InlineData("select a from t where random() < 0.1", "sql-volatile", 1, "hash")]
    [InlineData("select gen_random_uuid()", "sql-volatile", 1, "hash")]
    [InlineData("select a from t using sample 10%", "sql-volatile", 1, "REPEATABLE")]
    [InlineData("select a from t tablesample reservoir(3 rows)", "sql-volatile", 1, "REPEATABLE")]
    [InlineData("select 'é' as é,\n* from 'x.csv'", "sql-reads-file", 2, "Declare a source")]
    [InlineData("select * from \"data/x\"", "sql-reads-file", 1, "Declare a source")]
    [InlineData("select * from read_parquet('a.parquet')", "sql-reads-file", 1, "Declare a source")]
    [InlineData("select * from glob('*')", "sql-reads-file", 1, "Declare a source")]
    [InlineData("select * from query('select 1')", "sql-dynamic", 1, "FROM")]
    [InlineData("select * from duckdb_settings()", "sql-table-function", 1, "Allowed")]
    [InlineData("select getvariable('x')", "sql-session", 1, "@name")]
    [InlineData("select getenv('HOME')", "sql-session", 1, "@name")]
    [InlineData("select nextval('s')", "sql-session", 1, "@name")]
    [InlineData("select * from a.b.c", "sql-relation-name", 1, "three parts")]
    [InlineData("select * from information_schema.tables", "sql-relation-name", 1, "engine")]
    [InlineData("select * from t at (version => 3)", "sql-relation-name", 1, "AT")]
    [InlineData("select $x", "sql-parameter", 1, "@name")]
    [InlineData("select ?", "sql-parameter", 1, "@name")]
    [InlineData("summarize t", "sql-not-select", 1, "SUMMARIZE")]
    [InlineData("select sum(x) over (order by now()) from t", "sql-volatile", 1, "@as_of")]
    public void What_an_asset_may_not_do_is_found_with_the_way_out(string sql, string code, int line, string wayOut)
    {
        var finding = Assert.Single(Lineage.Parse(sql).Findings);

        Assert.Equal((code, line), (finding.Code, finding.Line));
        Assert.Contains(wayOut, finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("select t.current_date, user, age(@as_of, ts), 'now()', @start from t")]
    [InlineData("select * from range(3), unnest([1]), generate_series(1, 2)")]
    [InlineData("select a from t using sample reservoir(3 rows) repeatable (1)")]
    public void What_is_allowed_has_no_finding(string sql) => Assert.Empty(Lineage.Parse(sql).Findings);

    [Fact]
    public void The_text_counts_without_comments_and_white_space()
    {
        var text = Lineage.Parse("select a, b from t where c = 'x'").Text;

        Assert.Equal(text, Lineage.Parse("SELECT a , b -- why\nFROM t /* which */\n\n  WHERE (c = 'x');").Text);
        Assert.NotEqual(text, Lineage.Parse("select a, b from t where c = 'X'").Text);
        Assert.NotEqual(Lineage.Parse("select a from t union select b from t").Text, Lineage.Parse("select a from t union all select b from t").Text);
    }

    [Fact]
    public void Many_texts_give_their_results_in_order_from_many_threads()
    {
        var texts = Enumerable.Range(0, 1300).Select(i => i % 7 == 0 ? $"select {i} fro m" : $"select a from t{i}").ToArray();
        Parallel.For(0, 4, _ =>
        {
            var results = Lineage.Parser.ParseMany(texts);
            for (var i = 0; i < texts.Length; i++)
                Assert.Equal(i % 7 == 0 ? null : $"t{i}", results[i].Query?.Relations.Single());
        });
    }

    [Fact]
    public void The_list_of_aggregates_is_the_engines()
    {
        using var database = DuckDatabase.Open();
        using var connection = database.Connect();
        var engine = connection.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate' ORDER BY 1").Rows().Select(r => (string)r[0]!).ToHashSet();
        string[] windowOnly = ["cume_dist", "dense_rank", "fill", "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank", "rank_dense", "row_number"];
        string[] macros = ["geomean", "geometric_mean", "wavg", "weighted_avg"];

        Assert.Equal(engine.Except(windowOnly).Union(macros).Order(), SqlRules.Aggregates.Order());
    }

    [Fact]
    public void Every_function_whose_value_the_engine_calls_unstable_is_refused()
    {
        using var database = DuckDatabase.Open();
        using var connection = database.Connect();
        var unstable = connection.Query(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'scalar' AND stability <> 'CONSISTENT' ORDER BY 1").Rows().Select(r => (string)r[0]!);

        // Constant in our sessions, or without a value.
        string[] harmless = ["current_database", "current_schema", "current_schemas", "error", "in_search_path"];
        var allowed = unstable.Except(harmless).Where(name => Lineage.Parse($"SELECT {name}(1)").Findings.Count == 0);

        Assert.Empty(allowed);
    }
}
