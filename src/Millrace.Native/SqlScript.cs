using System.Text;

namespace Millrace.Native;

/// <summary>Cuts a script at its semicolons.</summary>
/// <remarks>
/// The engine can do that too, but then it looks for the place of an error in the text of one statement, with a position in the whole
/// script, and shows a wrong line or none. Here each statement keeps its place: what stands before it is blanked out, not cut off.
/// </remarks>
internal static class SqlScript
{
    /// <summary>The statements in their order, each with as many lines above it and blanks beside it as in the script.</summary>
    /// <remarks>A piece may hold only blanks and comments.</remarks>
    public static IEnumerable<string> Statements(string sql)
    {
        var start = 0;
        while (start < sql.Length)
        {
            var end = EndOfStatement(sql, start);
            yield return Blank(sql, start) + sql[start..end];
            start = end + 1;
        }
    }

    /// <summary>The position of the next semicolon that is not inside text, a name or a comment; the length where there is none.</summary>
    private static int EndOfStatement(string sql, int start)
    {
        var at = start;
        while (at < sql.Length && sql[at] != ';')
        {
            at = sql[at] switch
            {
                '\'' when IsEscaped(sql, at) => AfterEscapedText(sql, at),
                '\'' or '"' => After(sql, sql[at].ToString(), at + 1),
                '-' when Follows(sql, at, "--") => After(sql, "\n", at),
                '/' when Follows(sql, at, "/*") => AfterComment(sql, at),
                '$' when DollarTag(sql, at) is { } tag => After(sql, tag, at + tag.Length),
                _ => at + 1,
            };
        }

        return at;
    }

    private static bool Follows(string sql, int at, string text) => string.CompareOrdinal(sql, at, text, 0, text.Length) == 0;

    private static int After(string sql, string text, int at)
    {
        var found = sql.IndexOf(text, at, StringComparison.Ordinal);
        return found < 0 ? sql.Length : found + text.Length;
    }

    /// <summary>In e'...' a backslash takes the quote after it for itself.</summary>
    private static bool IsEscaped(string sql, int quote) =>
        quote > 0 && sql[quote - 1] is 'e' or 'E' && (quote == 1 || !IsNamePart(sql[quote - 2]));

    private static int AfterEscapedText(string sql, int quote)
    {
        var at = quote + 1;
        while (at < sql.Length && sql[at] != '\'')
            at += sql[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, sql.Length);
    }

    /// <summary>Comments nest.</summary>
    private static int AfterComment(string sql, int at)
    {
        var depth = 0;
        do
        {
            if (Follows(sql, at, "/*"))
                (depth, at) = (depth + 1, at + 2);
            else if (Follows(sql, at, "*/"))
                (depth, at) = (depth - 1, at + 2);
            else
                at++;
        }
        while (depth > 0 && at < sql.Length);
        return Math.Min(at, sql.Length);
    }

    /// <summary>The opening of a text such as $$...$$ or $tag$...$tag$; null where the dollar begins a parameter.</summary>
    private static string? DollarTag(string sql, int at)
    {
        if (at > 0 && IsNamePart(sql[at - 1]))
            return null;

        var end = at + 1;
        while (end < sql.Length && IsNamePart(sql[end]))
            end++;
        var isTag = end < sql.Length && sql[end] == '$' && (end == at + 1 || !char.IsAsciiDigit(sql[at + 1]));
        return isTag ? sql[at..(end + 1)] : null;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static string Blank(string sql, int end)
    {
        var blank = new StringBuilder();
        var lastLine = sql.AsSpan(0, end).LastIndexOfAny('\n', '\r') + 1;
        foreach (var c in sql.AsSpan(0, lastLine))
        {
            if (c is '\n' or '\r')
                blank.Append(c);
        }

        return blank.Append(' ', end - lastLine).ToString();
    }
}
