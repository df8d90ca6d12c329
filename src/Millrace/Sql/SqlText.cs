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

    /// <summary>Where the text first names a variable, counted in characters from 0; -1 when it does not.</summary>
    public int IndexOf(string variable)
    {
        foreach (var (at, length) in _uses)
        {
            if (Text.AsSpan(at + 1, length - 1).SequenceEqual(variable))
                return at;
        }

        return -1;
    }

    private void Scan(List<string> names)
    {
        foreach (var part in SqlParts.Parts(Text).Where(p => p.Kind != SqlParts.PartKind.Comment))
        {
            if (part.Kind == SqlParts.PartKind.Quoted)
            {
                _end = part.End;
                continue;
            }

            for (var i = part.Start; i < part.End; i++)
            {
                if (Text[i] == ';' || char.IsWhiteSpace(Text[i]))
                    continue;
                if (Text[i] == '@' && i + 1 < part.End && IsStart(Text[i + 1]) && (i == 0 || (Text[i - 1] != '@' && !IsWord(Text[i - 1]))))
                    i = Use(i, names);
                _end = i + 1;
            }
        }
    }

    /// <summary>Takes down the variable at a position.</summary>
    /// <returns>The position of its last character.</returns>
    private int Use(int at, List<string> names)
    {
        var length = 1;
        while (at + length < Text.Length && IsWord(Text[at + length]))
            length++;
        var name = Text.Substring(at + 1, length - 1);
        if (!names.Contains(name))
            names.Add(name);
        _uses.Add((at, length));
        return at + length - 1;
    }

    private static bool IsStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
