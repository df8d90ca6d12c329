using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckStatementTests : IDisposable
{
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "1" });
    private readonly DuckConnection _connection;

    public DuckStatementTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Parameters_are_bound_by_position_and_may_be_bound_again()
    {
        using var statement = _connection.Prepare("select ?::INTEGER + ?::INTEGER");

        Assert.Equal(2, statement.ParameterCount);
        Assert.Equal(["1", "2"], [statement.ParameterName(1), statement.ParameterName(2)]);
        Assert.Equal(42, statement.Bind(1, 40).Bind(2, 2).Query().Scalar());
        Assert.Equal(41, statement.Bind(2, 1).Query().Scalar());
        Assert.Null(statement.Bind(2, null).Query().Scalar());
    }

    [Fact]
    public void Parameters_are_bound_by_name()
    {
        using var statement = _connection.Prepare("select $greeting || ', ' || $who || $greeting");

        Assert.Equal(["greeting", "who"], Enumerable.Range(1, statement.ParameterCount).Select(statement.ParameterName).Order());
        Assert.Equal("hello, 世界hello", statement.Bind("who", "世界").Bind("Greeting", "hello").Query().Scalar());
    }

    [Fact]
    public void A_name_that_the_statement_does_not_know_is_refused_with_those_it_knows()
    {
        using var statement = _connection.Prepare("select $day");

        var error = Assert.Throws<ArgumentException>(() => statement.Bind("dya", 1));
        Assert.StartsWith("The statement has no parameter 'dya'. It has: day.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_that_the_statement_does_not_have_is_refused_with_the_engines_text()
    {
        using var statement = _connection.Prepare("select ?");

        Assert.Contains("only has 1 parameter", Assert.Throws<DuckException>(() => statement.Bind(2, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<DuckException>(() => statement.Bind(0, 1));
        Assert.Equal(7, statement.Bind(1, 7).Query().Scalar());
    }

    [Fact]
    public void A_parameter_without_a_value_is_an_error_of_the_run()
    {
        using var statement = _connection.Prepare("select ?::INTEGER");

        Assert.Equal(DuckErrorKind.InvalidInput, Assert.Throws<DuckException>(() => statement.Query()).Kind);
        statement.Bind(1, 1).ClearBindings();
        Assert.Throws<DuckException>(() => statement.Query());
    }

    [Fact]
    public void A_value_of_a_foreign_type_is_refused_by_name()
    {
        using var statement = _connection.Prepare("select ?");

        var foreign = Assert.Throws<ArgumentException>(() => statement.Bind(1, new Version(1, 0)));
        var mixed = Assert.Throws<ArgumentException>(() => statement.Bind(1, new object?[] { 1, "a" }));

        Assert.Contains("System.Version", foreign.Message, StringComparison.Ordinal);
        Assert.Contains("several types: System.Int32, System.String", mixed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decimals_of_different_scales_in_one_list_lose_nothing()
    {
        using var statement = _connection.Prepare("select ?::DECIMAL(20,4)[]");

        Assert.Equal(new object?[] { 1.5m, null, -2.0625m }, statement.Bind(1, new object?[] { 1.5m, null, -2.0625m }).Query().Scalar());
    }

    [Fact]
    public void Columns_are_known_without_running()
    {
        _connection.Execute("create table orders(id bigint, amount decimal(10,2), tags varchar[])");
        _connection.Execute("create sequence runs");

        using var statement = _connection.Prepare(
            "select nextval('runs') as run, sum(amount) as total, {'first': min(id), 'tags': any_value(tags)} as s from orders");

        Assert.Equal(
            ["run BIGINT", "total DECIMAL(38,2)", "s STRUCT(first BIGINT, tags VARCHAR[])"],
            statement.Columns.Select(column => $"{column.Name} {column.Type}"));
        Assert.Equal(1L, _connection.Query("select nextval('runs')").Scalar());
    }

    [Fact]
    public void A_column_that_is_a_bare_parameter_has_no_type_yet()
    {
        using var statement = _connection.Prepare("select ? as p, 1 as one");

        Assert.Equal(DuckTypeId.Unknown, statement.Columns[0].Type.Id);
    }

    [Theory]
    [InlineData("select 1", DuckStatementKind.Select)]
    [InlineData("from t", DuckStatementKind.Select)]
    [InlineData("insert into t values (1)", DuckStatementKind.Insert)]
    [InlineData("update t set a = 2", DuckStatementKind.Update)]
    [InlineData("delete from t", DuckStatementKind.Delete)]
    [InlineData("merge into t using t as s on t.a = s.a when matched then delete", DuckStatementKind.MergeInto)]
    [InlineData("create table u(a integer)", DuckStatementKind.Create)]
    [InlineData("drop table t", DuckStatementKind.Drop)]
    [InlineData("alter table t add column b integer", DuckStatementKind.Alter)]
    [InlineData("copy t to '/dev/null'", DuckStatementKind.Copy)]
    [InlineData("attach ':memory:' as other", DuckStatementKind.Attach)]
    [InlineData("set threads = 1", DuckStatementKind.Set)]
    [InlineData("begin", DuckStatementKind.Transaction)]
    [InlineData("explain select 1", DuckStatementKind.Explain)]
    public void A_statement_tells_its_kind_without_running(string sql, DuckStatementKind kind)
    {
        _connection.Execute("create table t(a integer)");
        using var statement = _connection.Prepare(sql);

        Assert.Equal(kind, statement.Kind);
    }

    [Fact]
    public void A_run_tells_how_many_rows_it_changed()
    {
        _connection.Execute("create table t(a integer)");

        Assert.Equal(100, Run("insert into t from range(100)"));
        Assert.Equal(50, Run("update t set a = 0 where a < 50"));
        Assert.Equal(49, Run("delete from t where a > 50"));
        Assert.Equal(0, Run("select * from t"));
        Assert.Equal(0, Run("create table u(a integer)"));
        Assert.Equal(51, Run("copy t to '/dev/null' (format csv)"));
        using var result = _connection.Query("insert into t values (1), (2) returning a");
        Assert.Equal((0L, 2), (result.RowsChanged, result.Rows().Count()));
    }

    [Fact]
    public void A_result_outlives_its_statement()
    {
        using var result = Query("select range from range(10000)");

        Assert.Equal(10_000, result.Rows().Count());
        Assert.Throws<ObjectDisposedException>(() => result.Fetch());

        DuckResult Query(string sql)
        {
            using var statement = _connection.Prepare(sql);
            return statement.Query();
        }
    }

    [Fact]
    public void A_disposed_statement_cannot_be_used()
    {
        var statement = _connection.Prepare("select ?");
        statement.Dispose();
        statement.Dispose();

        Assert.Throws<ObjectDisposedException>(() => statement.Bind(1, 1));
        Assert.Throws<ObjectDisposedException>(() => statement.Columns);
        Assert.Throws<ObjectDisposedException>(() => statement.Query());
    }

    private long Run(string sql)
    {
        using var statement = _connection.Prepare(sql);
        return statement.Execute();
    }
}
