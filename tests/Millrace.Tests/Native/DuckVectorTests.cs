using System.Collections;
using System.Globalization;
using System.Numerics;
using Millrace.Native;

namespace Millrace.Tests.Native;

public sealed class DuckVectorTests : IDisposable
{
    private static readonly Guid SomeId = Guid.Parse("f47ac10b-58cc-4372-a567-0e02b2c3d479");
    private static readonly DateTime Epoch = new(1970, 1, 1);
    private static readonly BigInteger Huge = BigInteger.Pow(2, 127) - 1;

    /// <summary>An expression of SQL, and the value that it has in C#.</summary>
    private static readonly Dictionary<string, object?> Known = new()
    {
        ["true"] = true,
        ["(-128)::TINYINT"] = sbyte.MinValue,
        ["(-32768)::SMALLINT"] = short.MinValue,
        ["(-2147483648)::INTEGER"] = int.MinValue,
        ["9223372036854775807::BIGINT"] = long.MaxValue,
        ["255::UTINYINT"] = byte.MaxValue,
        ["65535::USMALLINT"] = ushort.MaxValue,
        ["4294967295::UINTEGER"] = uint.MaxValue,
        ["18446744073709551615::UBIGINT"] = ulong.MaxValue,
        ["170141183460469231731687303715884105727::HUGEINT"] = Huge,
        ["(-170141183460469231731687303715884105728)::HUGEINT"] = -Huge - 1,
        ["340282366920938463463374607431768211455::UHUGEINT"] = (BigInteger)UInt128.MaxValue,
        ["1.5::FLOAT"] = 1.5f,
        ["'nan'::DOUBLE"] = double.NaN,
        ["(-1e300)::DOUBLE"] = -1e300,
        ["(-12.34)::DECIMAL(4,2)"] = -12.34m,
        ["1234567.89::DECIMAL(9,2)"] = 1234567.89m,
        ["123456789012.345678::DECIMAL(18,6)"] = 123456789012.345678m,
        ["(-1234567890123456789012345678.9)::DECIMAL(38,1)"] = -1234567890123456789012345678.9m,
        ["0::DECIMAL(38,10)"] = 0.0000000000m,
        ["99999999999999999999999999999999999999::DECIMAL(38,0)"] = "99999999999999999999999999999999999999",
        ["(-0.00000000000000000000000000000000000001)::DECIMAL(38,38)"] = "-0.00000000000000000000000000000000000001",
        ["''"] = "",
        ["'twelve bytes'"] = "twelve bytes",
        ["'thirteen byte'"] = "thirteen byte",
        ["'grüße, 世界 and 🦆, longer than inline'"] = "grüße, 世界 and 🦆, longer than inline",
        ["'a' || chr(0) || 'b'"] = "a\0b",
        ["'\\x00\\xFF'::BLOB"] = new byte[] { 0, 255 },
        ["''::BLOB"] = Array.Empty<byte>(),
        ["repeat('x', 100000)"] = new string('x', 100_000),
        ["DATE '2024-02-29'"] = new DateOnly(2024, 2, 29),
        ["DATE '0001-01-01'"] = DateOnly.MinValue,
        ["DATE '9999-12-31'"] = DateOnly.MaxValue,
        ["TIME '23:59:59.999999'"] = new TimeOnly(23, 59, 59).Add(TimeSpan.FromMicroseconds(999_999)),
        ["TIMESTAMP '2024-02-29 12:34:56.789012'"] = new DateTime(2024, 2, 29, 12, 34, 56).AddMicroseconds(789_012),
        ["TIMESTAMP '1969-12-31 23:59:59.999999'"] = Epoch.AddMicroseconds(-1),
        ["TIMESTAMP '0001-01-01 00:00:00'"] = DateTime.MinValue,
        ["'1969-12-31 23:59:59'::TIMESTAMP_S"] = Epoch.AddSeconds(-1),
        ["'1969-12-31 23:59:59.999'::TIMESTAMP_MS"] = Epoch.AddMilliseconds(-1),
        ["'1969-12-31 23:59:59.999999'::TIMESTAMP_NS"] = Epoch.AddMicroseconds(-1),
        ["TIMESTAMPTZ '2024-02-29 12:34:56+02'"] = new DateTimeOffset(2024, 2, 29, 10, 34, 56, TimeSpan.Zero),
        ["INTERVAL '14 months 3 days 4 seconds'"] = new DuckInterval(14, 3, 4_000_000),
        ["'f47ac10b-58cc-4372-a567-0e02b2c3d479'::UUID"] = SomeId,
        ["'00000000-0000-0000-0000-000000000001'::UUID"] = Guid.Parse("00000000-0000-0000-0000-000000000001"),
        ["'two'::ENUM('one', 'two')"] = "two",
        ["[1, NULL, 3]::INTEGER[]"] = new object?[] { 1, null, 3 },
        ["[]::INTEGER[]"] = Array.Empty<object?>(),
        ["[1.5, 2.25]::DECIMAL(5,2)[]"] = new object?[] { 1.50m, 2.25m },
        ["[['a'], [], NULL, ['b', NULL]]::VARCHAR[][]"] =
            new object?[] { new object?[] { "a" }, Array.Empty<object?>(), null, new object?[] { "b", null } },
        ["[1, 2, 3]::FLOAT[3]"] = new object?[] { 1f, 2f, 3f },
        ["{'a': 1, 'b': ['x', 'y'], 'c': {'d': NULL::DATE}}"] = new Dictionary<string, object?>
        {
            ["a"] = 1, ["b"] = new object?[] { "x", "y" }, ["c"] = new Dictionary<string, object?> { ["d"] = null },
        },
        ["MAP {'k1': 1, 'k2': NULL}"] = new List<KeyValuePair<object?, object?>> { new("k1", 1), new("k2", null) },
        ["[{'a': MAP {1: [TRUE]}}]"] = new object?[]
        {
            new Dictionary<string, object?> { ["a"] = new List<KeyValuePair<object?, object?>> { new(1, new object?[] { true }) } },
        },
    };

    /// <summary>Values that come out as text, because C# has no type that holds them.</summary>
    private static readonly string[] AsText =
    [
        "DATE 'infinity'", "DATE '-infinity'", "TIMESTAMP 'infinity'", "TIMESTAMPTZ '-infinity'", "'infinity'::TIMESTAMP_NS",
        "DATE '12024-02-29'", "DATE '0044-03-15 (BC)'", "DATE '-4712-01-01'", "TIMESTAMP '12024-02-29 01:02:03.5'",
        "TIMESTAMP '0044-03-15 (BC) 06:07:08'", "TIMESTAMPTZ '12024-02-29 01:02:03+00'", "TIME '24:00:00'",
        "TIMETZ '01:02:03.25+05:30'", "TIMETZ '01:02:03-08'", "TIMETZ '23:59:59.999999+15:59:59'",
        "'10110'::BIT", "'1'::BIT", "'0000000011111111'::BIT",
    ];

    private readonly DuckDatabase _database =
        DuckDatabase.Open(new Dictionary<string, string> { ["threads"] = "1", ["TimeZone"] = "UTC" });

    private readonly DuckConnection _connection;

    public DuckVectorTests() => _connection = _database.Connect();

    public static TheoryData<string> KnownExpressions => [.. Known.Keys];

    public static TheoryData<string> TextExpressions => [.. AsText];

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Theory]
    [MemberData(nameof(KnownExpressions))]
    public void A_value_of_every_type_is_read_as_it_is(string sql) =>
        Assert.Equal(Show(Known[sql]), Show(_connection.Query($"select {sql}").Scalar()));

    [Theory]
    [MemberData(nameof(KnownExpressions))]
    public void A_value_of_every_type_may_be_null_in_some_rows_of_many_chunks(string sql)
    {
        var expected = Show(Known[sql]);
        var rows = sql.StartsWith("repeat", StringComparison.Ordinal) ? 10 : 5_000;
        using var result = _connection.Query($"select v from range({rows}) t(i) left join (select {sql} as v) on i % 3 <> 1 order by i");

        var row = 0;
        foreach (var values in result.Rows())
            Assert.Equal(row++ % 3 == 1 ? "NULL" : expected, Show(values[0]));
        Assert.Equal(rows, row);
    }

    [Theory]
    [MemberData(nameof(KnownExpressions))]
    public void A_value_of_every_type_can_be_bound(string sql)
    {
        using var typed = _connection.Prepare($"select {sql}");
        using var statement = _connection.Prepare($"select ?::{typed.Columns[0].Type}, ? is null");

        Assert.Equal(Show(Known[sql]), Show(statement.Bind(1, Known[sql]).Bind(2, Known[sql]).Query().Scalar()));
    }

    [Theory]
    [MemberData(nameof(KnownExpressions))]
    public void A_value_of_every_type_can_be_appended(string sql)
    {
        _connection.Execute($"create table t as select {sql} as v limit 0");
        using (var appender = _connection.Appender("t"))
        {
            appender.Append(Known[sql]).EndRow();
            appender.AppendNull().EndRow();
            appender.Close();
        }

        Assert.Equal([Show(Known[sql]), "NULL"], _connection.Query("from t").Rows().Select(row => Show(row[0])));
    }

    [Fact]
    public void Nanoseconds_are_cut_to_the_tick_below()
    {
        Assert.Equal(Epoch.AddTicks(1_234_567), _connection.Query("select '1970-01-01 00:00:00.123456789'::TIMESTAMP_NS").Scalar());
        Assert.Equal(Epoch.AddTicks(-1), _connection.Query("select '1969-12-31 23:59:59.999999999'::TIMESTAMP_NS").Scalar());
    }

    [Theory]
    [MemberData(nameof(TextExpressions))]
    public void A_value_that_no_type_here_holds_is_read_as_the_engines_text(string sql)
    {
        var row = Assert.Single(_connection.Query($"select {sql}, ({sql})::VARCHAR").Rows());

        Assert.Equal(row[1], row[0]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("-123456789012345678901234567890123456789012345678901234567890")]
    public void A_number_of_any_length_is_read_as_it_is(string digits) =>
        Assert.Equal(BigInteger.Parse(digits, CultureInfo.InvariantCulture), _connection.Query($"select '{digits}'::BIGNUM").Scalar());

    [Fact]
    public void A_union_gives_the_value_of_the_member_that_is_set()
    {
        using var result = _connection.Query("select u from (values (1::UNION(i INTEGER, s VARCHAR)), ('two'), (null)) v(u)");

        Assert.Equal(["1", "two", "NULL"], result.Rows().Select(row => Show(row[0])));
    }

    [Fact]
    public void A_struct_without_names_is_read_by_position() =>
        Assert.Equal("{1: 1, 2: a}", Show(_connection.Query("select row(1, 'a')").Scalar()));

    [Fact]
    public void A_long_enum_takes_two_bytes_and_is_read_by_word()
    {
        var words = Enumerable.Range(0, 300).Select(i => $"w{i}").ToList();
        _connection.Execute($"create type wide as ENUM({string.Join(", ", words.Select(DuckIdentifier.Literal))})");

        using var result = _connection.Query("select 'w299'::wide");
        using var chunk = result.Fetch()!;

        Assert.Equal(2, chunk[0].Type.PhysicalWidth);
        Assert.Equal("w299", chunk[0].Text(0));
        Assert.Equal(299, chunk[0].Values<ushort>()[0]);
    }

    [Fact]
    public void Values_of_a_fixed_width_are_a_span_of_the_whole_chunk()
    {
        using var result = _connection.Query("select range, (range / 4)::DOUBLE, (range * 1.5)::DECIMAL(9,1) from range(2048)");
        using var chunk = result.Fetch()!;

        Assert.Equal(2048, chunk.Rows);
        Assert.Equal(Enumerable.Range(0, 2048).Select(i => (long)i), chunk[0].Values<long>().ToArray());
        Assert.Equal(511.75, chunk[1].Values<double>()[2047]);
        Assert.Equal(30705, chunk[2].Values<int>()[2047]);
        Assert.False(chunk[0].HasNulls);
    }

    [Fact]
    public void A_span_of_the_wrong_width_is_refused()
    {
        using var result = _connection.Query("select 1::BIGINT");
        using var chunk = result.Fetch()!;

        var error = Assert.Throws<InvalidOperationException>(() => chunk[0].Values<int>().Length);
        Assert.Equal("A value of BIGINT has 8 bytes in the engine's memory, and Int32 has 4.", error.Message);
    }

    [Fact]
    public void A_vector_says_whether_it_holds_nulls()
    {
        using var result = _connection.Query("select range, nullif(range, 69) as n, nullif(range, 99) as m from range(70)");
        using var chunk = result.Fetch()!;

        Assert.Equal([false, true, false], [chunk[0].HasNulls, chunk[1].HasNulls, chunk[2].HasNulls]);
        Assert.True(chunk[1].IsNull(69));
        Assert.False(chunk[1].IsNull(68));
    }

    [Fact]
    public void Text_is_given_as_utf8_bytes_without_copying()
    {
        using var result = _connection.Query("select * from (values ('short'), (null), ('longer than twelve bytes')) v(t)");
        using var chunk = result.Fetch()!;

        Assert.Equal("short"u8.ToArray(), chunk[0].Bytes(0).ToArray());
        Assert.Equal(0, chunk[0].Bytes(1).Length);
        Assert.Equal("longer than twelve bytes"u8.ToArray(), chunk[0].Bytes(2).ToArray());
    }

    [Fact]
    public void Lists_are_ranges_of_one_child_vector()
    {
        using var result = _connection.Query("select * from (values ([1, 2]), (null), ([]), ([3, 4, 5])) v(l)");
        using var chunk = result.Fetch()!;
        var lists = chunk[0];

        var (offset, length) = lists.List(3);
        Assert.Equal([3, 4, 5], lists.ListChild.Values<int>().Slice((int)offset, (int)length).ToArray());
        Assert.Equal((0UL, 0UL), lists.List(1));
        Assert.Equal(0UL, lists.List(2).Length);
    }

    [Fact]
    public void Fields_of_a_struct_are_vectors_of_their_own()
    {
        using var result = _connection.Query("select {'x': range, 'y': 'r' || range} from range(3)");
        using var chunk = result.Fetch()!;

        Assert.Equal([0L, 1L, 2L], chunk[0].StructField(0).Values<long>().ToArray());
        Assert.Equal("r2", chunk[0].StructField(1).Text(2));
    }

    [Fact]
    public void A_variant_says_that_it_must_be_cast()
    {
        var error = Assert.Throws<NotSupportedException>(() => _connection.Query("select 1::VARIANT").Scalar());

        Assert.Contains("VARIANT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_of_a_disposed_chunk_cannot_be_read()
    {
        using var result = _connection.Query("select 1");
        var chunk = result.Fetch()!;
        var column = chunk[0];
        chunk.Dispose();
        chunk.Dispose();

        // A vector lives on the stack, so a lambda cannot hold it.
        try
        {
            column.IsNull(0);
            Assert.Fail("The vector was read after its chunk was disposed.");
        }
        catch (ObjectDisposedException)
        {
        }

        Assert.Throws<ObjectDisposedException>(() => chunk[0].Count);
    }

    /// <summary>A value as text that shows every difference, its type too where that is not plain.</summary>
    private static string Show(object? value) => value switch
    {
        null => "NULL",
        string text => text,
        bool or int or long => value.ToString()!,
        byte[] bytes => $"0x{Convert.ToHexString(bytes)}",
        Dictionary<string, object?> fields => $"{{{string.Join(", ", fields.Select(field => $"{field.Key}: {Show(field.Value)}"))}}}",
        List<KeyValuePair<object?, object?>> map => $"<{string.Join(", ", map.Select(e => $"{Show(e.Key)} = {Show(e.Value)}"))}>",
        IEnumerable elements => $"[{string.Join(", ", elements.Cast<object?>().Select(Show))}]",
        DateTime time => $"{time:O} {time.Kind}",
        DateTimeOffset or TimeOnly => string.Create(CultureInfo.InvariantCulture, $"{value:O}"),
        IFormattable other => $"{other.GetType().Name} {other.ToString(null, CultureInfo.InvariantCulture)}",
        _ => $"{value.GetType().Name} {value}",
    };
}
