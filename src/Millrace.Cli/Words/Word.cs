using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Millrace.Assets.Definitions;

namespace Millrace.Cli.Words;

/// <summary>Makes the words of commands, each with a message of its own for a value that it cannot take.</summary>
internal static class Word
{
    public static Argument<string?> Optional(string name, string help) =>
        new(name) { Description = help, Arity = ArgumentArity.ZeroOrOne };

    public static Argument<string?> Required(string name, string help) =>
        new(name) { Description = help, Arity = ArgumentArity.ExactlyOne };

    /// <summary>The positional project of <c>plan</c> and <c>run</c>.</summary>
    public static Argument<string?> Project() => Optional("PROJECT", "The project's folder; the same as --project.");

    /// <summary>The assets that a command is about.</summary>
    public static Option<string?> Select() => Text(
        "--select",
        "NAMES",
        "Only these assets: hourly, +hourly (with all it stands on), hourly+ (with all that stands on it), source:*.");

    public static Option<bool> Flag(string name, string help, params string[] aliases) =>
        new(name, aliases) { Description = help, Arity = ArgumentArity.Zero };

    public static Option<string?> Text(string name, string value, string help) => new(name) { Description = help, HelpName = value };

    public static Option<long?> Number(string name, string help, long least) => new(name)
    {
        Description = help,
        HelpName = "N",
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            return long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
                ? number
                : Wrong<long?>(result, FormattableString.Invariant($"{name} is '{given}', but takes a whole number from {least}."));
        },
    };

    public static Option<DateTimeOffset?> Moment(string name, string help) => new(name)
    {
        Description = help,
        HelpName = "TIME",
        CustomParser = result => DateTimeOffset.TryParse(
            result.Tokens[0].Value,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment)
            ? moment
            : Wrong<DateTimeOffset?>(
                result,
                $"{name} is '{result.Tokens[0].Value}', but takes a day or a moment, for example 2012-02-01 or 2012-02-01T06:30:00Z."),
    };

    public static Option<string?> Choice(string name, string help, params string[] words) => new(name)
    {
        Description = help,
        HelpName = string.Join('|', words),
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            if (words.Contains(given))
                return given;
            var near = Suggestion.Nearest(given, words) is { } nearest ? $" Did you mean '{nearest}'?" : "";
            return Wrong<string?>(result, $"{name} is '{given}', but takes one of: {string.Join(", ", words)}.{near}");
        },
    };

    private static T? Wrong<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
