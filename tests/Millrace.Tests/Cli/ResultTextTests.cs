using Millrace.Cli.Output;
using Millrace.Native;

namespace Millrace.Tests.Cli;

public sealed class ResultTextTests
{
    [Fact]
    public void A_table_shows_the_first_rows_and_says_how_many_there_are() => Assert.Equal(
        Written.Page("""
            day         rides  note
            ──────────  ─────  ────
            2011-01-01      0  NULL
            2011-01-02      1  NULL
            2 of 5,000 rows. All of them: --rows 0, or --format csv.
            """),
        Text(
            "SELECT DATE '2011-01-01' + i::INT AS day, i AS rides, NULL::VARCHAR AS note FROM range(5000) t(i)",
            (r, to) => ResultText.WriteTable(r, to, Paint.None, null, 2)));

    [Fact]
    public void Columns_for_which_there_is_no_room_are_named() => Assert.Equal(
        Written.Page("""
            first                 second
            ────────────────────  ────────────────────
            aaaaaaaaaaaaaaaaaaa…  bbbbbbbbbbbbbbbbbbb…
            1 row. No room for 2 columns: third and fourth.
            """),
        Text(
            "SELECT repeat('a', 30) AS first, repeat('b', 30) AS second, repeat('c', 30) AS third, 1 AS fourth",
            (r, to) => ResultText.WriteTable(r, to, Paint.None, 50, 40)));

    [Fact]
    public void Csv_tells_null_from_the_empty_text_and_quotes_what_it_must() => Assert.Equal(
        Written.Page(""""
            n,e,q,line,"a b, c"
            ,"","say ""hi""","two
            lines",1.50
            """"),
        Text(
            "SELECT NULL AS n, '' AS e, 'say \"hi\"' AS q, E'two\\nlines' AS line, 1.50::DECIMAL(9,2) AS \"a b, c\"",
            ResultText.WriteCsv));

    [Fact]
    public void Csv_writes_nested_values_as_json() => Assert.Equal(
        Written.Page("""
            l,s,m
            "[1,null]","{""x"":1.5,""y"":""é""}","[{""key"":""k"",""value"":true}]"
            """),
        Text("SELECT [1, NULL] AS l, {'x': 1.5, 'y': 'é'} AS s, MAP {'k': true} AS m", ResultText.WriteCsv));

    [Fact]
    public void Json_has_one_object_a_row_and_names_of_its_own_for_each_column() => Assert.Equal(
        Written.Page("""
            [
            {"id":1,"id_1":170141183460469231731687303715884105727,"at":"2012-02-01T06:30:00","nan":"NaN"},
            {"id":2,"id_1":0,"at":null,"nan":0.5}
            ]
            """),
        Text(
            """
            SELECT id, i AS id, moment AS at, nan
            FROM (VALUES
                (1, 170141183460469231731687303715884105727::HUGEINT, TIMESTAMP '2012-02-01 06:30:00', 'nan'::DOUBLE),
                (2, 0, NULL, 0.5)) t(id, i, moment, nan)
            """,
            ResultText.WriteJson));

    [Fact]
    public void No_rows_are_an_empty_array() => Assert.Equal("[]\n", Text("SELECT 1 AS a WHERE false", ResultText.WriteJson));

    [Theory]
    [InlineData("INTERVAL '14 months -3 days'", "1 year 2 months -3 days")]
    [InlineData("INTERVAL '-90 minutes'", "-01:30:00")]
    [InlineData("INTERVAL '0 days'", "00:00:00")]
    [InlineData("TIMESTAMPTZ '2012-02-01 01:00:00+02'", "2012-01-31 23:00:00+00")]
    [InlineData("TIMESTAMP '2012-02-01 01:00:00.25'", "2012-02-01 01:00:00.25")]
    [InlineData("'\\xAB'::BLOB", "\\xab")]
    [InlineData("0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004")]
    public void Values_read_as_sql_writes_them(string sql, string text) =>
        Assert.Equal($"v\n{text}\n", Text($"SELECT {sql} AS v", ResultText.WriteCsv));

    private static string Text(string sql, Action<DuckResult, TextWriter> write)
    {
        using var database = DuckDatabase.Open();
        using var connection = database.Connect();
        using var result = connection.Query(sql);
        return Written.By(to => write(result, to));
    }
}
