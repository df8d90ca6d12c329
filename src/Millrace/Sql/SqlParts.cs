namespace Millrace.Sql;

/// <summary>Tells code from comments and quoted texts in DuckDB's SQL, without understanding the code.</summary>
internal static class SqlParts
{
    public enum PartKind
    {
        /// <summary>Words, numbers, operators and white space.</summary>
        Code,

        /// <summary><c>-- to the end of the line</c>, or <c>/* nested too */</c>.</summary>
        Comment,

        /// <summary>A literal, a quoted name, or text between dollar signs.</summary>
        Quoted,
    }

    public readonly record struct Part(PartKind Kind, int Start, int End);

    /// <summary>The whole text cut into parts, in order, without gaps. What is never closed reaches to the end.</summary>
    public static IEnumerable<Part> Parts(string sql)
    {
        var (codeStart, at) = (0, 0);
        while (at < sql.Length)
        {
            var end = EndOfSpecial(sql, at, out var kind);
            if (end == at)
            {
                at++;
                continue;
            }

            if (at > codeStart)
                yield return new Part(PartKind.Code, codeStart, at);
            yield return new Part(kind, at, end);
            codeStart = at = end;
        }

        if (at > codeStart)
            yield return new Part(PartKind.Code, codeStart, at);
    }

    private static int EndOfSpecial(string sql, int at, out PartKind kind)
    {
        kind = PartKind.Quoted;
        var next = at + 1 < sql.Length ? sql[at + 1] : '\0';
        switch (sql[at])
        {
            case '-' when next == '-':
                kind = PartKind.Comment;
                var newLine = sql.IndexOf('\n', at);
                return newLine < 0 ? sql.Length : newLine;
            case '/' when next == '*':
                kind = PartKind.Comment;
                return EndOfBlock(sql, at);
            case '\'':
                var hasEscapes = at > 0 && sql[at - 1] is 'e' or 'E' && (at < 2 || !IsWord(sql[at - 2]));
                return EndOfQuote(sql, at, '\'', hasEscapes);
            case '"':
                return EndOfQuote(sql, at, '"', false);
            case '$' when at == 0 || !IsWord(sql[at - 1]):
                return EndOfDollar(sql, at);
            default:
                return at;
        }
    }

    private static int EndOfBlock(string sql, int at)
    {
        var depth = 0;
        for (; at + 1 < sql.Length; at++)
        {
            if (sql[at] == '/' && sql[at + 1] == '*')
            {
                depth++;
                at++;
            }
            else if (sql[at] == '*' && sql[at + 1] == '/')
            {
                at++;
                if (--depth == 0)
                    return at + 1;
            }
        }

        return sql.Length;
    }

    private static int EndOfQuote(string sql, int at, char quote, bool hasEscapes)
    {
        for (at++; at < sql.Length; at++)
        {
            if (hasEscapes && sql[at] == '\\')
                at++;
            else if (sql[at] == quote && at + 1 < sql.Length && sql[at + 1] == quote)
                at++;
            else if (sql[at] == quote)
                return at + 1;
        }

        return sql.Length;
    }

    private static int EndOfDollar(string sql, int at)
    {
        var tagEnd = at + 1;
        while (tagEnd < sql.Length && IsWord(sql[tagEnd]))
            tagEnd++;
        if (tagEnd >= sql.Length || sql[tagEnd] != '$' || char.IsAsciiDigit(sql[at + 1]))
            return at;
        var tag = sql[at..(tagEnd + 1)];
        var close = sql.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal);
        return close < 0 ? sql.Length : close + tag.Length;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
