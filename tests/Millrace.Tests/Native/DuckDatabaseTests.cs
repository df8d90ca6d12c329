using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckDatabaseTests
{
    [Fact]
    public void Settings_are_in_force_from_the_start()
    {
        using var database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "3", ["TimeZone"] = "UTC" });
        using var connection = database.Connect();

        Assert.Equal([[3L, "UTC"]], connection.Query("select current_setting('threads'), current_setting('TimeZone')").Rows());
    }

    [Fact]
    public void A_locked_configuration_still_takes_the_other_settings_of_the_same_call()
    {
        using var database = DuckDatabase.Open(new Dictionary<string, string>
        {
            ["lock_configuration"] = "true", ["enable_external_access"] = "false", ["TimeZone"] = "Europe/Berlin",
        });
        using var connection = database.Connect();

        Assert.Equal("Europe/Berlin", connection.Query("select current_setting('TimeZone')").Scalar());
        Assert.Throws<DuckException>(() => connection.Execute("set threads = 1"));
    }

    [Fact]
    public void A_setting_that_does_not_exist_is_refused_by_name()
    {
        var error = Assert.Throws<DuckException>(() => DuckDatabase.Open(new Dictionary<string, string> { ["thraeds"] = "3" }));

        Assert.Contains("thraeds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_does_not_take_its_value_is_refused_by_name_and_value()
    {
        var error = Assert.Throws<DuckException>(() => DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "many" }));

        Assert.Equal(DuckErrorKind.Settings, error.Kind);
        Assert.Equal("The engine does not take 'many' for the setting 'threads'.", error.Message);
    }

    [Fact]
    public void Two_databases_share_nothing_and_two_connections_share_tables()
    {
        using var first = DuckDatabase.Open();
        using var second = DuckDatabase.Open();
        using var a = first.Connect();
        using var b = first.Connect();
        using var c = second.Connect();
        a.Execute("create table t as select 42 as v");

        Assert.Equal(42, b.Query("from t").Scalar());
        Assert.Equal(DuckErrorKind.Catalog, Assert.Throws<DuckException>(() => c.Query("from t")).Kind);
    }

    [Fact]
    public void A_database_lives_as_long_as_its_last_connection_statement_or_result()
    {
        var database = DuckDatabase.Open();
        var connection = database.Connect();
        var statement = connection.Prepare("select range from range(5000)");
        database.Dispose();
        connection.Dispose();
        using var result = statement.Query();
        statement.Dispose();

        Assert.Equal(5000, result.Rows().Count());
    }

    [Fact]
    public void What_is_disposed_cannot_be_used_and_may_be_disposed_again()
    {
        var database = DuckDatabase.Open();
        var connection = database.Connect();
        connection.Dispose();
        connection.Dispose();
        database.Dispose();
        database.Dispose();

        Assert.Throws<ObjectDisposedException>(() => database.Connect());
        Assert.Throws<ObjectDisposedException>(() => connection.Execute("select 1"));
        Assert.Throws<ObjectDisposedException>(() => connection.Query("select 1"));
        Assert.Throws<ObjectDisposedException>(() => connection.Prepare("select 1"));
        Assert.Throws<ObjectDisposedException>(() => connection.Appender("t"));
        Assert.Throws<ObjectDisposedException>(() => connection.Progress);
        Assert.Throws<ObjectDisposedException>(connection.Interrupt);
    }
}
