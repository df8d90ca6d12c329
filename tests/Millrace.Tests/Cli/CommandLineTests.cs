using System.Text.Json.Nodes;
using Millrace.Cli;
using Millrace.Cli.Words;

namespace Millrace.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("qurey x", "'qurey' is no command of millrace. Did you mean 'query'?")]
    [InlineData("dance", "'dance' is no command of millrace. See 'millrace --help' for those that there are.")]
    [InlineData("query SELECT --formt csv", "'millrace query' has no option '--formt'. Did you mean '--format'?")]
    [InlineData("run --selct=hourly", "'millrace run' has no option '--selct'. Did you mean '--select'?")]
    [InlineData("query A B", "'millrace query' does not know what to do with 'B'. If it belongs to the word before it, put both in quotes.")]
    [InlineData("query", "'millrace query' needs SQL: One statement in quotes; - reads it from the standard input.")]
    [InlineData("query x --format cvs", "--format is 'cvs', but takes one of: table, csv, json. Did you mean 'csv'?")]
    [InlineData("run --select", "--select takes a value: --select NAMES.")]
    [InlineData("run --as-of today", "--as-of is 'today', but takes a day or a moment, for example 2012-02-01 or 2012-02-01T06:30:00Z.")]
    [InlineData("rollback --to 0", "--to is '0', but takes a whole number from 1.")]
    [InlineData("table", "'millrace table' takes one of: show, history, export, diff, vacuum.")]
    [InlineData("table shwo rides", "'shwo' is no command of 'millrace table'. It has: show, history, export, diff, vacuum.")]
    [InlineData("table show a --version 1 --timestamp 2012-01-01", "--version and --timestamp both choose a version. Give one of them.")]
    [InlineData("status now", "'millrace status' does not know what to do with 'now'.")]
    public void A_wrong_word_is_named_with_what_would_work(string words, string message)
    {
        var (code, answer, complaint) = Written.Call("/", words.Split(' '));

        Assert.Equal(ExitCode.Wrong, code);
        Assert.Equal("", answer);
        Assert.Equal(message, complaint.Split('\n')[0]);
        Assert.StartsWith("Usage: millrace ", complaint.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_word_is_json_for_programs()
    {
        var (code, answer, complaint) = Written.Call("/", "plann", "--json");

        Assert.Equal(ExitCode.Wrong, code);
        Assert.Equal("", complaint);
        var error = JsonNode.Parse(answer)!["error"]!;
        Assert.Equal("words", (string?)error["code"]);
        Assert.Equal("'plann' is no command of millrace. Did you mean 'plan'?", (string?)error["message"]);
        Assert.Empty(error["problems"]!.AsArray());
    }

    [Fact]
    public void Sql_may_begin_with_what_looks_like_an_option_or_a_file()
    {
        foreach (var sql in new[] { "-- one\nSELECT 1 AS a", "-1", "@a" })
        {
            var tree = CommandTree.For(["query"]);
            var parsed = tree.Parse(["query", "--", sql]);
            Assert.Null(Mistake.In(tree, parsed, ["query", "--", sql]));
        }

        Assert.Equal((ExitCode.Done, "a\n1\n", ""), Written.Call("/", "query", "-- one\nSELECT 1 AS a"));
    }

    [Fact]
    public void A_value_may_be_the_name_of_another_command() =>
        Assert.StartsWith("There is no folder", Written.Call("/", "--project", "/none/query", "status").Error, StringComparison.Ordinal);

    [Fact]
    public void Every_command_explains_itself()
    {
        foreach (var (name, _, make) in CommandTree.Commands)
        {
            var (code, help, complaint) = Written.Call("/", [.. name.Split(' '), "--help"]);
            Assert.Equal((ExitCode.Done, ""), (code, complaint));
            Assert.Equal(name, make().Name);
            Assert.StartsWith(make().Words.Description!, help, StringComparison.Ordinal);
            Assert.Contains($"Usage\n  millrace {name}", help, StringComparison.Ordinal);
            Assert.All(make().Examples, e => Assert.Contains(e.Words, help, StringComparison.Ordinal));
            Assert.All(make().Words.Options, o => Assert.False(string.IsNullOrWhiteSpace(o.Description)));
        }
    }

    [Fact]
    public void Every_example_is_written_in_words_that_are_understood()
    {
        foreach (var example in CommandTree.Commands.SelectMany(c => c.Make().Examples))
        {
            var words = Split(example.Words)[1..];
            var tree = CommandTree.For(words);
            Assert.Null(Mistake.In(tree, tree.Parse(words), words)?.Message);
        }
    }

    [Fact]
    public void Without_words_the_program_explains_itself()
    {
        var (code, help, _) = Written.Call("/");
        Assert.Equal(ExitCode.Done, code);
        Assert.All(CommandTree.Commands, c => Assert.Contains($"  {c.Name} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_is_one_line() =>
        Assert.Matches(@"\Amillrace \d+\.\d+\.\d+( \([0-9a-f]{8}\))?\n\z", Written.Call("/", "--version").Out);

    /// <summary>The words of an example as a shell would give them, up to a redirection.</summary>
    private static string[] Split(string command)
    {
        var words = new List<string>();
        var isQuoted = false;
        var word = "";
        foreach (var c in command + " ")
        {
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c != ' ' || isQuoted)
                word += c;
            else if (word.Length > 0)
                (words, word) = ([.. words, word], "");
        }

        return [.. words.TakeWhile(w => w is not ">" and not "<")];
    }
}
