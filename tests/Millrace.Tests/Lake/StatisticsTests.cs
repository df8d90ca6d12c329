using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Tests.Lake;

public sealed class StatisticsTests : LakeTestBase
{
    [Theory]
    [InlineData("BIGINT", "unnest([3, NULL, -5])", "-5", "3", 1)]
    [InlineData("DOUBLE", "unnest([1.5, -2e-300])", "-2e-300", "1.5", 0)]
    [InlineData("DOUBLE", "unnest([1.5, 'nan'::DOUBLE])", null, null, 0)]
    [InlineData("DOUBLE", "unnest([1.5, 'infinity'::DOUBLE])", "1.5", null, 0)]
    [InlineData("DOUBLE", "unnest([0.0, -0.0::DOUBLE])", "-0.0", "0.0", 0)]
    [InlineData("FLOAT", "unnest([0.25::FLOAT, 0.5::FLOAT])", "0.25", "0.5", 0)]
    [InlineData("DECIMAL(38,5)", "unnest([-12345678901234567890123456789012.12345::DECIMAL(38,5), 0])", "-12345678901234567890123456789012.12345", "0.00000", 0)]
    [InlineData("BOOLEAN", "unnest([true, false, NULL])", null, null, 1)]
    [InlineData("BLOB", "'\\x01'::BLOB", null, null, 0)]
    [InlineData("VARCHAR", "unnest(['b', 'é', ''])", "\"\"", "\"é\"", 0)]
    [InlineData("DATE", "unnest([DATE '0001-01-01', DATE '2026-01-01'])", "\"0001-01-01\"", "\"2026-01-01\"", 0)]
    [InlineData("DATE", "unnest([DATE 'infinity', DATE '2026-01-01'])", "\"2026-01-01\"", null, 0)]
    [InlineData("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'", "\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:00.000Z\"", 0)]
    [InlineData("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ '2026-01-01 10:00:00+00'", "\"2026-01-01T10:00:00.000Z\"", "\"2026-01-01T10:00:00.000Z\"", 0)]
    [InlineData("TIMESTAMP", "TIMESTAMP '2026-01-01 10:00:00.123456'", "\"2026-01-01T10:00:00.123\"", "\"2026-01-01T10:00:00.124\"", 0)]
    [InlineData("TIMESTAMP", "unnest([TIMESTAMP '-infinity', TIMESTAMP '20000-01-01'])", null, null, 0)]
    [InlineData("INTEGER", "NULL", null, null, 1)]
    public void Bounds_in_the_log_are_those_of_the_protocol(string type, string values, string? min, string? max, long nulls)
    {
        var stats = Stats($"SELECT {values} AS \"a.b \"\"c\"\" ☃\"", new Column("a.b \"c\" ☃", DataType.Parse(type)));
        Assert.Equal(min, stats.Min?.ToJsonString(Plain));
        Assert.Equal(max, stats.Max?.ToJsonString(Plain));
        Assert.Equal(nulls, (long?)stats.Nulls);
    }

    [Fact]
    public void A_long_text_is_cut_and_its_upper_bound_raised()
    {
        var stats = Stats("SELECT repeat('z', 300) AS a UNION ALL SELECT repeat('a', 300)", new Column("a", DataType.String));
        Assert.Equal(new string('a', 32), (string)stats.Min!);
        Assert.Equal(new string('z', 32) + "\U0010FFFF", (string)stats.Max!);
    }

    [Theory]
    [InlineData("repeat('é', 300)")]
    [InlineData("'a' || repeat('é', 130)")]
    [InlineData("repeat('😀', 40)")]
    [InlineData("repeat(chr(1114111), 40)")]
    [InlineData("repeat('a', 255) || 'é'")]
    [InlineData("repeat('z', 256)")]
    [InlineData("'x' || chr(0) || 'y'")]
    public void A_bound_of_any_text_holds_and_is_whole_text(string value)
    {
        var stats = Stats($"SELECT {value} AS a", new Column("a", DataType.String));
        var text = (string)Connection.Query($"SELECT {value}").Scalar()!;
        if (stats.Min is not null)
            Assert.True(Utf8((string)stats.Min!).AsSpan().SequenceCompareTo(Utf8(text)) <= 0);
        if (stats.Max is not null)
            Assert.True(Utf8((string)stats.Max!).AsSpan().SequenceCompareTo(Utf8(text)) >= 0);
        Assert.DoesNotContain('\uFFFD', stats.Min?.ToJsonString(Plain) + stats.Max?.ToJsonString(Plain));
    }

    [Fact]
    public void Nested_columns_have_bounds_for_fields_and_none_for_elements()
    {
        var schema = Columns("s STRUCT(x INTEGER, y STRUCT(z VARCHAR)); l INTEGER[]; m MAP(VARCHAR, INTEGER); ls STRUCT(p INTEGER)[]; b BIGINT");
        var staged = Stage("SELECT {'x': 1, 'y': {'z': 'q'}} AS s, [5, 6] AS l, MAP {'k': 7} AS m, [{'p': 8}] AS ls, 9 AS b UNION ALL SELECT NULL, NULL, NULL, NULL, NULL", schema);
        Assert.Equal(
            """{"numRecords":2,"minValues":{"s":{"x":1,"y":{"z":"q"}},"b":9},"maxValues":{"s":{"x":1,"y":{"z":"q"}},"b":9},"nullCount":{"s":{"x":1,"y":{"z":1}},"b":1}}""",
            staged.Files[0].Stats);
    }

    [Fact]
    public void Only_the_first_32_leaves_have_bounds_and_the_time_column()
    {
        var schema = new Schema([.. Enumerable.Range(0, 40).Select(i => new Column($"c{i}", DataType.Date))]);
        var select = "SELECT " + string.Join(", ", Enumerable.Range(0, 40).Select(i => $"DATE '2026-01-01' AS c{i}"));
        var names = JsonNode.Parse(Stage(select, schema, o => o with { TimeColumn = "C38" }).Files[0].Stats!)!["minValues"]!.AsObject().Select(p => p.Key);
        Assert.Equal([.. Enumerable.Range(0, 32).Select(i => $"c{i}"), "c38"], names);
    }

    [Fact]
    public void Staged_rows_tell_exact_statistics_over_all_files()
    {
        var schema = Columns("a BIGINT; t TIMESTAMP; s VARCHAR; n DOUBLE; d DECIMAL(10,2); e INTEGER");
        var staged = Stage(
            """
            SELECT i AS a, TIMESTAMP '2026-01-01 00:00:00.000001' + to_seconds(i) AS t, hash(i)::VARCHAR AS s, 'nan'::DOUBLE AS n,
                (i - 1000)::DECIMAL(10,2) / 4 AS d, CASE WHEN i < 3 THEN i END AS e
            FROM range(400000) r(i)
            """, schema, o => o with { TargetFileBytes = 1 << 20 });
        Assert.True(staged.Files.Count > 1);
        Assert.Equal((0L, "0", "399999"), Tuple("A"));
        Assert.Equal((0L, "2026-01-01 00:00:00.000001", "2026-01-05 15:06:39.000001"), Tuple("t"));
        Assert.Equal((0L, null, null), Tuple("n"));
        Assert.Equal((0L, "-250.00", "99749.75"), Tuple("d"));
        Assert.Equal(399_997, Tuple("e").Nulls);
        Assert.NotNull(staged.Statistics("s").Min);
        Assert.Null(staged.Statistics("s").Max);
        Assert.Throws<ArgumentException>(() => staged.Statistics("x"));

        (long? Nulls, string? Min, string? Max) Tuple(string column) => (staged.Statistics(column).NullCount, staged.Statistics(column).Min, staged.Statistics(column).Max);
    }

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private (JsonNode? Min, JsonNode? Max, JsonNode? Nulls) Stats(string select, Column column)
    {
        var stats = JsonNode.Parse(Stage(select, new Schema([column])).Files[0].Stats!)!;
        return (stats["minValues"]![column.Name], stats["maxValues"]![column.Name], stats["nullCount"]![column.Name]);
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
