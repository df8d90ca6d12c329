using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckTypeTests : IDisposable
{
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "1" });
    private readonly DuckConnection _connection;

    public DuckTypeTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Theory]
    [InlineData("BOOLEAN")]
    [InlineData("UTINYINT")]
    [InlineData("HUGEINT")]
    [InlineData("UHUGEINT")]
    [InlineData("DECIMAL(10,2)")]
    [InlineData("DECIMAL(38,38)")]
    [InlineData("VARCHAR")]
    [InlineData("BLOB")]
    [InlineData("BIT")]
    [InlineData("BIGNUM")]
    [InlineData("JSON")]
    [InlineData("TIMESTAMP")]
    [InlineData("TIMESTAMP_S")]
    [InlineData("TIMESTAMP_MS")]
    [InlineData("TIMESTAMP_NS")]
    [InlineData("TIMESTAMP WITH TIME ZONE")]
    [InlineData("TIME")]
    [InlineData("TIME_NS")]
    [InlineData("TIME WITH TIME ZONE")]
    [InlineData("INTERVAL")]
    [InlineData("UUID")]
    [InlineData("ENUM('low', 'it''s', 'hoch')")]
    [InlineData("INTEGER[]")]
    [InlineData("FLOAT[3]")]
    [InlineData("STRUCT(a INTEGER, b VARCHAR[])")]
    [InlineData("STRUCT(\"a b\" INTEGER, \"select\" DATE)")]
    [InlineData("MAP(VARCHAR, STRUCT(x DOUBLE)[])")]
    [InlineData("UNION(i INTEGER, s VARCHAR)")]
    public void A_type_is_written_as_the_engine_writes_it(string sql)
    {
        using var result = _connection.Query($"select null::{sql} as v, typeof(null::{sql}) as t");

        var type = result.Columns[0].Type;
        Assert.Equal(sql, type.ToString());
        Assert.Equal(sql, Assert.Single(result.Rows())[1]);
    }

    [Fact]
    public void A_type_tells_what_is_inside_it()
    {
        using var statement = _connection.Prepare(
            "select null::STRUCT(amount DECIMAL(12,3), tags MAP(VARCHAR, INTEGER[]), kind ENUM('a', 'b'))");
        var fields = statement.Columns[0].Type.Fields;

        Assert.Equal((12, 3), (fields[0].Type.Width, fields[0].Type.Scale));
        Assert.Equal(DuckType.Of(DuckTypeId.Varchar), fields[1].Type.Key);
        Assert.Equal(DuckType.Of(DuckTypeId.Integer), fields[1].Type.Value?.Child);
        Assert.Equal(["a", "b"], fields[2].Type.EnumValues);
    }

    [Fact]
    public void Types_are_equal_when_sql_cannot_tell_them_apart()
    {
        using var statement = _connection.Prepare(
            "select null::DECIMAL(10,2)[], null::NUMERIC(10,2)[], null::DECIMAL(10,3)[], null::JSON, ''");
        var types = statement.Columns.Select(column => column.Type).ToList();

        Assert.Equal(types[0], types[1]);
        Assert.Equal(types[0].GetHashCode(), types[1].GetHashCode());
        Assert.NotEqual(types[0], types[2]);
        Assert.NotEqual(types[3], types[4]);
    }

    [Fact]
    public void Every_keyword_of_the_engine_can_name_a_column_once_it_is_quoted()
    {
        var words = _connection.Query("select distinct keyword_name from duckdb_keywords()").Rows().Select(row => (string)row[0]!).ToList();

        _connection.Execute($"create table keywords({string.Join(", ", words.Select(word => $"{DuckIdentifier.Quote(word)} INTEGER"))})");
        using var statement = _connection.Prepare($"select {string.Join(", ", words.Select(DuckIdentifier.Quote))} from keywords");

        Assert.Equal(words, statement.Columns.Select(column => column.Name));
    }
}
