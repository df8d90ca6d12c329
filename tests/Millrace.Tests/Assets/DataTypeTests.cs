using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class DataTypeTests
{
    /// <summary>Every type text of DuckDB that can be stored, the type to cast to before writing, and the type in Delta's schema.</summary>
    public static TheoryData<string, string, string> Stored => new()
    {
        { "BOOLEAN", "BOOLEAN", "\"boolean\"" },
        { "BOOL", "BOOLEAN", "\"boolean\"" },
        { "LOGICAL", "BOOLEAN", "\"boolean\"" },
        { "TINYINT", "TINYINT", "\"byte\"" },
        { "INT1", "TINYINT", "\"byte\"" },
        { "SMALLINT", "SMALLINT", "\"short\"" },
        { "INT2", "SMALLINT", "\"short\"" },
        { "INT16", "SMALLINT", "\"short\"" },
        { "SHORT", "SMALLINT", "\"short\"" },
        { "UTINYINT", "SMALLINT", "\"short\"" },
        { "UINT8", "SMALLINT", "\"short\"" },
        { "INTEGER", "INTEGER", "\"integer\"" },
        { "INT", "INTEGER", "\"integer\"" },
        { "INT4", "INTEGER", "\"integer\"" },
        { "INT32", "INTEGER", "\"integer\"" },
        { "INTEGRAL", "INTEGER", "\"integer\"" },
        { "SIGNED", "INTEGER", "\"integer\"" },
        { "USMALLINT", "INTEGER", "\"integer\"" },
        { "UINT16", "INTEGER", "\"integer\"" },
        { "BIGINT", "BIGINT", "\"long\"" },
        { "INT8", "BIGINT", "\"long\"" },
        { "INT64", "BIGINT", "\"long\"" },
        { "LONG", "BIGINT", "\"long\"" },
        { "OID", "BIGINT", "\"long\"" },
        { "UINTEGER", "BIGINT", "\"long\"" },
        { "UINT32", "BIGINT", "\"long\"" },
        { "UBIGINT", "DECIMAL(20,0)", "\"decimal(20,0)\"" },
        { "UINT64", "DECIMAL(20,0)", "\"decimal(20,0)\"" },
        { "HUGEINT", "DECIMAL(38,0)", "\"decimal(38,0)\"" },
        { "INT128", "DECIMAL(38,0)", "\"decimal(38,0)\"" },
        { "UHUGEINT", "DECIMAL(38,0)", "\"decimal(38,0)\"" },
        { "UINT128", "DECIMAL(38,0)", "\"decimal(38,0)\"" },
        { "FLOAT", "FLOAT", "\"float\"" },
        { "REAL", "FLOAT", "\"float\"" },
        { "FLOAT4", "FLOAT", "\"float\"" },
        { "DOUBLE", "DOUBLE", "\"double\"" },
        { "FLOAT8", "DOUBLE", "\"double\"" },
        { "DECIMAL", "DECIMAL(18,3)", "\"decimal(18,3)\"" },
        { "DEC", "DECIMAL(18,3)", "\"decimal(18,3)\"" },
        { "NUMERIC", "DECIMAL(18,3)", "\"decimal(18,3)\"" },
        { "DECIMAL(10,2)", "DECIMAL(10,2)", "\"decimal(10,2)\"" },
        { "numeric( 38 , 38 )", "DECIMAL(38,38)", "\"decimal(38,38)\"" },
        { "DECIMAL(4)", "DECIMAL(4,0)", "\"decimal(4,0)\"" },
        { "VARCHAR", "VARCHAR", "\"string\"" },
        { "VARCHAR(20)", "VARCHAR", "\"string\"" },
        { "CHAR", "VARCHAR", "\"string\"" },
        { "BPCHAR", "VARCHAR", "\"string\"" },
        { "NVARCHAR", "VARCHAR", "\"string\"" },
        { "TEXT", "VARCHAR", "\"string\"" },
        { "STRING", "VARCHAR", "\"string\"" },
        { "UUID", "VARCHAR", "\"string\"" },
        { "GUID", "VARCHAR", "\"string\"" },
        { "JSON", "VARCHAR", "\"string\"" },
        { "ENUM('a', 'it''s (b)')", "VARCHAR", "\"string\"" },
        { "BLOB", "BLOB", "\"binary\"" },
        { "BYTEA", "BLOB", "\"binary\"" },
        { "BINARY", "BLOB", "\"binary\"" },
        { "VARBINARY", "BLOB", "\"binary\"" },
        { "DATE", "DATE", "\"date\"" },
        { "TIMESTAMP", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "DATETIME", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "TIMESTAMP_S", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "TIMESTAMP_MS", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "TIMESTAMP_US", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "TIMESTAMP_NS", "TIMESTAMP", "\"timestamp_ntz\"" },
        { "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "\"timestamp\"" },
        { "timestamptz", "TIMESTAMP WITH TIME ZONE", "\"timestamp\"" },
        { "INTEGER[]", "INTEGER[]", """{"type":"array","elementType":"integer","containsNull":true}""" },
        { "UTINYINT[3]", "SMALLINT[]", """{"type":"array","elementType":"short","containsNull":true}""" },
        { "MAP(VARCHAR, DOUBLE)", "MAP(VARCHAR, DOUBLE)", """{"type":"map","keyType":"string","valueType":"double","valueContainsNull":true}""" },
        {
            "STRUCT(a INTEGER, \"b \"\"c\" TIMESTAMP WITH TIME ZONE[])",
            "STRUCT(\"a\" INTEGER, \"b \"\"c\" TIMESTAMP WITH TIME ZONE[])",
            """
            {"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{}},{"name":"b \u0022c","type":{"type":"array","elementType":"timestamp","containsNull":true},"nullable":true,"metadata":{}}]}
            """
        },
    };

    [Theory]
    [MemberData(nameof(Stored))]
    public void A_type_of_DuckDB_maps_to_one_stored_type_and_back(string text, string sql, string delta)
    {
        var type = DataType.Parse(text);
        Assert.Equal(sql, type.Sql);
        Assert.Equal(delta.Trim(), type.Delta.ToJsonString());
        Assert.Equal(type, DataType.Parse(type.Sql));
        Assert.Equal(type, DataType.FromDelta(JsonNode.Parse(delta)!));
        Assert.Equal(type.GetHashCode(), DataType.Parse(text.ToLowerInvariant().Replace("'a'", "'A'", StringComparison.Ordinal)).GetHashCode());
    }

    [Theory]
    [InlineData("TIME", "Cast it, for example to VARCHAR")]
    [InlineData("TIMETZ", "Cast it")]
    [InlineData("TIME WITH TIME ZONE", "Cast it")]
    [InlineData("TIME_NS", "Cast it")]
    [InlineData("INTERVAL", "Cast it")]
    [InlineData("BIT", "Cast it")]
    [InlineData("UNION(num INTEGER, str VARCHAR)", "Cast it")]
    [InlineData("VARIANT", "Cast it")]
    [InlineData("GEOMETRY", "Cast it")]
    [InlineData("BIGNUM", "Cast it")]
    [InlineData("\"NULL\"", "bare NULLs")]
    [InlineData("NULL", "bare NULLs")]
    [InlineData("INTERVAL[]", "Cast it")]
    [InlineData("STRUCT(a TIME)", "Cast it")]
    [InlineData("", "'' is no type")]
    [InlineData("BIGINTT", "'BIGINTT' is no type")]
    [InlineData("INTEGER[", "is no type")]
    [InlineData("INTEGER]", "is no type")]
    [InlineData("INTEGER NOT NULL", "is no type")]
    [InlineData("DECIMAL(", "is no type")]
    [InlineData("DECIMAL(99999999999,2)", "is no type")]
    [InlineData("DECIMAL(39,0)", "DECIMAL(39,0) does not exist")]
    [InlineData("DECIMAL(2,3)", "DECIMAL(2,3) does not exist")]
    [InlineData("STRUCT", "is no type")]
    [InlineData("STRUCT()", "is no type")]
    [InlineData("STRUCT(a)", "is no type")]
    [InlineData("STRUCT(\"a", "is no type")]
    [InlineData("STRUCT(\"a\" INTEGER, \"", "is no type")]
    [InlineData("\"abc", "is no type")]
    [InlineData("MAP(VARCHAR)", "is no type")]
    [InlineData("ENUM('a", "is no type")]
    public void A_type_that_cannot_be_stored_is_refused_with_a_way_out(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => DataType.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_type_nested_without_end_is_refused_instead_of_breaking_the_process()
    {
        Assert.Throws<FormatException>(() => DataType.Parse(string.Concat(Enumerable.Repeat("STRUCT(a ", 100_000))));
        Assert.Throws<FormatException>(() => DataType.Parse("INTEGER" + string.Concat(Enumerable.Repeat("[]", 100_000))));
        Assert.Equal("INTEGER[][][]", DataType.Parse("INTEGER[][][]").Sql);
    }

    [Fact]
    public void What_a_type_can_be_used_for_is_known()
    {
        Assert.Equal(["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"], Stored.Select(s => DataType.Parse((string)s.Data.Item1)).Where(t => t.IsTime).Select(t => t.Sql).Distinct());
        Assert.True(DataType.Parse("DECIMAL(3,1)").IsNumeric);
        Assert.False(DataType.Boolean.IsNumeric);
        Assert.True(DataType.Parse("STRUCT(a MAP(VARCHAR, TIMESTAMP[]))").HasTimestampNtz);
        Assert.False(DataType.Parse("TIMESTAMPTZ[]").HasTimestampNtz);
        Assert.True(DataType.Integer != DataType.Long && DataType.Parse("int") == DataType.Integer);
    }

    [Theory]
    [InlineData("\"interval\"")]
    [InlineData("\"void\"")]
    [InlineData("""{"type":"variant"}""")]
    public void A_Delta_type_of_the_future_is_refused_by_name(string delta) =>
        Assert.Contains("is not supported", Assert.Throws<FormatException>(() => DataType.FromDelta(JsonNode.Parse(delta)!)).Message, StringComparison.Ordinal);
}
