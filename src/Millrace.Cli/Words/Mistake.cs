using System.CommandLine;
using System.CommandLine.Parsing;
using Millrace.Assets.Definitions;
using Millrace.Cli.Output;

namespace Millrace.Cli.Words;

/// <summary>What is wrong with a command line, and how it is written rightly.</summary>
internal sealed record Mistake(string Message, string Usage)
{
    /// <summary>The first thing that is wrong with the words, or null.</summary>
    public static Mistake? In(CommandTree tree, ParseResult parsed, IReadOnlyList<string> words)
    {
        var command = parsed.CommandResult.Command;
        var message = UnknownOption(tree, parsed, words) ?? UnknownWord(tree, parsed) ?? Missing(tree, parsed)
            ?? parsed.Errors.FirstOrDefault()?.Message;
        return message is null || words.Count == 0 ? null : new Mistake(message, Help.Usage(tree, command));
    }

    /// <summary>Says it and gives the exit code.</summary>
    public int Report(Terminal terminal, bool asJson)
    {
        if (asJson)
        {
            JsonText.Write(terminal.Out, Failure.ToJson("words", Message, []));
        }
        else
        {
            terminal.Error.WriteLine(terminal.ErrorPaint.Of(Tone.Bad, Message));
            terminal.Error.WriteLine(Usage);
        }

        return ExitCode.Wrong;
    }

    /// <summary>The parser takes a misspelt option for a value where a value may stand; nobody means that who writes a dash.</summary>
    private static string? UnknownOption(CommandTree tree, ParseResult parsed, IReadOnlyList<string> words)
    {
        var known = OptionsOf(tree, parsed.CommandResult.Command).SelectMany(o => o.Aliases.Append(o.Name)).ToList();
        var positional = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .Concat(parsed.UnmatchedTokens);
        var literal = words.SkipWhile(w => w != "--").ToHashSet();
        var wrong = positional.FirstOrDefault(w => w.Length > 1 && w[0] == '-' && !literal.Contains(w) && !w.Any(char.IsWhiteSpace));
        if (wrong is null)
            return null;
        var name = wrong.Split('=', ':')[0];
        var near = Suggestion.Nearest(name, known);
        return $"'{NameOf(tree, parsed.CommandResult.Command)}' has no option '{name}'.{(near is null ? "" : $" Did you mean '{near}'?")}";
    }

    private static string? UnknownWord(CommandTree tree, ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0)
            return null;
        var (command, word) = (parsed.CommandResult.Command, parsed.UnmatchedTokens[0]);
        if (command.Subcommands.Count == 0)
        {
            var isLoose = command.Arguments.Count > 0 && !word.Any(char.IsWhiteSpace);
            var way = isLoose ? " If it belongs to the word before it, put both in quotes." : "";
            return $"'{NameOf(tree, command)}' does not know what to do with '{word}'.{way}";
        }

        var near = Suggestion.Nearest(word, command.Subcommands.Select(c => c.Name));
        var known = near is null ? "See 'millrace --help' for those that there are." : $"Did you mean '{near}'?";
        return command == tree.Root
            ? $"'{word}' is no command of millrace. {known}"
            : $"'{word}' is no command of '{NameOf(tree, command)}'. It has: {string.Join(", ", command.Subcommands.Select(c => c.Name))}.";
    }

    private static string? Missing(CommandTree tree, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0)
            return $"'{NameOf(tree, command)}' takes one of: {string.Join(", ", command.Subcommands.Select(c => c.Name))}.";
        var bare = parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(
            o => o.Tokens.Count < o.Option.Arity.MinimumNumberOfValues);
        if (bare is not null)
            return $"{bare.Option.Name} takes a value: {bare.Option.Name} {bare.Option.HelpName}.";
        var missing = command.Arguments.FirstOrDefault(
            a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is not { Tokens.Count: > 0 });
        return missing is null ? null : $"'{NameOf(tree, command)}' needs {missing.Name}: {missing.Description}";
    }

    internal static IEnumerable<Option> OptionsOf(CommandTree tree, Command command) =>
        command == tree.Root ? command.Options : command.Options.Concat(tree.Root.Options.Where(o => o.Recursive));

    internal static string NameOf(CommandTree tree, Command command) => command == tree.Root
        ? "millrace"
        : $"millrace {(tree.Made.TryGetValue(command, out var made) ? made.Name : command.Name)}";
}
