using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Tests.Assets.Definitions;

public sealed class DefinitionTextTests
{
    [Fact]
    public void Every_value_knows_its_line_in_the_file()
    {
        var root = Read("a: 1\nlist:\n  - x\n  - {y: 2,\n     z: 3}\ntext: |\n  one\n  two\n", firstLine: 10);
        Assert.True(root.IsMap);
        Assert.Equal(10, root.Line);
        Assert.Equal([10, 11, 15], root.Entries.Select(e => e.KeyNode.Line));
        Assert.Equal([12, 13], root.Find("list")!.Items.Select(i => i.Line));
        Assert.Equal([13, 14], root.Find("list")!.Items[1].Entries.Select(e => e.Value.Line));
        Assert.Equal(("one\ntwo\n", true), (root.Find("text")!.Scalar!, root.Find("text")!.IsQuoted));
        Assert.Null(root.Find("nothing"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n")]
    [InlineData("~")]
    public void A_text_without_a_value_is_an_empty_mapping(string yaml)
    {
        var root = Read(yaml);
        Assert.True(root.IsMap);
        Assert.Empty(root.Entries);
    }

    [Theory]
    [InlineData("5", 5L)]
    [InlineData("-12", -12L)]
    [InlineData("+7", 7L)]
    [InlineData("007", 7L)]
    [InlineData("0x1F", 31L)]
    [InlineData("0o17", 15L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("0xFFFFFFFFFFFFFFFF", null)]
    [InlineData("\"5\"", null)]
    [InlineData("'5'", null)]
    [InlineData("5.0", null)]
    [InlineData("1_000", null)]
    [InlineData("1,000", null)]
    [InlineData("٣", null)]
    public void Whole_numbers_follow_the_core_schema(string yaml, long? expected) =>
        Assert.Equal(expected, Value(yaml).TryInteger(out var value) ? value : null);

    [Theory]
    [InlineData("5", 5.0)]
    [InlineData("-1.5", -1.5)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5.0)]
    [InlineData("1e3", 1000.0)]
    [InlineData("-1.5E-2", -0.015)]
    [InlineData(".inf", double.PositiveInfinity)]
    [InlineData("-.Inf", double.NegativeInfinity)]
    [InlineData(".NaN", double.NaN)]
    [InlineData("inf", null)]
    [InlineData("NaN", null)]
    [InlineData("1,5", null)]
    [InlineData("\"1.5\"", null)]
    [InlineData("1.5.2", null)]
    [InlineData("e3", null)]
    public void Numbers_follow_the_core_schema(string yaml, double? expected) => Assert.Equal(expected, Value(yaml).TryNumber(out var value) ? value : null);

    [Theory]
    [InlineData("true", true)]
    [InlineData("False", false)]
    [InlineData("TRUE", true)]
    [InlineData("yes", null)]
    [InlineData("on", null)]
    [InlineData("tRue", null)]
    [InlineData("'true'", null)]
    public void Flags_follow_the_core_schema(string yaml, bool? expected) => Assert.Equal(expected, Value(yaml).TryFlag(out var value) ? value : null);

    [Theory]
    [InlineData("", true)]
    [InlineData("~", true)]
    [InlineData("null", true)]
    [InlineData("\"\"", false)]
    [InlineData("'null'", false)]
    [InlineData("nil", false)]
    public void Null_is_a_plain_scalar(string yaml, bool isNull) => Assert.Equal(isNull, Value(yaml).IsNull);

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, "The key 'a' is here a second time; the first is in line 1. Keep one.")]
    [InlineData("a: &x 1\n", "yaml-alias", 1, "'&x' is an anchor in YAML")]
    [InlineData("a: 1\nb: *.csv\n", "yaml-alias", 2, "'*.csv' is an alias in YAML")]
    [InlineData("a: !!str 1\n", "yaml-tag", 1, "'tag:yaml.org,2002:str' is a tag in YAML")]
    [InlineData("a: 1\n---\nb: 2\n", "yaml-documents", 2, "A second YAML document starts here")]
    [InlineData("a:\n\t- b\n", "yaml-tab", 2, "indented with a tab")]
    [InlineData("a:\n  b: 1\n\tc: 2\n", "yaml-tab", 3, "indented with a tab")]
    [InlineData("? [a, b]\n: 1\n", "yaml-key", 1, "The key [a, b] is a list. A key is one word.")]
    [InlineData("a: b: c\n", "yaml-syntax", 1, "Put a value that contains ': ' in quotes")]
    [InlineData("a: [1, 2\nb: 3\n", "yaml-syntax", 1, "Look for a '[', '{' or quote that is not closed")]
    [InlineData("a: \"open\nb: 3\n", "yaml-syntax", 1, "This is not readable as YAML")]
    [InlineData("a: @start\n", "yaml-syntax", 1, "Put a value that begins with @, ` or % in quotes")]
    [InlineData("a: 1\n b: 2\n", "yaml-syntax", 2, "This is not readable as YAML")]
    [InlineData("a 1\nb: 2\n", "yaml-syntax", 2, "This is not readable as YAML")]
    public void What_definitions_do_not_have_is_a_problem_in_its_line(string yaml, string code, int line, string message)
    {
        var problems = new List<Problem>();
        DefinitionText.Parse(yaml, "a.yaml", 1, problems);
        var problem = Assert.Single(problems);
        Assert.Equal((code, "a.yaml"), (problem.Code, problem.File));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(line, problem.Line);
    }

    [Fact]
    public void A_nesting_without_end_is_refused_instead_of_breaking_the_process()
    {
        foreach (var yaml in (string[])["a: " + new string('[', 5_000), "a: " + new string('[', 5_000) + new string(']', 5_000), string.Concat(Enumerable.Range(0, 300).Select(i => new string(' ', i) + "a:\n"))])
        {
            var problems = new List<Problem>();
            DefinitionText.Parse(yaml, "a.yaml", 1, problems);
            Assert.NotEmpty(problems);
        }
    }

    [Fact]
    public void No_text_whatsoever_throws_and_none_is_lost_in_silence()
    {
        const string Sample = "type: csv\npath: \"data/*.csv\" # all\ntags: [a, 'b', {c: d}]\ncolumns:\n  - name: x\n    type: date\n  - {name: y, type: bigint}\ntext: |\n  one\n  two\nlast: >-\n  three\n";
        const string Letters = "\t\n :-[]{}'\"#&*!|>%@`,?~\\\0\u0085\uFEFFa1é";
        var random = new Random(1);
        for (var round = 0; round < 4000; round++)
        {
            var text = new System.Text.StringBuilder(Sample);
            for (var change = random.Next(1, 6); change > 0 && text.Length > 2; change--)
            {
                var at = random.Next(text.Length);
                if (random.Next(3) == 0)
                    text.Remove(at, random.Next(1, Math.Min(20, text.Length - at + 1)));
                else
                    text.Insert(at, Letters[random.Next(Letters.Length)]);
            }

            var problems = new List<Problem>();
            var root = DefinitionText.Parse(text.ToString(), "a.yaml", 1, problems);
            Assert.True(root is not null || problems.Count > 0);
            Assert.All(problems, p => Assert.InRange(p.Line, 1, text.ToString().Split('\n').Length));
        }
    }

    [Fact]
    public void An_excerpt_is_one_short_line()
    {
        Assert.Equal("{a: [1, x y], b: one\\ntwo}", Read("{a: [1, x y], b: \"one\\ntwo\"}").Excerpt);
        Assert.Equal(60, Value("'" + new string('x', 500) + "'").Excerpt.Length);
    }

    private static DefinitionNode Value(string yaml) => Read("key: " + yaml).Entries[0].Value;

    private static DefinitionNode Read(string yaml, int firstLine = 1)
    {
        var problems = new List<Problem>();
        var root = DefinitionText.Parse(yaml, "a.yaml", firstLine, problems);
        Assert.Empty(problems);
        return root!;
    }
}
