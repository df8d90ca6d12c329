using System.Globalization;
using System.Text;

namespace Millrace.Sql;

/// <summary>A SQL text with our variables, written <c>@name</c>.</summary>
/// <remarks>
/// A variable starts with a letter or <c>_</c> and holds letters, digits and <c>_</c>. An <c>@</c> before anything else, or right behind
/// another <c>@</c>, a letter or a digit, belongs to SQL, as in <c>a @> b</c> and <c>@ 5</c>. Inside texts, quoted names, dollar quotes and
/// comments nothing is a variable.
/// </remarks>
public sealed class SqlText
{
    private readonly List<(int At, int Length)> _uses = [];
    private int _end;

    /// <summary>Reads a text and finds its variables.</summary>
    public SqlText(string text)
    {
        Text = text;
        var names = new List<string>();
        Scan(names);
        Variables = names;
    }

    /// <summary>The text as its author wrote it.</summary>
    public string Text { get; }

    /// <summary>The variables without their <c>@</c>, each once, in the order in which the text first names them.</summary>
    public IReadOnlyList<string> Variables { get; }

    /// <summary>Writes a moment in UTC the way <c>@start</c>, <c>@end</c> and <c>@as_of</c> are bound: a TIMESTAMP literal.</summary>
    public static string Literal(DateTimeOffset moment) =>
        string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP '{moment.UtcDateTime:yyyy-MM-dd HH:mm:ss.ffffff}'");

    /// <summary>The text with <c>$name</c> in place of <c>@name</c>: it parses, and every position stays.</summary>
    public string ToParameters()
    {
        if (_uses.Count == 0)
            return Text;
        return string.Create(Text.Length, this, static (span, self) =>
        {
            self.Text.CopyTo(span);
            foreach (var (at, _) in self._uses)
                span[at] = '$';
        });
    }

    /// <summary>The text with a SQL literal in place of each variable, ready to run.</summary>
    /// <remarks>A semicolon or comment at the end is left out, so that the result may stand in parentheses.</remarks>
    /// <param name="sqlLiterals">SQL by variable's name, such as <c>TIMESTAMP '2026-01-01'</c> or <c>0.2</c>.</param>
    /// <exception cref="ArgumentException">A variable has no value.</exception>
    public string Bind(IReadOnlyDictionary<string, string> sqlLiterals)
    {
        if (_uses.Count == 0)
            return Text[.._end];

        var bound = new StringBuilder(Text.Length + 32);
        var done = 0;
        foreach (var (at, length) in _uses)
        {
            var name = Text.Substring(at + 1, length - 1);
            if (!sqlLiterals.TryGetValue(name, out var literal))
            {
                var known = string.Join(", ", sqlLiterals.Keys.Order(StringComparer.Ordinal));
                throw new ArgumentException($"The variable '@{name}' has no value. Known are: {known}.", nameof(sqlLiterals));
            }

            bound.Append(Text, done, at - done);
            // 'x-@n' with -5 would become a comment.
            if (literal.StartsWith('-'))
                bound.Append('(').Append(literal).Append(')');
            else
                bound.Append(literal);
            done = at + length;
        }

        return bound.Append(Text, done, _end - done).ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private void Scan(List<string> names)
    {
        var text = Text;
        for (var i = 0; i < text.Length; i++)
        {
            var isCode = true;
            switch (text[i])
            {
                case '\'':
                    i = EndOfQuote(i, '\'', IsEscaping(i));
                    break;
                case '"':
                    i = EndOfQuote(i, '"', false);
                    break;
                case '-' when Follows(i, '-'):
                    i = text.IndexOf('\n', i) is var end && end < 0 ? text.Length : end;
                    isCode = false;
                    break;
                case '/' when Follows(i, '*'):
                    i = EndOfComment(i);
                    isCode = false;
                    break;
                case '$' when i == 0 || !IsWord(text[i - 1]):
                    i = EndOfDollarQuote(i);
                    break;
                case '@' when i + 1 < text.Length && IsStart(text[i + 1]) && (i == 0 || (text[i - 1] != '@' && !IsWord(text[i - 1]))):
                    var length = 1;
                    while (i + length < text.Length && IsWord(text[i + length]))
                        length++;
                    var name = text.Substring(i + 1, length - 1);
                    if (!names.Contains(name))
                        names.Add(name);
                    _uses.Add((i, length));
                    i += length - 1;
                    break;
                default:
                    isCode = text[i] != ';' && !char.IsWhiteSpace(text[i]);
                    break;
            }

            if (isCode)
                _end = Math.Min(i + 1, text.Length);
        }
    }

    private bool Follows(int at, char next) => at + 1 < Text.Length && Text[at + 1] == next;

    /// <summary>True when the quote opens <c>E'...'</c>, in which a backslash escapes.</summary>
    private bool IsEscaping(int at) => at > 0 && Text[at - 1] is 'e' or 'E' && (at == 1 || !IsWord(Text[at - 2]));

    private int EndOfQuote(int at, char quote, bool escapes)
    {
        for (var i = at + 1; i < Text.Length; i++)
        {
            if (escapes && Text[i] == '\\')
                i++;
            else if (Text[i] == quote && Follows(i, quote))
                i++;
            else if (Text[i] == quote)
                return i;
        }

        return Text.Length;
    }

    private int EndOfComment(int at)
    {
        var depth = 0;
        for (var i = at; i + 1 < Text.Length; i++)
        {
            if (Text[i] == '/' && Text[i + 1] == '*')
            {
                depth++;
                i++;
            }
            else if (Text[i] == '*' && Text[i + 1] == '/')
            {
                i++;
                if (--depth == 0)
                    return i;
            }
        }

        return Text.Length;
    }

    /// <summary>The end of <c>$tag$...$tag$</c>, or <paramref name="at"/> where the dollar opens no quote.</summary>
    private int EndOfDollarQuote(int at)
    {
        var tag = at + 1;
        while (tag < Text.Length && IsWord(Text[tag]))
            tag++;
        if (tag >= Text.Length || Text[tag] != '$' || (tag > at + 1 && char.IsAsciiDigit(Text[at + 1])))
            return at;

        var fence = Text.Substring(at, tag - at + 1);
        var end = Text.IndexOf(fence, tag + 1, StringComparison.Ordinal);
        return end < 0 ? Text.Length : end + fence.Length - 1;
    }

    private static bool IsStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
