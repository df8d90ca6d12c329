using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Millrace.Native;

/// <summary>An error of the engine. The message is the engine's own text, whole, with the line and the caret where it gives them.</summary>
public sealed partial class DuckException : Exception
{
    private static readonly Dictionary<string, DuckErrorKind> KindOfPrefix = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Out of Range"] = DuckErrorKind.OutOfRange,
        ["Unknown Type"] = DuckErrorKind.UnknownType,
        ["Mismatch Type"] = DuckErrorKind.MismatchType,
        ["Divide by Zero"] = DuckErrorKind.DivideByZero,
        ["Object Size"] = DuckErrorKind.ObjectSize,
        ["Invalid type"] = DuckErrorKind.InvalidType,
        ["TransactionContext"] = DuckErrorKind.Transaction,
        ["Not implemented"] = DuckErrorKind.NotImplemented,
        ["Invalid Input"] = DuckErrorKind.InvalidInput,
        ["Out of Memory"] = DuckErrorKind.OutOfMemory,
        ["Parameter Not Resolved"] = DuckErrorKind.ParameterNotResolved,
        ["Parameter Not Allowed"] = DuckErrorKind.ParameterNotAllowed,
        ["Missing Extension"] = DuckErrorKind.MissingExtension,
        ["Extension Autoloading"] = DuckErrorKind.Autoload,
        ["Invalid Configuration"] = DuckErrorKind.InvalidConfiguration,
    };

    private DuckException(string message, DuckErrorKind kind, int? line, int? position) : base(message)
    {
        Kind = kind;
        Line = line;
        Position = position;
    }

    /// <summary>The kind of error, as the engine tells it or as its text begins (<c>Binder Error: ...</c>).</summary>
    public DuckErrorKind Kind { get; }

    /// <summary>The line of the SQL text that the engine points at, from 1; null when it points at none.</summary>
    public int? Line { get; }

    /// <summary>The character of the SQL text that the engine's caret stands under, from 0; null when it cannot be told.</summary>
    /// <remarks>
    /// The engine gives only text, so the caret is measured. Where the shown line holds characters beyond ASCII before the caret,
    /// their width on the screen is a guess, and we rather give no position than a wrong one.
    /// </remarks>
    public int? Position { get; }

    /// <param name="text">The engine's text.</param>
    /// <param name="sql">The SQL that was at work, to place the caret in; null when there was none.</param>
    /// <param name="kind">The kind, where the engine tells it apart from the text.</param>
    internal static DuckException From(string? text, string? sql = null, DuckErrorKind kind = DuckErrorKind.Unknown)
    {
        text ??= "The engine reported an error without a text.";
        if (kind == DuckErrorKind.Unknown)
            kind = KindOf(text);

        var (line, position) = Locate(text, sql);
        return new DuckException(text, kind, line, position);
    }

    private static DuckErrorKind KindOf(string text)
    {
        var end = text.IndexOf(" Error: ", StringComparison.Ordinal);
        if (end < 0)
            return DuckErrorKind.Unknown;

        var prefix = text[..end];
        if (KindOfPrefix.TryGetValue(prefix, out var kind))
            return kind;
        return prefix.All(char.IsAsciiLetter) && Enum.TryParse(prefix, ignoreCase: true, out kind) ? kind : DuckErrorKind.Unknown;
    }

    private static (int? Line, int? Position) Locate(string text, string? sql)
    {
        if (PointedLine().Matches(text).LastOrDefault() is not { } shown)
            return (null, null);

        var line = int.Parse(shown.Groups["line"].ValueSpan, CultureInfo.InvariantCulture);
        var caret = shown.Groups["caret"].Length - (shown.Groups["text"].Index - shown.Index);
        var rendered = shown.Groups["text"].Value;
        if (sql is null || caret < 0 || caret > rendered.Length || !Ascii.IsValid(rendered.AsSpan(0, caret)))
            return (line, null);

        var start = StartOfLine(sql, line);
        if (rendered.StartsWith("...", StringComparison.Ordinal) && caret >= 3)
        {
            // A long line is shown from its middle: what stands between the dots tells where that is.
            var end = rendered.EndsWith("...", StringComparison.Ordinal) ? rendered.Length - 3 : rendered.Length;
            start = end > 3 ? sql.IndexOf(rendered[3..end], start, StringComparison.Ordinal) : -1;
            caret -= 3;
        }

        return (line, start >= 0 && start + caret <= sql.Length ? start + caret : null);
    }

    private static int StartOfLine(string sql, int line)
    {
        var start = 0;
        for (var i = 0; i < sql.Length && line > 1; i++)
        {
            if (sql[i] == '\n' || (sql[i] == '\r' && (i + 1 == sql.Length || sql[i + 1] != '\n')))
            {
                start = i + 1;
                line--;
            }
        }

        return start;
    }

    [GeneratedRegex(@"^LINE (?<line>\d+): (?<text>.*)\n(?<caret> *)\^", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PointedLine();
}
