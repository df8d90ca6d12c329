using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>The texts that cells share, in a file of their own, so that memory holds only where each begins.</summary>
internal sealed partial class SharedStrings : IDisposable
{
    private readonly FileStream _file;
    private readonly List<long> _starts = [0];

    public SharedStrings(string scratch)
    {
        Directory.CreateDirectory(scratch);
        _file = new FileStream(
            Path.Combine(scratch, "shared-" + Guid.NewGuid().ToString("N")), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
    }

    /// <summary>Takes in the part that holds them.</summary>
    /// <returns>How many there are.</returns>
    public int Read(XmlReader xml)
    {
        while (xml.Read())
        {
            if (xml is not { NodeType: XmlNodeType.Element, LocalName: "si" })
                continue;
            var bytes = Encoding.UTF8.GetBytes(TextOf(xml));
            _file.Write(bytes);
            _starts.Add(_starts[^1] + bytes.Length);
        }

        _file.Flush();
        return _starts.Count - 1;
    }

    /// <summary>The text of an index; null when there is none.</summary>
    public string? this[int index]
    {
        get
        {
            if (index < 0 || index + 1 >= _starts.Count)
                return null;
            var bytes = new byte[_starts[index + 1] - _starts[index]];
            RandomAccess.Read(_file.SafeFileHandle, bytes, _starts[index]);
            return Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>The text below an element: all of its <c>t</c>, without the readings of characters (<c>rPh</c>). Ends at the element's end.</summary>
    public static string TextOf(XmlReader xml)
    {
        if (xml.IsEmptyElement)
            return "";
        var text = new StringBuilder();
        var (depth, inText) = (xml.Depth, -2);
        while (xml.Read() && xml.Depth > depth)
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "rPh" })
                Pass(xml);
            else if (xml is { NodeType: XmlNodeType.Element, LocalName: "t" })
                inText = xml.Depth;
            else if (xml.Depth == inText + 1 && IsText(xml.NodeType))
                text.Append(xml.Value);
            else if (xml is { NodeType: XmlNodeType.EndElement, LocalName: "t" })
                inText = -2;
        }

        return Unescaped(text.ToString());
    }

    private static bool IsText(XmlNodeType type) =>
        type is XmlNodeType.Text or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace or XmlNodeType.CDATA;

    private static void Pass(XmlReader xml)
    {
        var depth = xml.Depth;
        while (!xml.IsEmptyElement && xml.Read() && xml.Depth > depth)
        {
        }
    }

    /// <summary><c>_x000D_</c> stands for a character that XML cannot hold.</summary>
    public static string Unescaped(string text) => !text.Contains("_x", StringComparison.Ordinal) ? text
        : Escape().Replace(text, m => ((char)int.Parse(m.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    [GeneratedRegex("_x([0-9A-Fa-f]{4})_", RegexOptions.CultureInvariant)]
    private static partial Regex Escape();
}
