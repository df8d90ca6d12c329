using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckConnectionTests : IDisposable
{
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "2" });
    private readonly DuckConnection _connection;

    public DuckConnectionTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void The_loaded_library_is_the_pinned_one() => Assert.Equal(DuckDatabase.PinnedVersion, DuckDatabase.Version);

    [Fact]
    public void A_query_gives_its_columns_and_rows()
    {
        using var result = _connection.Query("select range::integer as id, 'row ' || range as name from range(3)");

        Assert.Equal(["id INTEGER", "name VARCHAR"], result.Columns.Select(column => column.ToString()));
        Assert.Equal([[0, "row 0"], [1, "row 1"], [2, "row 2"]], result.Rows());
    }

    [Fact]
    public void A_script_runs_all_its_statements_in_order()
    {
        _connection.Execute("create table t(a integer); insert into t values (1), (2); -- the end\n update t set a = a * 10;");

        Assert.Equal([[10], [20]], _connection.Query("from t order by a").Rows());
    }

    [Fact]
    public void An_empty_script_does_nothing() => _connection.Execute(" -- only a comment\n");

    [Fact]
    public void A_query_of_two_statements_is_refused_with_the_engines_text()
    {
        var error = Assert.Throws<DuckException>(() => _connection.Query("select 1; select 2"));

        Assert.Contains("Cannot prepare multiple statements at once", error.Message, StringComparison.Ordinal);
        Assert.Equal(DuckErrorKind.InvalidInput, error.Kind);
    }

    [Fact]
    public void A_pivot_that_looks_up_its_columns_is_one_query()
    {
        _connection.Execute("create table sales(shop varchar, day integer, amount integer)");
        _connection.Execute("insert into sales values ('a', 1, 10), ('a', 2, 20), ('b', 1, 5)");

        using var result = _connection.Query("pivot sales on day using sum(amount) order by shop");

        Assert.Equal(["shop", "1", "2"], result.Columns.Select(column => column.Name));
        Assert.Equal(2, result.Rows().Count());
    }

    [Fact]
    public void Sql_that_holds_a_nul_is_refused_before_the_engine_sees_half_of_it()
    {
        var error = Assert.Throws<ArgumentException>(() => _connection.Execute("drop table t\0 if exists"));

        Assert.Contains("position 12", error.Message, StringComparison.Ordinal);
    }
}
