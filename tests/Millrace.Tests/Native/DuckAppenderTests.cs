using System.Globalization;
using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckAppenderTests : IDisposable
{
    private const int Million = 1_000_000;
    private readonly DuckDatabase _database = DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "2" });
    private readonly DuckConnection _connection;

    public DuckAppenderTests() => _connection = _database.Connect();

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void A_million_rows_are_appended_by_row()
    {
        _connection.Execute("create table t(id bigint, price double, name varchar, day date, moment timestamp)");
        using (var appender = _connection.Appender("t"))
        {
            for (var i = 0; i < Million; i++)
            {
                appender.Append((long)i).Append(i * 0.5).Append(i % 2 == 0 ? "an even number of rows" : null)
                    .Append(new DateOnly(2024, 1, 1)).Append(new DateTime(2024, 1, 1, 12, 0, 0)).EndRow();
            }

            appender.Close();
        }

        Assert.Equal(
            "1000000 | 499999500000 | 249999750000 | 500000 | 2024-01-01 | 2024-01-01 12:00:00",
            Text("select concat_ws(' | ', count(*), sum(id), sum(price)::BIGINT, count(name), max(day), max(moment)) from t"));
    }

    [Fact]
    public void A_million_rows_are_appended_by_chunk()
    {
        _connection.Execute("create table t(id bigint, price double, name varchar, data blob, vec float[])");
        using (var appender = _connection.Appender("t"))
        using (var chunk = appender.Chunk())
        {
            for (var start = 0; start < Million; start += DuckChunkWriter.Capacity)
            {
                var rows = Math.Min(DuckChunkWriter.Capacity, Million - start);
                var id = chunk.Values<long>(0);
                var price = chunk.Values<double>(1);
                for (var row = 0; row < rows; row++)
                {
                    id[row] = start + row;
                    price[row] = (start + row) * 0.5;
                    chunk.SetText(2, row, row % 2 == 0 ? "an even number of rows" : null);
                    chunk.SetBytes(3, row, [(byte)row, 0]);
                    chunk.ListValues<float>(4, row, row % 3).Fill(1f);
                }

                chunk.Flush(rows);
            }

            appender.Close();
        }

        Assert.Equal(
            "1000000 | 499999500000 | 249999750000 | 500000 | 2",
            Text("select concat_ws(' | ', count(*), sum(id), sum(price)::BIGINT, count(name), max(octet_length(data))) from t"));
        Assert.Equal("0 | 2 | 1.0", Text("select concat_ws(' | ', min(len(vec)), max(len(vec)), min(list_min(vec))) from t"));
    }

    [Fact]
    public void A_chunk_is_empty_again_after_it_was_flushed()
    {
        _connection.Execute("create table t(a integer, b varchar)");
        using var appender = _connection.Appender("t");
        using var chunk = appender.Chunk();

        chunk.SetNull(0, 0);
        chunk.SetUtf8(1, 0, "text that is longer than twelve bytes"u8);
        chunk.Flush(1);
        chunk.Values<int>(0)[0] = 5;
        chunk.SetText(1, 0, "");
        chunk.Flush(1);
        appender.Close();

        Assert.Equal([[null, "text that is longer than twelve bytes"], [5, ""]], _connection.Query("from t").Rows());
    }

    [Fact]
    public void A_chunk_refuses_what_the_column_does_not_hold()
    {
        _connection.Execute("create table t(a integer, b varchar)");
        using var appender = _connection.Appender("t");
        using var chunk = appender.Chunk();

        Assert.Throws<InvalidOperationException>(() => chunk.Values<long>(0).Length);
        Assert.Throws<InvalidOperationException>(() => chunk.Values<Int128>(1).Length);
        Assert.Throws<InvalidOperationException>(() => chunk.SetText(0, 0, "text"));
        Assert.Throws<ArgumentException>(() => chunk.SetUtf8(1, 0, [0xFF]));
        Assert.Throws<ArgumentOutOfRangeException>(() => chunk.SetText(1, DuckChunkWriter.Capacity, "text"));
    }

    [Fact]
    public void A_broken_constraint_is_reported_with_the_engines_text()
    {
        _connection.Execute("create table t(id integer primary key, name varchar not null)");
        using var appender = _connection.Appender("t");
        appender.Append(1).Append("one").EndRow();
        appender.Append(1).Append("one again").EndRow();

        var error = Assert.Throws<DuckException>(appender.Close);

        Assert.Equal(DuckErrorKind.Constraint, error.Kind);
        Assert.Contains("duplicate", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0L, _connection.Query("select count(*) from t").Scalar());
    }

    [Fact]
    public void A_value_that_does_not_fit_its_column_is_an_error_also_for_decimals()
    {
        _connection.Execute("create table t(small tinyint, price decimal(4,2))");
        using var appender = _connection.Appender("t");

        Assert.Throws<DuckException>(() => appender.Append(1000));
        appender.Append(1);
        Assert.Throws<DuckException>(() => appender.Append(1000));
        Assert.Throws<DuckException>(() => appender.Append(1000.0));
        appender.Append(12.34).EndRow();
        appender.Append(2).Append(56.78m).EndRow();
        appender.Close();

        Assert.Equal([[(sbyte)1, 12.34m], [(sbyte)2, 56.78m]], _connection.Query("from t").Rows());
    }

    [Fact]
    public void A_column_that_is_left_out_takes_its_default()
    {
        _connection.Execute("create table t(a integer, b varchar default 'none')");
        using var appender = _connection.Appender("t");
        appender.Append(1).AppendDefault().EndRow();
        appender.Close();

        Assert.Equal([[1, "none"]], _connection.Query("from t").Rows());
    }

    [Fact]
    public void A_row_that_is_not_complete_is_an_error()
    {
        _connection.Execute("create table t(a integer, b integer)");
        using var appender = _connection.Appender("t");
        appender.Append(1);

        Assert.Contains("before all columns", Assert.Throws<DuckException>(appender.EndRow).Message, StringComparison.Ordinal);
        Assert.Throws<DuckException>(appender.Close);
    }

    [Fact]
    public void An_appender_that_is_disposed_without_close_drops_what_it_holds()
    {
        _connection.Execute("create table t(a integer)");
        using (var appender = _connection.Appender("t"))
        {
            appender.Append(1).EndRow();
            appender.Flush();
            appender.Append(2).EndRow();
        }

        Assert.Equal([[1]], _connection.Query("from t").Rows());
    }

    [Fact]
    public void A_table_of_a_schema_is_found_and_a_missing_one_is_named()
    {
        _connection.Execute("create schema s; create table s.\"odd name\"(a ubigint)");
        using (var appender = _connection.Appender("odd name", "s"))
        {
            appender.Append(ulong.MaxValue).EndRow();
            appender.Close();
            Assert.Throws<ObjectDisposedException>(() => appender.Append(1));
        }

        Assert.Equal(ulong.MaxValue, _connection.Query("from s.\"odd name\"").Scalar());
        var error = Assert.Throws<DuckException>(() => _connection.Appender("nowhere"));
        Assert.Equal(DuckErrorKind.Catalog, error.Kind);
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    private string? Text(string sql) => Convert.ToString(_connection.Query(sql).Scalar(), CultureInfo.InvariantCulture);
}
