using System.Globalization;

namespace Millrace.Assets;

/// <summary>Reads DuckDB's type texts: words, DECIMAL(p,s), T[], T[n], STRUCT(name T, ...), MAP(K, V), ENUM(...).</summary>
internal sealed class DataTypeParser(string text)
{
    private const int MaxDepth = 32;

    private int _at;
    private int _depth;

    public DataType Read()
    {
        var type = Type();
        SkipSpace();
        return _at == text.Length ? type : throw Unknown();
    }

    private DataType Type()
    {
        if (++_depth > MaxDepth)
            throw TooDeep();
        var type = Base();
        for (var levels = _depth; Take('['); levels++)
        {
            if (levels >= MaxDepth)
                throw TooDeep();
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
            if (!Take(']'))
                throw Unknown();
            type = DataType.Array(type);
        }

        _depth--;
        return type;
    }

    private DataType Base()
    {
        var word = Words();
        switch (word.ToUpperInvariant())
        {
            case "STRUCT" or "ROW":
                return DataType.Struct(Fields());
            case "MAP":
                Expect('(');
                var key = Type();
                Expect(',');
                var value = Type();
                Expect(')');
                return DataType.Map(key, value);
            case "ENUM":
                SkipParenthesis();
                return DataType.String;
            case "DECIMAL" or "DEC" or "NUMERIC" when Take('('):
                var precision = Number();
                var scale = Take(',') ? Number() : 0;
                Expect(')');
                return DataType.Decimal(precision, scale);
            case "VARCHAR" or "CHAR" or "TEXT" when Take('('):
                Number();
                Expect(')');
                return DataType.String;
            case "INTERVAL" or "TIME" or "TIME WITH TIME ZONE" or "TIMETZ" or "TIME_NS":
                throw new FormatException($"The type {word} cannot be stored in a table: Delta Lake has no such type. Cast it, for example to VARCHAR, or to BIGINT with epoch_us(...).");
            case "BIT" or "UNION" or "VARIANT" or "NULL" or "ANY" or "GEOMETRY" or "BIGNUM" or "VARINT":
                throw new FormatException(word.Equals("NULL", StringComparison.OrdinalIgnoreCase) || word == "\"NULL\""
                    ? "A column of bare NULLs has no type. Cast it, for example NULL::DOUBLE."
                    : $"The type {word} cannot be stored in a table. Cast it, for example to VARCHAR.");
            default:
                return DataType.OfWord(word) ?? throw Unknown();
        }
    }

    private List<Column> Fields()
    {
        Expect('(');
        var fields = new List<Column>();
        do
        {
            fields.Add(new Column(Name(), Type(), true));
        }
        while (Take(','));
        Expect(')');
        return fields;
    }

    private string Words()
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == '"')
            return Name();

        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or ' '))
            _at++;
        return text[start.._at].TrimEnd();
    }

    private string Name()
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == '"')
        {
            var name = new System.Text.StringBuilder();
            for (_at++; _at < text.Length; _at++)
            {
                if (text[_at] != '"')
                    name.Append(text[_at]);
                else if (_at + 1 < text.Length && text[_at + 1] == '"')
                    name.Append(text[_at++]);
                else
                    break;
            }

            if (_at >= text.Length)
                throw Unknown();
            _at++;
            return name.ToString();
        }

        var start = _at;
        while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] == '_'))
            _at++;
        return _at > start ? text[start.._at] : throw Unknown();
    }

    private int Number()
    {
        SkipSpace();
        var start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            _at++;
        return int.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Unknown();
    }

    private void SkipParenthesis()
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != '(')
            return;

        var inText = false;
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '\'')
                inText = !inText;
            else if (text[_at] == ')' && !inText)
                break;
        }

        Expect(')');
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Unknown();
    }

    private bool Take(char c)
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < text.Length && text[_at] == ' ')
            _at++;
    }

    private static FormatException TooDeep() =>
        new($"The type is nested more than {MaxDepth} levels deep. Store such a value as JSON in a VARCHAR.");

    private FormatException Unknown() => new(
        $"'{text}' is no type that a table can store. Types are those of DuckDB, for example BIGINT, DOUBLE, DECIMAL(10,2), VARCHAR, DATE, TIMESTAMP, INTEGER[], STRUCT(a INTEGER).");
}
