using System.Text;
using static Millrace.Tests.Sources.SourceFiles;

namespace Millrace.Tests.Sources;

/// <summary>JSON as it stands in the file: nothing is rounded on the way.</summary>
public sealed class JsonFormatTests
{
    [Theory]
    [InlineData("ndjson", "{\"id\":1,\"x\":\"a\"}\n\n{\"x\":\"b\",\"id\":2}\r\n{\"id\":3}")]
    [InlineData("json", "[{\"id\":1,\"x\":\"a\"},\n {\"x\":\"b\",\"id\":2}, {\"id\":3}]")]
    [InlineData("json", "{\"id\":1,\"x\":\"a\"} {\"x\":\"b\",\"id\":2}\n{\"id\":3}\n")]
    public void Lines_arrays_and_objects_in_a_row_are_read(string type, string text)
    {
        using var project = Source(type, "id bigint", "x varchar").Put("a.json", Encoding.UTF8.GetBytes(text));
        Assert.Equal((3, 3, 0), Counts(project.RunWell()));
        Assert.Equal(["1|a", "2|b", "3|NULL"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("bigint", "9223372036854775807", "9223372036854775807")]
    [InlineData("bigint", "9007199254740993", "9007199254740993")]
    [InlineData("decimal(38,20)", "0.12345678901234567890", "0.12345678901234567890")]
    [InlineData("decimal(38,0)", "12345678901234567890123456789012345678", "12345678901234567890123456789012345678")]
    [InlineData("decimal(10,2)", "1.10", "1.10")]
    [InlineData("decimal(10,2)", "\"1.10\"", "1.10")]
    [InlineData("double", "1e-3", "0.001")]
    [InlineData("boolean", "true", "true")]
    [InlineData("varchar", "\"\"", "")]
    [InlineData("varchar", "\"a\\\"b\\u00e9\\n\\ud83d\\ude00\"", "a\"bé\n😀")]
    [InlineData("varchar", "1.10", "1.10")]
    [InlineData("varchar", "{\"a\": [1, 2.50]}", "{\"a\": [1, 2.50]}")]
    [InlineData("timestamptz", "\"2024-02-29T12:00:00+02:00\"", "2024-02-29 10:00:00+00")]
    [InlineData("date", "\"2024-02-29\"", "2024-02-29")]
    public void A_value_is_stored_as_it_is_written(string type, string json, string stored)
    {
        using var project = Source("ndjson", "id bigint", $"x {type}").Put("a.json", Encoding.UTF8.GetBytes($"{{\"id\":1,\"x\":{json}}}\n"));
        Assert.Equal((1, 1, 0), Counts(project.RunWell()));
        Assert.Equal([stored], project.Rows("SELECT x::VARCHAR FROM s"));
    }

    [Theory]
    [InlineData("{\"id\":1.5}", "id holds '1.5', which is no BIGINT")]
    [InlineData("{\"id\":1e3}", "id holds '1e3', which is no BIGINT")]
    [InlineData("{\"id\":9223372036854775808}", "id holds '9223372036854775808', which is no BIGINT")]
    [InlineData("{\"id\":\"\"}", "id holds '', which is no BIGINT")]
    [InlineData("{\"id\":[1]}", "id holds '[1]', which is no BIGINT")]
    [InlineData("{\"id\":1,\"id\":2}", "it names 'id' twice")]
    [InlineData("{\"id\":1", "it is no JSON")]
    [InlineData("{\"id\":01}", "it is no JSON")]
    [InlineData("[1]", "it is no JSON object")]
    [InlineData("{\"x\":\"\\ud800\"}", "it holds half a surrogate pair")]
    public void A_line_that_does_not_fit_goes_aside_with_its_place(string line, string reason)
    {
        using var project = Source("ndjson", "id bigint", "x varchar").Put("a.json", Encoding.UTF8.GetBytes($"{{\"id\":1}}\n\n{line}\n{{\"id\":2}}\n"));
        Assert.Equal((3, 2, 1), Counts(project.RunWell()));
        Assert.StartsWith("data/a.json:3: " + reason, Assert.Single(project.Aside()));
    }

    [Theory]
    [InlineData("[{\"id\":1},\n{\"id\":2}", "data/a.json:2", "the array never closes")]
    [InlineData("[{\"id\":1},\n{\"id\":\"2}", "data/a.json:2", "never closes")]
    [InlineData("[{\"id\":1}\n{\"id\":2}]", "data/a.json:2", "a comma")]
    [InlineData("[1]", "data/a.json:1", "an object is wanted")]
    [InlineData("[{\"id\":1}] x", "data/a.json:1", "behind the array's end")]
    [InlineData("id,x\n1,2\n", "data/a.json:1", "an object is wanted")]
    public void A_file_in_which_nobody_can_find_the_next_record_is_refused(string text, string place, string why)
    {
        using var project = Source("json", "id bigint").Put("a.json", Encoding.UTF8.GetBytes(text));
        var message = project.Refusal();
        Assert.Contains(place, message);
        Assert.Contains(why, message);
    }

    [Fact]
    public void A_record_that_is_too_long_goes_aside_and_the_next_is_read()
    {
        foreach (var type in new[] { "ndjson", "json" })
        {
            using var project = Source(type, "id bigint", "x varchar");
            using (var file = new StreamWriter(Path.Combine(project.Folder, "data/a.json")))
            {
                file.Write("{\"id\":1}\n{\"id\":2,\"x\":\"");
                for (var i = 0; i < 900; i++)
                    file.Write(new string('x', 10_000));
                file.Write("\"}\n{\"id\":3}\n");
            }

            Assert.Equal((3, 2, 1), Counts(project.RunWell()));
            Assert.Equal(["data/a.json:2: it is longer than 2000000 bytes"], project.Aside());
            Assert.Equal(["1", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        }
    }

    [Fact]
    public void An_unknown_key_stops_the_load_and_shows_the_record()
    {
        using var project = Source("ndjson", "id bigint").Put("a.json", "{\"id\":1}\n{\"id\":2,\"new\":true}\n"u8);
        var message = project.Refusal();
        Assert.Contains("data/a.json:2", message);
        Assert.Contains("\"new\":true", message);
    }

    [Fact]
    public void A_mark_and_other_encodings_are_read()
    {
        using var project = Source("json", "id bigint", "x varchar").Put("a.json", [0xEF, 0xBB, 0xBF, .. "[{\"id\":1,\"x\":\"é\"}]"u8])
            .Put("b.json", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("[{\"id\":2,\"x\":\"é\"}]")]).Put("c.json", "[]"u8).Put("d.json", ""u8);
        Assert.Equal((2, 2, 0), Counts(project.RunWell()));
        Assert.Equal(["1|é", "2|é"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Fact]
    public void Many_records_over_many_buffers_are_each_read_once()
    {
        var text = new StringBuilder("[");
        for (var i = 0; i < 40_000; i++)
            text.Append(i > 0 ? ",\n" : "").Append("{\"id\":").Append(i).Append(",\"x\":\"").Append('y', i % 300).Append("\\\"{[\"}");
        using var project = Source("json", "id bigint", "x varchar").Put("a.json", Encoding.UTF8.GetBytes(text.Append(']').ToString()));
        Assert.Equal((40_000, 40_000, 0), Counts(project.RunWell()));
        Assert.Equal(["40000|799980000|true"], project.Rows("SELECT count(DISTINCT id), sum(id)::BIGINT, bool_and(length(x) = id % 300 + 3) FROM s"));
    }
}
