using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Tests.Assets.Definitions;

public sealed class SectionTests
{
    private static readonly Shape Inner = new("inner", "Inner.", new Key("name", KeyKind.Text, "A name.") { IsRequired = true, Example = "x" });

    private static readonly Shape Outer = new(
        "thing",
        "All kinds.",
        new Key("text", KeyKind.Text, "A text."),
        new Key("count", KeyKind.Integer, "A count.") { Minimum = 1, Default = 3, Example = 5 },
        new Key("ratio", KeyKind.Number, "A ratio.") { Minimum = 0, Maximum = 1 },
        new Key("flag", KeyKind.Flag, "A flag.") { Default = true },
        new Key("word", KeyKind.Word, "A word.") { Words = ["red", "green"], LaterWords = ["blue"], Default = "red" },
        new Key("texts", KeyKind.Texts, "Texts."),
        new Key("map", KeyKind.Map, "A map.") { Shape = Inner },
        new Key("list", KeyKind.List, "A list.") { Shape = Inner },
        new Key("scalars", KeyKind.Scalars, "Scalars."),
        new Key("any", KeyKind.Any, "Anything."));

    [Fact]
    public void Sound_values_are_given_in_their_types()
    {
        var section = Read("text: 5\ncount: 7\nratio: 1\nflag: false\nword: green\ntexts: [a, 1]\nmap: {name: n}\nlist:\n  - name: a\n  - name: b\nscalars: {x: 1, y: true}\nany: {free: [1]}\n", out var problems);
        Assert.Empty(problems);
        Assert.Equal("5", section.Text("text"));
        Assert.Equal(7, section.Integer("count"));
        Assert.Equal((1.0, 7.0), (section.Number("ratio"), section.Number("count")));
        Assert.False(section.Flag("flag"));
        Assert.Equal("green", section.Text("word"));
        Assert.Equal(["a", "1"], section.Texts("texts"));
        Assert.Equal("n", section.Map("map")!.Text("name"));
        Assert.Equal(["a", "b"], section.List("list").Select(s => s.Text("name")));
        Assert.Equal(9, section.List("list")[0].Line);
        Assert.Equal([("x", "1"), ("y", "true")], section.Scalars("scalars").Select(s => (s.Key, s.Value)));
        Assert.True(section.Node("any")!.IsMap);
        Assert.Equal((12, 1), (section.LineOf("any"), section.LineOf("absent")));
    }

    [Fact]
    public void Absent_keys_give_their_defaults()
    {
        var section = Read("", out var problems);
        Assert.Empty(problems);
        Assert.Null(section.Text("text"));
        Assert.Equal((3L, true, "red"), (section.Integer("count"), section.Flag("flag"), section.Text("word")));
        Assert.Empty(section.Texts("texts"));
        Assert.Null(section.Map("map"));
        Assert.Empty(section.List("list"));
        Assert.Empty(section.Scalars("scalars"));
        Assert.Null(section.Node("any"));
        Assert.Empty(section.Items("any"));
    }

    [Theory]
    [InlineData("txet: a", "unknown-key", "The thing has no key 'txet'. Did you mean 'text'? Keys are: text, count, ratio, flag, word, texts, map, list, scalars, any.")]
    [InlineData("banana: a", "unknown-key", "The thing has no key 'banana'. Keys are: text, count, ratio, flag, word, texts, map, list, scalars, any.")]
    [InlineData("text: [a]", "wrong-kind", "'text' is the list [a], but takes one text.")]
    [InlineData("text:", "missing-value", "'text' has no value. Give it one, or remove the key.")]
    [InlineData("text: null", "missing-value", "'text' has no value. Give it one, or remove the key. If you mean the text 'null', put it in quotes.")]
    [InlineData("count: '5'", "wrong-kind", "'count' is the text '5', but takes a whole number. Quotes make it a text: remove them. For example: count: 5")]
    [InlineData("count: many", "wrong-kind", "'count' is 'many', but takes a whole number. For example: count: 5")]
    [InlineData("count: 0", "out-of-range", "'count' is 0, but takes a whole number of 1 or more. For example: count: 5")]
    [InlineData("ratio: 1.5", "out-of-range", "'ratio' is 1.5, but takes a number from 0 to 1.")]
    [InlineData("ratio: .nan", "out-of-range", "'ratio' is .nan, but takes a number from 0 to 1.")]
    [InlineData("flag: yes", "wrong-kind", "'flag' is 'yes', but takes true or false.")]
    [InlineData("word: grene", "wrong-word", "'word' is 'grene'. Did you mean 'green'? It can be one of: red, green.")]
    [InlineData("word: blue", "wrong-word", "'word' is 'blue', which this version of Millrace cannot do yet. It can be one of: red, green.")]
    [InlineData("texts: [a, [b]]", "wrong-kind", "'texts' has the member the list [b], but takes one text or a list of texts.")]
    [InlineData("map: x", "wrong-kind", "'map' is 'x', but takes a mapping.")]
    [InlineData("map: {}", "missing-key", "The inner lacks the key 'name'. A name. For example: name: x")]
    [InlineData("list: {name: a}", "wrong-kind", "'list' is the mapping {name: a}, but takes a list of mappings.")]
    [InlineData("list: [a]", "wrong-kind", "The inner is 'a', but takes a mapping with the keys: name.")]
    [InlineData("scalars: {x: [1]}", "wrong-kind", "'x' in 'scalars' is the list [1], but takes one text, number or flag.")]
    public void Each_mistake_says_what_is_there_and_what_would_work(string yaml, string code, string message)
    {
        Read(yaml, out var problems);
        Assert.Equal([new Problem(code, message, "a.yaml", 1)], problems);
    }

    [Fact]
    public void A_wrong_value_reads_as_absent_and_not_as_the_default()
    {
        var section = Read("count: many\nword: grene\ntexts: [a, [b]]", out _);
        Assert.Null(section.Integer("count"));
        Assert.Null(section.Text("word"));
        Assert.Empty(section.Texts("texts"));
        Assert.NotNull(section.Node("count"));
    }

    [Fact]
    public void What_was_refused_as_YAML_is_not_reported_again()
    {
        var problems = new List<Problem>();
        var node = DefinitionText.Parse("map: *x\ntexts: [*y]\n<<: *z\nscalars: {a: *w}\nlist: [*v]\n", "a.yaml", 1, problems)!;
        Assert.Equal(5, problems.Count);
        var section = new Section(Outer, node, problems);
        Assert.Empty(section.Items("any"));
        Assert.All(problems, p => Assert.Equal("yaml-alias", p.Code));
    }

    [Fact]
    public void The_room_that_reads_a_free_list_gets_its_members_or_a_problem()
    {
        Assert.Equal(2, Read("any: [{a: 1}, b]", out var none).Items("any").Count);
        Assert.Empty(none);
        Assert.Empty(Read("\nany: {a: 1}", out var problems).Items("any"));
        Assert.Equal([new Problem("wrong-kind", "'any' is the mapping {a: 1}, but takes a list.", "a.yaml", 2)], problems);
    }

    [Fact]
    public void Reading_a_key_that_the_shape_lacks_or_declares_otherwise_is_our_own_mistake()
    {
        var section = Read("", out _);
        Assert.Throws<ArgumentException>(() => section.Text("nothing"));
        Assert.Throws<ArgumentException>(() => section.Flag("count"));
    }

    [Fact]
    public void A_finding_is_reported_at_its_key()
    {
        var section = Read("text: a\ncount: 4", out var problems);
        section.Report("odd", "Odd.", "count");
        section.Report("odd", "Odd.");
        Assert.Equal([2, 1], problems.Select(p => p.Line));
    }

    [Theory]
    [InlineData("colums", "columns")]
    [InlineData("COLUMNS", "columns")]
    [InlineData("typ", "type")]
    [InlineData("tyep", "type")]
    [InlineData("time-column", "time_column")]
    [InlineData("banana", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_suggested_when_it_is_near(string word, string? expected) =>
        Assert.Equal(expected, Suggestion.Nearest(word, ["columns", "type", "time_column"]));

    [Fact]
    public void A_schema_says_what_the_section_accepts()
    {
        var schema = JsonSchemas.Of(Outer, "urn:thing");
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
        Assert.Equal("urn:thing", (string?)schema["$id"]);
        Assert.False((bool)schema["additionalProperties"]!);
        Assert.Equal(Outer.Keys.Select(k => k.Name), schema["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal("""{"type":"integer","description":"A count.","minimum":1,"default":3,"examples":[5]}""", schema["properties"]!["count"]!.ToJsonString());
        Assert.Equal("""{"enum":["red","green"],"description":"A word.","default":"red"}""", schema["properties"]!["word"]!.ToJsonString());
        Assert.Equal("""["name"]""", schema["properties"]!["list"]!["items"]!["required"]!.ToJsonString());
        Assert.Equal("""{"description":"Anything."}""", schema["properties"]!["any"]!.ToJsonString());
    }

    private static Section Read(string yaml, out List<Problem> problems)
    {
        problems = [];
        return new Section(Outer, DefinitionText.Parse(yaml, "a.yaml", 1, problems)!, problems);
    }
}
