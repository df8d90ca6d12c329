using System.Globalization;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>A rectangle of cells, rows and columns from 1, both ends within.</summary>
internal readonly record struct CellRange(int Left, int Top, int Right, int Bottom)
{
    /// <summary>All cells.</summary>
    public static CellRange All { get; } = new(1, 1, 16384, 1048576);

    /// <summary>Reads <c>B2:F100</c>, <c>B:F</c>, <c>2:100</c> or <c>B2</c>, which is all from there.</summary>
    public static CellRange? Parse(string text)
    {
        var ends = text.Replace("$", "", StringComparison.Ordinal).Split(':');
        if (ends.Length > 2 || Corner(ends[0]) is not { } from)
            return null;
        if (ends.Length == 1)
            return from.Column > 0 && from.Row > 0 ? All with { Left = from.Column, Top = from.Row } : null;
        if (Corner(ends[1]) is not { } to)
            return null;
        var range = new CellRange(
            Math.Max(from.Column, 1), Math.Max(from.Row, 1), to.Column > 0 ? to.Column : All.Right, to.Row > 0 ? to.Row : All.Bottom);
        return range.Left <= range.Right && range.Top <= range.Bottom ? range : null;
    }

    /// <summary>Column and row of a reference such as <c>AB12</c>; 0 for what it does not say.</summary>
    public static (int Column, int Row)? Corner(string text)
    {
        var letters = 0;
        var column = 0;
        for (; letters < text.Length && char.IsAsciiLetter(text[letters]); letters++)
            column = (column * 26) + (text[letters] & 0x1F);
        var row = 0;
        if (letters < text.Length && !int.TryParse(text.AsSpan(letters), NumberStyles.None, CultureInfo.InvariantCulture, out row))
            return null;
        return letters > 3 || column > 16384 || row > 1048576 || text.Length == 0 || (letters < text.Length && row == 0) ? null : (column, row);
    }

    /// <summary>The letters of a column.</summary>
    public static string Letters(int column) => column <= 26
        ? ((char)('A' + column - 1)).ToString()
        : Letters((column - 1) / 26) + (char)('A' + ((column - 1) % 26));
}
