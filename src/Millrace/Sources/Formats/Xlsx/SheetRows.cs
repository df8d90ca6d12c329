using System.Globalization;
using System.Xml;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>The rows of a sheet with their values as text, one by one.</summary>
internal sealed class SheetRows(XmlReader xml, SharedStrings strings, CellStyles styles, bool is1904, CellRange range)
{
    private readonly SortedDictionary<int, string> _values = [];
    private int _row;

    /// <summary>The row's number in the sheet, from 1.</summary>
    public int Row => _row;

    /// <summary>The values by the columns' numbers, from 1; cells without one are left out.</summary>
    public IReadOnlyDictionary<int, string> Values => _values;

    /// <summary>Why the row cannot be read: a cell that holds an error.</summary>
    public string? Error { get; private set; }

    /// <summary>Goes to the next row of the range that has a value.</summary>
    public bool Read()
    {
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "row")
                continue;
            _row = int.TryParse(xml.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : _row + 1;
            if (_row > range.Bottom)
                return false;
            _values.Clear();
            Error = null;
            if (!xml.IsEmptyElement)
                ReadCells();
            if (_row >= range.Top && (_values.Count > 0 || Error is not null))
                return true;
        }

        return false;
    }

    private void ReadCells()
    {
        var depth = xml.Depth;
        var column = 0;
        while (xml.Read() && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "c")
                continue;
            column = xml.GetAttribute("r") is { } reference && CellRange.Corner(reference) is { Column: > 0 } corner ? corner.Column : column + 1;
            var (type, style) = (xml.GetAttribute("t"), xml.GetAttribute("s"));
            var raw = ReadCell();
            if (raw is null || column < range.Left || column > range.Right || _row < range.Top)
                continue;
            if (Text(type, style, raw) is { } text)
                _values[column] = text;
            if (type == "e")
                Error ??= $"the cell {CellRange.Letters(column)}{_row.ToString(CultureInfo.InvariantCulture)} holds the error {raw}";
        }
    }

    /// <summary>The text of <c>v</c>, or of <c>is</c>; null when there is none.</summary>
    private string? ReadCell()
    {
        if (xml.IsEmptyElement)
            return null;
        string? value = null;
        var depth = xml.Depth;
        xml.Read();
        while (xml.Depth > depth)
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "is" })
            {
                value = SharedStrings.TextOf(xml);
                xml.Read();
            }
            else if (xml is { NodeType: XmlNodeType.Element, LocalName: "v" })
            {
                value = xml.ReadElementContentAsString();
            }
            else
            {
                xml.Skip();
            }
        }

        return value;
    }

    private string? Text(string? type, string? style, string raw)
    {
        switch (type)
        {
            case "s":
                return int.TryParse(raw, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && strings[index] is { } shared
                    ? shared
                    : throw new InvalidDataException($"A cell of row {_row.ToString(CultureInfo.InvariantCulture)} names the shared text {raw}, which is not there.");
            case "str":
                return SharedStrings.Unescaped(raw);
            case "inlineStr" or "e":
                return raw;
            case "b":
                return raw == "1" ? "true" : raw == "0" ? "false" : raw;
            case "d":
                return raw;
            default:
                if (raw.Length == 0)
                    return null;
                var kind = int.TryParse(style, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? styles[number] : styles[0];
                return kind switch
                {
                    CellKind.Date => CellValue.Date(raw, is1904),
                    CellKind.Time => CellValue.Time(raw),
                    _ => CellValue.Number(raw),
                };
        }
    }
}
