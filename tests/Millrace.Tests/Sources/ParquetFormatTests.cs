using Millrace.Native;
using static Millrace.Tests.Sources.SourceFiles;

namespace Millrace.Tests.Sources;

/// <summary>Parquet files have types of their own, which the contract must be able to hold.</summary>
public sealed class ParquetFormatTests
{
    [Fact]
    public void Files_of_different_types_are_read_as_the_contract_says()
    {
        using var project = Source("parquet", "id bigint", "x \"decimal(10,2)\"", "d timestamp", "t varchar");
        Write(project, "a.parquet", "SELECT 1::INTEGER AS id, 1.25::DOUBLE AS x, DATE '2024-02-29' AS d, 'a' AS t");
        Write(project, "b.parquet", "SELECT [1, 2] AS t, TIMESTAMP '2024-01-01 10:00' AS d, 2::UBIGINT AS id, 2.5::DECIMAL(4,1) AS x");
        Assert.Equal((2, 2, 0), Counts(project.RunWell()));
        Assert.Equal(["1|1.25|2024-02-29 00:00|a", "2|2.50|2024-01-01 10:00|[1,2]"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("bigint", "1.5::DOUBLE")]
    [InlineData("integer", "2147483648::BIGINT")]
    [InlineData("double", "9007199254740993::BIGINT")]
    [InlineData("decimal(10,2)", "1.239::DOUBLE")]
    [InlineData("date", "TIMESTAMP '2024-01-01 10:00'")]
    [InlineData("timestamp", "TIMESTAMP_NS '2024-01-01 10:00:00.123456789'")]
    [InlineData("bigint", "'abc'")]
    public void A_value_that_the_type_cannot_hold_goes_aside_with_the_rows_number(string type, string value)
    {
        using var project = Source("parquet", "id bigint", $"x \"{type}\"");
        Write(project, "a.parquet", $"SELECT * FROM (VALUES (1, NULL), (2, {value}), (3, NULL)) AS t(id, x)");
        Assert.Equal((3, 2, 1), Counts(project.RunWell()));
        Assert.StartsWith("data/a.parquet:2: x holds '", Assert.Single(project.Aside()));
    }

    [Theory]
    [InlineData("bigint", "[1]")]
    [InlineData("bigint", "true")]
    [InlineData("timestamptz", "TIMESTAMP '2024-01-01'")]
    [InlineData("timestamp", "TIMESTAMPTZ '2024-01-01 00:00:00+00'")]
    public void A_column_whose_type_can_never_fit_is_refused_by_name(string type, string value)
    {
        using var project = Source("parquet", "id bigint", $"x {type}");
        Write(project, "a.parquet", $"SELECT 1 AS id, {value} AS x");
        var message = project.Refusal();
        Assert.Contains("'x'", message);
        Assert.Contains("data/a.parquet", message);
    }

    [Fact]
    public void A_rule_that_sets_a_row_aside_says_the_rows_number()
    {
        using var project = SourceWith("parquet", "checks:\n  - between: {column: id, min: 0}\n    on_fail: quarantine", "id bigint");
        Write(project, "a.parquet", "SELECT i - 1 AS id FROM range(3) AS r(i)");
        Assert.Equal((3, 2, 1), Counts(project.RunWell()));
        Assert.Equal(["data/a.parquet|1"], project.Rows("SELECT source, line FROM s__quarantine"));
    }

    [Fact]
    public void A_file_that_is_cut_or_changed_is_named_and_the_table_stays()
    {
        using var project = Source("parquet", "id bigint", "x varchar");
        Write(project, "a.parquet", "SELECT i AS id, 'text ' || hash(i) AS x FROM range(20000) AS r(i)");
        project.RunWell();
        var path = Path.Combine(project.Folder, "data/a.parquet");
        var whole = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 3, 12, whole.Length / 2, whole.Length - 1 })
        {
            project.Put("a.parquet", whole[..length]);
            Assert.Contains("data/a.parquet", project.Refusal());
            Assert.Equal(["20000"], project.Rows("SELECT count(*) FROM s"));
        }

        var damaged = whole.ToArray();
        damaged.AsSpan(100, whole.Length / 2).Clear();
        project.Put("a.parquet", damaged);
        Assert.Contains("data/a.parquet", project.Refusal());
        Assert.Equal(["20000"], project.Rows("SELECT count(*) FROM s"));
    }

    private static void Write(SampleProject project, string name, string select)
    {
        using var database = DuckDatabase.Open();
        using var connection = database.Connect();
        connection.Execute($"COPY ({select}) TO '{project.Folder}/data/{name}' (FORMAT parquet)");
    }
}
