using Millrace.Sql;

namespace Millrace.Tests.Sql;

public sealed class SqlTextTests
{
    [Theory]
    [InlineData("select @start, @end, @start", "start end")]
    [InlineData("select '@no', \"@no\", $$@no$$, $q$ @no $$ @no $q$, @yes", "yes")]
    [InlineData("select 1 -- @no\n, @yes /* @no /* @no */ @no */ , @also", "yes also")]
    [InlineData("select a @> b, @ 5, a<@end, b>=@_x1, x@y, @@z", "end _x1")]
    [InlineData("select 'it''s @no', E'it\\'s @no', 'a\\', @yes, \"q\"\"@no\"", "yes")]
    [InlineData("select 'ends open @no", "")]
    [InlineData("", "")]
    public void Variables_are_found_outside_of_texts_names_and_comments(string sql, string variables) =>
        Assert.Equal(variables, string.Join(" ", new SqlText(sql).Variables));

    [Fact]
    public void Parameters_stand_where_the_variables_stood() =>
        Assert.Equal("select $start, '@x', a @> b, $n", new SqlText("select @start, '@x', a @> b, @n").ToParameters());

    [Fact]
    public void Literals_take_the_place_of_variables_and_the_end_of_the_statement_goes() =>
        Assert.Equal(
            "select a-(-5), 'it''s', TIMESTAMP '2026-01-02 03:04:05.000000' from t",
            new SqlText("select a-@n, @name, @start from t ; -- done\n;").Bind(new Dictionary<string, string>
            {
                ["n"] = "-5", ["name"] = "'it''s'", ["start"] = SqlText.Literal(new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2))),
            }));

    [Fact]
    public void A_variable_without_value_is_named() =>
        Assert.Contains("'@rate' has no value", Assert.Throws<ArgumentException>(() => new SqlText("select @rate").Bind(new Dictionary<string, string>())).Message);
}
