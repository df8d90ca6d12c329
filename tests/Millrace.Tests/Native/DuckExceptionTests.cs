using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckExceptionTests : IDisposable
{
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "1" });
    private readonly DuckConnection _connection;

    public DuckExceptionTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void A_syntax_error_shows_its_line_and_a_caret()
    {
        var error = Assert.Throws<DuckException>(() => _connection.Query("select 1,\n       2\nfrm numbers"));

        Assert.Equal(DuckErrorKind.Parser, error.Kind);
        Assert.Equal("Parser Error: syntax error at or near \"numbers\"\n\nLINE 3: frm numbers\n            ^", error.Message);
        Assert.Equal((3, 23), (error.Line, error.Position));
    }

    [Fact]
    public void A_syntax_error_in_a_script_is_placed_in_the_whole_script()
    {
        const string Script = "create table t(a integer);\r\ninsert into t values (1);\r\nselct 1;";
        var error = Assert.Throws<DuckException>(() => _connection.Execute(Script));

        Assert.Equal(DuckErrorKind.Parser, error.Kind);
        Assert.Equal((3, Script.IndexOf("selct", StringComparison.Ordinal)), (error.Line, error.Position));
    }

    [Fact]
    public void A_name_that_does_not_bind_names_the_candidates_also_in_the_last_statement_of_a_script()
    {
        const string Script = "create table people(first_name varchar, last_name varchar);\nselect frst_name\nfrom people";
        var error = Assert.Throws<DuckException>(() => _connection.Execute(Script));

        Assert.Equal(DuckErrorKind.Binder, error.Kind);
        Assert.Contains("Candidate bindings: \"first_name\"", error.Message, StringComparison.Ordinal);
        Assert.Equal((2, Script.IndexOf("frst_name", StringComparison.Ordinal)), (error.Line, error.Position));
    }

    [Fact]
    public void A_caret_in_the_middle_of_a_long_line_is_placed()
    {
        var columns = string.Join(", ", Enumerable.Range(0, 100).Select(i => $"{i} as column_{i}"));
        var sql = $"select {columns}, nowhere, {new string('1', 200)}";
        var error = Assert.Throws<DuckException>(() => _connection.Query(sql));

        Assert.Contains("LINE 1: ...", error.Message, StringComparison.Ordinal);
        Assert.Equal((1, sql.IndexOf("nowhere", StringComparison.Ordinal)), (error.Line, error.Position));
    }

    [Fact]
    public void A_caret_behind_wide_characters_has_a_line_and_no_position()
    {
        var error = Assert.Throws<DuckException>(() => _connection.Query("select '世界', nowhere"));

        Assert.Equal((1, null), (error.Line, error.Position));
    }

    [Theory]
    [InlineData("from nowhere", DuckErrorKind.Catalog)]
    [InlineData("select 'x'::INTEGER", DuckErrorKind.Conversion)]
    [InlineData("select cast(x as INTEGER) from (values ('1'), ('x')) v(x)", DuckErrorKind.Conversion)]
    [InlineData("select 9223372036854775807 + 1::BIGINT", DuckErrorKind.OutOfRange)]
    [InlineData("from read_csv('/does/not/exist.csv')", DuckErrorKind.IO)]
    [InlineData("set threads = 'many'", DuckErrorKind.InvalidInput)]
    [InlineData("select error('my own words')", DuckErrorKind.InvalidInput)]
    [InlineData("commit", DuckErrorKind.Transaction)]
    [InlineData("from read_csv('s3://bucket/file.csv')", DuckErrorKind.MissingExtension)]
    public void An_error_has_the_kind_that_the_engine_gives_it(string sql, DuckErrorKind kind)
    {
        _connection.Execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false");
        var error = Assert.Throws<DuckException>(() => _connection.Query(sql).Scalar());

        Assert.True(kind == error.Kind, $"{error.Kind}: {error.Message}");
    }

    [Fact]
    public void A_broken_constraint_is_told_by_its_kind()
    {
        _connection.Execute("create table t(id integer primary key); insert into t values (1)");
        var error = Assert.Throws<DuckException>(() => _connection.Execute("insert into t values (1)"));

        Assert.Equal(DuckErrorKind.Constraint, error.Kind);
        Assert.Contains("id: 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_little_memory_without_a_place_to_spill_is_told_by_its_kind()
    {
        _connection.Execute("set memory_limit = '20MB'; set temp_directory = ''");
        var error = Assert.Throws<DuckException>(
            () => _connection.Execute("create table t as select range, repeat('x', 100) from range(10_000_000) order by hash(range)"));

        Assert.Equal(DuckErrorKind.OutOfMemory, error.Kind);
        Assert.Equal(1, _connection.Query("select 1").Scalar());
    }

    [Fact]
    public void What_the_sandbox_forbids_is_told_by_its_kind()
    {
        _connection.Execute("set enable_external_access = false; set lock_configuration = true");

        var forbidden = Assert.Throws<DuckException>(() => _connection.Query("from read_text('/etc/passwd')").Scalar());
        Assert.Equal(DuckErrorKind.Permission, forbidden.Kind);
        Assert.Contains(
            "configuration has been locked",
            Assert.Throws<DuckException>(() => _connection.Execute("set enable_external_access = true")).Message,
            StringComparison.Ordinal);
    }
}
