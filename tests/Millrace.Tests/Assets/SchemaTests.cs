using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class SchemaTests
{
    private static readonly Schema Sample = new(
    [
        new Column("id", DataType.Long, false),
        new Column("Größe", DataType.Decimal(10, 2)),
        new Column("tags", DataType.Array(DataType.Struct([new Column("a", DataType.String, false)]), false)),
        new Column("seen", DataType.Map(DataType.String, DataType.TimestampNtz, false)),
    ]);

    [Fact]
    public void A_schema_survives_the_way_through_Delta()
    {
        var read = Schema.FromDelta(Sample.ToDelta());
        Assert.Equal(Sample, read);
        Assert.Equal(Sample.GetHashCode(), read.GetHashCode());
        Assert.Equal(Sample.ToDelta(), read.ToDelta());
    }

    [Fact]
    public void A_schema_that_Spark_wrote_is_read()
    {
        var schema = Schema.FromDelta("""{"type":"struct","fields":[{"name":"a","type":"integer","nullable":false,"metadata":{"comment":"x"}},{"name":"b","type":{"type":"array","elementType":"decimal(5,1)","containsNull":false},"nullable":true,"metadata":{}}]}""");
        Assert.Equal("a INTEGER NOT NULL, b DECIMAL(5,1)[]", schema.ToString());
    }

    [Fact]
    public void Columns_are_found_without_regard_to_case()
    {
        Assert.Equal("id", Sample.Find("ID")?.Name);
        Assert.Null(Sample.Find("nothing"));
        Assert.Equal(["id", "Größe", "tags", "seen"], Sample.Names);
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused() =>
        Assert.Contains(
            "Two columns are named",
            Assert.Throws<FormatException>(() => new Schema([new Column("a", DataType.Long), new Column("A", DataType.Long)])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Names_and_texts_are_quoted_as_sql_wants()
    {
        Assert.Equal("\"a\"\"b\"", SqlName.Quote("a\"b"));
        Assert.Equal("\"sales\".\"orders\"", SqlName.QuoteRelation("sales.orders"));
        Assert.Equal("'it''s'", SqlName.Text("it's"));
    }
}
