using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Project;

/// <summary>Mistakes in SQL and checks are found before anything runs, each with its file and line.</summary>
public sealed class CompileProblemTests
{
    [Theory]
    [InlineData("unknown-relation", 2, "SELECT 1 AS x\nFROM ordrs", "orders")]
    [InlineData("unknown-variable", 2, "SELECT 1 AS x FROM orders\nWHERE amount > @leest", "@leest")]
    [InlineData("sql-syntax", 2, "SELECT 1 AS x\nFORM orders x y", "")]
    [InlineData("sql-binding", 2, "SELECT id,\n  amuont AS x FROM orders", "amuont")]
    [InlineData("sql-volatile", 1, "SELECT now() AS x FROM orders", "@as_of")]
    [InlineData("sql-volatile", 2, "SELECT 1 AS x,\n random() AS y FROM orders", "random")]
    [InlineData("sql-volatile", 1, "SELECT current_date AS x FROM orders", "current_date")]
    [InlineData("sql-reads-file", 2, "SELECT *\nFROM read_csv('data/a.csv')", "read_csv")]
    [InlineData("column-type", 1, "SELECT id, id AS \"ID\" FROM orders", "named 'id'")]
    [InlineData("column-type", 1, "SELECT INTERVAL 1 DAY AS step FROM orders", "step")]
    public void A_mistake_in_SQL_is_a_problem_with_its_place(string code, int line, string sql, string says)
    {
        using var project = WithOrders().Table("wrong", sql);
        var problem = Assert.Single(project.Problems());
        Assert.Equal((code, "tables/wrong.sql", line), (problem.Code, problem.File, problem.Line));
        Assert.Contains(says, problem.Message);
    }

    [Fact]
    public void A_file_named_in_FROM_is_refused()
    {
        using var project = WithOrders().Table("wrong", "SELECT * FROM 'data/a.csv'");
        Assert.Contains(project.Problems(), p => p.File == "tables/wrong.sql" && p.Line == 1);
    }

    [Fact]
    public void Tables_that_read_each_other_are_named()
    {
        using var project = WithOrders().Table("a", "SELECT * FROM b").Table("b", "SELECT * FROM c").Table("c", "SELECT * FROM a");
        var problem = Assert.Single(project.Problems());
        Assert.Equal("cycle", problem.Code);
        Assert.Contains("a reads b reads c reads a", string.Join(' ', problem.Message, problem.Message));
    }

    [Fact]
    public void A_check_that_names_no_column_is_a_problem_on_its_line()
    {
        using var project = WithOrders().Table("t", "/*---\nchecks:\n  - not_null: [id]\n  - unique: [idd]\n---*/\nSELECT id FROM orders");
        var problem = Assert.Single(project.Problems());
        Assert.Equal(("unknown-column", "tables/t.sql", 4), (problem.Code, problem.File, problem.Line));
        Assert.Contains("id", problem.Message);
    }

    [Theory]
    [InlineData("expression: idd > 0")]
    [InlineData("expression: id >")]
    [InlineData("expression: sum(id) > 0")]
    [InlineData("in_set: {column: id, values: [a, b]}")]
    [InlineData("between: {column: day, min: tomorrow}")]
    public void A_check_that_cannot_be_asked_is_a_problem_on_its_line(string check)
    {
        using var project = WithOrders().Table("t", $"/*---\nchecks:\n  - not_null: [id]\n  - {check}\n---*/\nSELECT id, day FROM orders");
        var problem = Assert.Single(project.Problems());
        Assert.Equal(("check-binding", "tables/t.sql", 4), (problem.Code, problem.File, problem.Line));
    }

    [Theory]
    [InlineData("random() > 0.5", "random")]
    [InlineData("day < now()", "now")]
    [InlineData("id IN (SELECT id FROM orders)", "orders")]
    [InlineData("id IN (SELECT id FROM read_csv('data/a.csv'))", "read_csv")]
    public void An_expression_looks_at_its_row_and_at_nothing_else(string expression, string says)
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,1").Table("t", $"/*---\nchecks:\n  - expression: \"{expression}\"\n---*/\nSELECT id, day FROM orders");
        var problem = Assert.Single(project.Problems());
        Assert.Equal(("check-binding", "tables/t.sql", 3), (problem.Code, problem.File, problem.Line));
        Assert.Contains(says, problem.Message);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        using var project = WithOrders().Table("a", "SELECT nope FROM orders").Table("b", "SELECT now() AS t FROM orders").Table("c", "SELECT * FROM nowhere").Table("d", "SELECT * FROM c");
        Assert.Equal(["tables/a.sql", "tables/b.sql", "tables/c.sql"], project.Problems().Select(p => p.File));
    }

    [Fact]
    public void An_incremental_table_whose_parents_have_no_time_needs_a_start()
    {
        using var project = new SampleProject().Write("sources/orders.yaml", "type: csv\npath: data/*.csv\ncolumns: [{name: day, type: date}]\n")
            .Write("tables/t.sql", "/*---\nkind: incremental\ntime_column: day\n---*/\nSELECT day FROM orders WHERE day >= @start AND day < @end");
        Assert.Equal("no-start", Assert.Single(project.Problems()).Code);
    }

    [Fact]
    public void A_time_column_that_is_no_time_or_is_not_there_is_a_problem()
    {
        using var project = WithOrders()
            .Write("tables/a.sql", "/*---\nkind: incremental\ntime_column: dya\n---*/\nSELECT day FROM orders WHERE day >= @start AND day < @end")
            .Write("tables/b.sql", "/*---\nkind: incremental\ntime_column: id\n---*/\nSELECT id FROM orders WHERE day >= @start AND day < @end");
        Assert.Equal(["unknown-column", "no-time"], project.Problems().Select(p => p.Code));
    }

    [Fact]
    public void A_sum_of_big_integers_is_stored_as_a_decimal_of_38_digits()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,9223372036854775807", "2026-01-01,2,9223372036854775807")
            .Table("t", "SELECT sum(amount) AS amount FROM orders").Table("u", "SELECT amount + 1 AS amount FROM t");
        project.RunWell();
        Assert.Equal(["18446744073709551614|DECIMAL(38,0)"], project.Rows("SELECT amount, typeof(amount) FROM t"));
        Assert.Equal(["18446744073709551615"], project.Rows("SELECT amount FROM u"));
    }

    [Fact]
    public void A_check_on_a_view_that_would_set_rows_aside_is_refused()
    {
        using var project = WithOrders().Table("v", "/*---\nkind: view\nchecks:\n  - between: {column: id, min: 0}\n    on_fail: quarantine\n---*/\nSELECT id FROM orders");
        var problem = Assert.Single(project.Problems());
        Assert.Equal(("view-check", "tables/v.sql", 4), (problem.Code, problem.File, problem.Line));
    }
}
