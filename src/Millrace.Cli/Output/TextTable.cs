using System.Globalization;
using System.Text;

namespace Millrace.Cli.Output;

/// <summary>The text of one cell and what it means.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>The head of a column. Numbers stand on the right.</summary>
internal readonly record struct Heading(string Text, bool IsRight = false)
{
    public static implicit operator Heading(string text) => new(text);
}

/// <summary>Rows in aligned columns, the same text for a terminal and for a pipe.</summary>
internal sealed class TextTable(params IReadOnlyList<Heading> headings)
{
    private const string Gap = "  ";
    private readonly List<IReadOnlyList<Cell>> _rows = [];

    /// <summary>Draws a line under the headings: for rows of data, which could be taken for headings.</summary>
    public bool HasRule { get; init; }

    public void Add(params IReadOnlyList<Cell> cells) => _rows.Add([.. cells.Select(c => c with { Text = Printable(c.Text) })]);

    /// <summary>Writes the table. On a terminal too narrow for it the last column goes on in the next line, under itself.</summary>
    public void Write(TextWriter to, Paint paint, int? width = null)
    {
        var widths = headings.Select((h, i) => _rows.Select(r => Width(r[i].Text)).Append(Width(h.Text)).Max()).ToArray();
        var before = widths.SkipLast(1).Sum() + (Gap.Length * (widths.Length - 1));
        if (width - before is { } room && room < widths[^1] && !headings[^1].IsRight)
            widths[^1] = Math.Max(room, 24);

        WriteRow(to, paint, widths, [.. headings.Select(h => new Cell(Printable(h.Text), Tone.Strong))]);
        if (HasRule)
            WriteRow(to, paint, widths, [.. widths.Select(w => new Cell(new string('─', w), Tone.Quiet))]);
        foreach (var row in _rows)
            WriteRow(to, paint, widths, row);
    }

    /// <summary>The columns that a text takes on a terminal: 2 for East Asian and picture characters, 0 for combining marks.</summary>
    public static int Width(string text) => text.EnumerateRunes().Sum(Width);

    /// <summary>The text on one line, with nothing in it that would steer a terminal.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var shown = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\n' => shown.Append("\\n"),
                '\r' => shown.Append("\\r"),
                '\t' => shown.Append("\\t"),
                _ when char.IsControl(c) => shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }

    /// <summary>The text cut to so many columns, with <c>…</c> where something is missing.</summary>
    public static string Cut(string text, int width)
    {
        if (Width(text) <= width)
            return text;
        var (kept, used) = (new StringBuilder(), 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += Width(rune);
            if (used > width - 1)
                break;
            kept.Append(rune.ToString());
        }

        return kept.Append('…').ToString();
    }

    /// <summary>The text in lines of at most so many columns, broken at spaces; a longer word stays whole.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        if (Width(text) <= width)
            return [text];
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && Width(line) + 1 + Width(word) > width)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = line.Length > 0 ? $"{line} {word}" : word;
            }
        }

        lines.Add(line);
        return lines;
    }

    private void WriteRow(TextWriter to, Paint paint, int[] widths, IReadOnlyList<Cell> cells)
    {
        var line = new StringBuilder();
        var blank = 0;
        for (var i = 0; i < cells.Count - 1; i++)
        {
            var pad = widths[i] - Width(cells[i].Text);
            if (headings[i].IsRight)
                line.Append(' ', pad).Append(paint.Of(cells[i].Tone, cells[i].Text)).Append(Gap);
            else
                line.Append(paint.Of(cells[i].Tone, cells[i].Text)).Append(' ', pad).Append(Gap);
            blank += widths[i] + Gap.Length;
        }

        var last = cells[^1];
        if (headings[^1].IsRight)
            line.Append(' ', widths[^1] - Width(last.Text));
        var parts = Wrap(last.Text, widths[^1]);
        to.WriteLine(line.Append(paint.Of(last.Tone, parts[0])).ToString().TrimEnd());
        foreach (var part in parts.Skip(1))
            to.WriteLine(new string(' ', blank) + paint.Of(last.Tone, part));
    }


    private static int Width(Rune rune)
    {
        if (rune.IsAscii)
            return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
            return 0;
        return rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
            or (>= 0x1F300 and <= 0x1F64F) or (>= 0x1F900 and <= 0x1F9FF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1;
    }
}
