using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Native;

namespace Millrace.Cli.Output;

/// <summary>A column of rows that are written. Numbers stand on the right.</summary>
internal readonly record struct ResultColumn(string Name, bool IsNumber);

/// <summary>The rows of a query as a table for people, as CSV, or as JSON.</summary>
internal static class ResultText
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How wide a cell may be on a terminal, the first that makes all columns fit.</summary>
    private static readonly int[] CellWidths = [60, 32, 20];

    /// <summary>Writes the first rows and says how many there are in all.</summary>
    /// <param name="width">Columns of the terminal; null to cut nothing.</param>
    /// <param name="most">Rows to show; 0 for all.</param>
    public static void WriteTable(DuckResult result, TextWriter to, Paint paint, int? width, int most)
    {
        var (rows, total) = Take(result, most == 0 ? int.MaxValue : most);
        WriteTable([.. result.Columns.Select(c => new ResultColumn(c.Name, IsNumber(c.Type)))], rows, total, to, paint, width, keepsLast: false);
    }

    /// <summary>The same for rows that no query gave; the last column stays, whatever else has no room.</summary>
    public static void WriteTable(IReadOnlyList<ResultColumn> columns, IReadOnlyList<object?[]> rows, TextWriter to, Paint paint, int? width, int most)
    {
        var texts = rows.Take(most == 0 ? int.MaxValue : most).Select(r => Array.ConvertAll(r, Printed)).ToList();
        WriteTable(columns, texts, rows.Count, to, paint, width, keepsLast: true);
    }

    /// <summary>Writes RFC 4180 with a header and line feeds. NULL is an empty field, the empty text is <c>""</c>.</summary>
    public static void WriteCsv(DuckResult result, TextWriter to) => WriteCsv([.. result.Columns.Select(c => c.Name)], result.Rows(), to);

    /// <summary>The same for rows that no query gave.</summary>
    public static void WriteCsv(IReadOnlyList<string> names, IEnumerable<object?[]> rows, TextWriter to)
    {
        to.WriteLine(string.Join(',', names.Select(Quoted)));
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                if (i > 0)
                    to.Write(',');
                to.Write(ValueText.Of(row[i]) is { } text ? Quoted(text) : "");
            }

            to.WriteLine();
        }
    }

    /// <summary>Writes an array with one object a row, one row a line. The second column of one name becomes <c>name_1</c>.</summary>
    public static void WriteJson(DuckResult result, TextWriter to) => WriteJson([.. result.Columns.Select(c => c.Name)], result.Rows(), to);

    /// <summary>The same for rows that no query gave.</summary>
    public static void WriteJson(IReadOnlyList<string> columns, IEnumerable<object?[]> rows, TextWriter to)
    {
        var names = UniqueNames(columns);
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes, Compact);
        var isFirst = true;
        to.Write('[');
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            for (var i = 0; i < row.Length; i++)
            {
                writer.WritePropertyName(names[i]);
                ValueText.Write(writer, row[i]);
            }

            writer.WriteEndObject();
            writer.Flush();
            to.Write(isFirst ? "\n" : ",\n");
            to.Write(Encoding.UTF8.GetString(bytes.WrittenSpan));
            bytes.ResetWrittenCount();
            writer.Reset();
            isFirst = false;
        }

        to.WriteLine(isFirst ? "]" : "\n]");
    }

    private static void WriteTable(
        IReadOnlyList<ResultColumn> columns, List<string?[]> rows, long total, TextWriter to, Paint paint, int? width, bool keepsLast)
    {
        var (shown, cell) = Fit(columns, rows, width, keepsLast);
        var headings = shown.Select(i => new Heading(Cut(columns[i].Name, cell), columns[i].IsNumber));
        var table = new TextTable([.. headings]) { HasRule = true };
        foreach (var row in rows)
            table.Add([.. shown.Select(i => row[i] is { } text ? new Cell(Cut(text, cell)) : new Cell("NULL", Tone.Quiet))]);
        table.Write(to, paint);

        var count = rows.Count < total
            ? $"{Human.Number(rows.Count)} of {Human.Count(total, "row")}. All of them: --rows 0, or --format csv."
            : Human.Count(total, "row") + ".";
        var hidden = columns.Where((_, i) => !shown.Contains(i)).Select(c => TextTable.Printable(c.Name)).ToList();
        var left = hidden.Count > 0 ? $" No room for {Human.Count(hidden.Count, "column")}: {Human.Join(hidden)}." : "";
        to.WriteLine(paint.Of(Tone.Quiet, count + left));
    }

    private static (List<string?[]> Rows, long Total) Take(DuckResult result, int most)
    {
        var (rows, total) = (new List<string?[]>(), 0L);
        while (result.Fetch() is { } fetched)
        {
            using var chunk = fetched;
            for (var row = 0; row < chunk.Rows && rows.Count < most; row++)
            {
                var values = new string?[chunk.ColumnCount];
                for (var column = 0; column < values.Length; column++)
                    values[column] = Printed(chunk[column].Value(row));
                rows.Add(values);
            }

            total += chunk.Rows;
        }

        return (rows, total);
    }

    /// <summary>Which columns have room, and how wide their cells may be.</summary>
    private static (IReadOnlyList<int> Columns, int Cell) Fit(IReadOnlyList<ResultColumn> columns, List<string?[]> rows, int? width, bool keepsLast)
    {
        if (width is not { } room)
            return ([.. Enumerable.Range(0, columns.Count)], int.MaxValue);
        var natural = columns
            .Select((c, i) => rows.Select(r => TextTable.Width(r[i] ?? "NULL")).Append(TextTable.Width(c.Name)).Max())
            .ToList();
        foreach (var cell in CellWidths)
        {
            if (natural.Sum(w => Math.Min(w, cell) + 2) - 2 <= room)
                return ([.. Enumerable.Range(0, columns.Count)], cell);
        }

        var kept = keepsLast ? 1 : 0;
        var (shown, used) = (0, keepsLast ? Math.Min(natural[^1], CellWidths[^1]) + 2 : 0);
        while (shown < columns.Count - kept && (used += Math.Min(natural[shown], CellWidths[^1]) + 2) - 2 <= room)
            shown++;
        shown = Math.Max(shown, 1 - kept);
        return ([.. Enumerable.Range(0, shown), .. Enumerable.Repeat(columns.Count - 1, kept)], CellWidths[^1]);
    }

    private static string? Printed(object? value) => ValueText.Of(value) is { } text ? TextTable.Printable(text) : null;

    private static string Cut(string text, int width) => width == int.MaxValue ? text : TextTable.Cut(text, width);

    private static bool IsNumber(DuckType type) => type.Id
        is DuckTypeId.TinyInt or DuckTypeId.SmallInt or DuckTypeId.Integer or DuckTypeId.BigInt or DuckTypeId.HugeInt
        or DuckTypeId.UTinyInt or DuckTypeId.USmallInt or DuckTypeId.UInteger or DuckTypeId.UBigInt or DuckTypeId.UHugeInt
        or DuckTypeId.BigNum or DuckTypeId.Float or DuckTypeId.Double or DuckTypeId.Decimal;

    private static string Quoted(string text)
    {
        var isPlain = text.Length > 0 && text.AsSpan().IndexOfAny(",\"\r\n") < 0 && text[0] != ' ' && text[^1] != ' ';
        return isPlain ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static List<string> UniqueNames(IReadOnlyList<string> columns)
    {
        var names = new List<string>();
        foreach (var column in columns)
        {
            var name = column;
            for (var n = 1; names.Contains(name); n++)
                name = $"{column}_{n}";
            names.Add(name);
        }

        return names;
    }
}
