using Millrace.Assets;
using Millrace.Sql;
using Millrace.Transforms;

namespace Millrace.Tests.Transforms;

public sealed class TableDefinitionReaderTests
{
    [Fact]
    public void A_definition_with_every_key_is_read()
    {
        const string Text = """

            /*---
            kind: incremental
            description: Rides per hour
            owner: team-mobility
            tags: bike
            time_column: hour
            interval: day
            reads_back: 7
            batch: 30
            start: 2011-01-01T06:00:00+02:00
            checks: [{not_null: [hour, rides]},
                     {unique: hour}]
            ---*/

            -- The hours.
            SELECT hour, count(*) AS rides
            FROM trips
            WHERE hour >= @start - INTERVAL 7 DAY AND hour < @end
            GROUP BY hour;

            """;
        var table = Read(Text, "tables/sales/hourly.sql");
        Assert.Equal("table sales.hourly", table.Key.ToString());
        Assert.Equal((TableKind.Incremental, "hour", IntervalUnit.Day, 7, 30), (table.Kind, table.TimeColumn, table.Interval, table.ReadsBack, table.Batch));
        Assert.Equal(new DateTimeOffset(2011, 1, 1, 4, 0, 0, TimeSpan.Zero), table.Start);
        Assert.Equal(("Rides per hour", "team-mobility"), (table.Description, table.Owner));
        Assert.Equal(["bike"], table.Tags);
        Assert.Equal([12, 13], table.Checks.Select(c => c.Line));
        Assert.Equal(16, table.SqlLine);
        Assert.StartsWith("-- The hours.\nSELECT", table.Sql, StringComparison.Ordinal);
        Assert.EndsWith("GROUP BY hour", table.Sql, StringComparison.Ordinal);
        Assert.Equal(Text, table.Text);
    }

    [Fact]
    public void A_file_without_front_matter_is_a_full_table()
    {
        var table = Read("SELECT 1 AS one");
        Assert.Equal((TableKind.Full, 0, (int?)null, (DateTimeOffset?)null), (table.Kind, table.ReadsBack, table.Batch, table.Start));
        Assert.Equal(("SELECT 1 AS one", 1), (table.Sql, table.SqlLine));
    }

    [Theory]
    [InlineData("/*--- kind: view ---*/ SELECT 1", "SELECT 1", 1)]
    [InlineData("/*---\n---*/\nSELECT 1", "SELECT 1", 3)]
    [InlineData("/*------ a title ------*/\nSELECT 1", "/*------ a title ------*/\nSELECT 1", 1)]
    [InlineData("SELECT 1;  -- done;\n /* really; */ ;\n", "SELECT 1", 1)]
    [InlineData("SELECT ';' AS \"@start;\", $$ ; @end $$, $x$;$x$, E'\\';' -- ;\n", "SELECT ';' AS \"@start;\", $$ ; @end $$, $x$;$x$, E'\\';' -- ;", 1)]
    [InlineData("SELECT '/*--- ' AS a", "SELECT '/*--- ' AS a", 1)]
    [InlineData("SELECT 1 /* @start /* nested */ @end */ -- @start", "SELECT 1 /* @start /* nested */ @end */ -- @start", 1)]
    public void What_is_code_and_what_is_not_is_told_apart(string text, string sql, int line)
    {
        var table = Read(text);
        Assert.Equal((sql, line), (table.Sql, table.SqlLine));
    }

    [Theory]
    [InlineData("", "missing-sql", 1)]
    [InlineData("-- nothing\n;", "missing-sql", 1)]
    [InlineData("/*---\nkind: view\n---*/\n", "missing-sql", 4)]
    [InlineData("/*---\nkind: view\n*/\nSELECT 1", "front-matter", 1)]
    [InlineData("\n\n/*---\nkind: view", "front-matter", 3)]
    [InlineData("SELECT 1\n/*---\nkind: view\n---*/", "front-matter", 2)]
    [InlineData("/*---\nkind: view\n---*/\n/*---\nowner: a\n---*/\nSELECT 1", "front-matter", 4)]
    [InlineData("SELECT 1;\nSELECT 2", "many-statements", 2)]
    [InlineData("/*---\n\nkind: merge\n---*/\nSELECT 1", "wrong-word", 3)]
    [InlineData("/*---\nkind: history\n---*/\nSELECT @start", "wrong-word", 2)]
    [InlineData("/*---\nkind: seed\n---*/\nSELECT 1", "wrong-word", 2)]
    [InlineData("/*---\nkind: incremental\n---*/\nSELECT @start, @end", "missing-key", 2)]
    [InlineData("/*---\nkind: incremental\ntime_column: day\n---*/\nSELECT @end, '@start'", "missing-variable", 5)]
    [InlineData("/*---\nkind: incremental\ntime_column: day\n---*/\nSELECT @startup, @ended", "missing-variable", 5)]
    [InlineData("SELECT 1 AS a\nWHERE a > @start", "wrong-variable", 2)]
    [InlineData("/*---\nkind: view\n---*/\nSELECT\n@end", "wrong-variable", 5)]
    [InlineData("/*---\nreads_back: 1\n---*/\nSELECT 1", "wrong-kind", 2)]
    [InlineData("/*---\nkind: view\nbatch: 1\n---*/\nSELECT 1", "wrong-kind", 3)]
    [InlineData("/*---\ninterval: day\n---*/\nSELECT 1", "missing-key", 2)]
    [InlineData("/*---\ntime_column: ' '\n---*/\nSELECT 1", "bad-name", 2)]
    [InlineData("/*---\nkind: [\n---*/\nSELECT 1", "yaml-syntax", 3)]
    [InlineData("/*---\nchecks: {a: 1}\n---*/\nSELECT 1", "wrong-kind", 2)]
    [InlineData("/*---\nkind: incremental\ntime_column: d\nstart: 2011-02-30\n---*/\nSELECT @start, @end", "wrong-kind", 4)]
    public void Each_mistake_is_a_problem_in_its_line_of_the_file(string text, string code, int line)
    {
        var problems = new List<Problem>();
        Assert.Null(TableDefinitionReader.Read("tables/a.sql", text, problems));
        var problem = Assert.Single(problems);
        Assert.Equal((code, line, "tables/a.sql"), (problem.Code, problem.Line, problem.File));
    }

    [Fact]
    public void A_kind_that_is_not_built_lists_those_that_are()
    {
        var problems = new List<Problem>();
        TableDefinitionReader.Read("tables/a.sql", "/*---\nkind: merge\n---*/\nSELECT 1", problems);
        Assert.Equal("'kind' is 'merge', which this version of Millrace cannot do yet. It can be one of: full, view, incremental.", problems[0].Message);
    }

    [Fact]
    public void No_text_whatsoever_throws_and_the_parts_of_sql_leave_no_gap()
    {
        const string Letters = "'\"$-/*;@\\ \naEe1";
        var random = new Random(3);
        for (var round = 0; round < 3000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Letters[random.Next(Letters.Length)]));
            if (random.Next(4) == 0)
                text = "/*---" + text;
            var problems = new List<Problem>();
            Assert.True(TableDefinitionReader.Read("tables/a.sql", text, problems) is not null || problems.Count > 0);

            var at = 0;
            foreach (var part in SqlParts.Parts(text))
            {
                Assert.Equal(at, part.Start);
                Assert.True(part.End > part.Start);
                at = part.End;
            }

            Assert.Equal(text.Length, at);
        }
    }

    private static TableDefinition Read(string text, string file = "tables/a.sql")
    {
        var problems = new List<Problem>();
        var table = TableDefinitionReader.Read(file, text, problems);
        Assert.Empty(problems);
        return table!;
    }
}
