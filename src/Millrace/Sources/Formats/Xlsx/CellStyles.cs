using System.Globalization;
using System.Xml;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>What the styles of cells make of a number: a date, a time, or a number.</summary>
/// <param name="kinds">By the number of the style.</param>
internal sealed class CellStyles(IReadOnlyList<CellKind> kinds)
{
    /// <summary>What a style makes of a number.</summary>
    public CellKind this[int style] => style >= 0 && style < kinds.Count ? kinds[style] : CellKind.Number;

    /// <summary>Reads the part of the styles.</summary>
    public static CellStyles Read(XmlReader xml)
    {
        var formats = new Dictionary<int, CellKind>();
        var kinds = new List<CellKind>();
        var isInCells = false;
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.EndElement && xml.LocalName == "cellXfs")
                isInCells = false;
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (xml.LocalName == "cellXfs")
                isInCells = !xml.IsEmptyElement;
            else if (xml.LocalName == "numFmt" && Number(xml, "numFmtId") is { } id)
                formats[id] = KindOf(xml.GetAttribute("formatCode") ?? "");
            else if (xml.LocalName == "xf" && isInCells)
                kinds.Add(Number(xml, "numFmtId") is { } format ? formats.TryGetValue(format, out var kind) ? kind : BuiltIn(format) : CellKind.Number);
        }

        return new CellStyles(kinds);
    }

    /// <summary>What a format's letters show. Texts in quotes, behind a backslash and in brackets are no letters of it, but [h] is.</summary>
    public static CellKind KindOf(string code)
    {
        var (hasDay, hasClock, hasMonth) = (false, false, false);
        for (var i = 0; i < code.Length && code[i] != ';'; i++)
        {
            switch (char.ToLowerInvariant(code[i]))
            {
                case '"':
                    i = code.IndexOf('"', i + 1) is var quote and >= 0 ? quote : code.Length;
                    break;
                case '\\' or '_' or '*':
                    i++;
                    break;
                case '[':
                    var end = code.IndexOf(']', i);
                    if (end < 0)
                        return CellKind.Number;
                    hasClock |= code[(i + 1)..end].Length > 0 && code[(i + 1)..end].All(c => c is 'h' or 'H' or 'm' or 'M' or 's' or 'S');
                    i = end;
                    break;
                case 'd' or 'y':
                    hasDay = true;
                    break;
                case 'h' or 's':
                    hasClock = true;
                    break;
                case 'm':
                    hasMonth = true;
                    break;
                case 'g' when code.AsSpan(i).StartsWith("general", StringComparison.OrdinalIgnoreCase):
                    return CellKind.Number;
            }
        }

        return hasDay || (hasMonth && !hasClock) ? CellKind.Date : hasClock ? CellKind.Time : CellKind.Number;
    }

    private static CellKind BuiltIn(int format) => format switch
    {
        >= 14 and <= 17 or 22 or (>= 27 and <= 31) or 36 or (>= 50 and <= 54) or 57 or 58 => CellKind.Date,
        (>= 18 and <= 21) or (>= 32 and <= 35) or (>= 45 and <= 47) or 55 or 56 => CellKind.Time,
        _ => CellKind.Number,
    };

    private static int? Number(XmlReader xml, string name) =>
        int.TryParse(xml.GetAttribute(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>What a number in a cell is.</summary>
internal enum CellKind
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A day, with its time where it has one.</summary>
    Date,

    /// <summary>A time of day, or a length of time.</summary>
    Time,
}
