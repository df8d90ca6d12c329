using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>An Excel workbook: a zip of XML parts. It is read as a stream, whatever its size.</summary>
/// <remarks>Part names come from the relationships. A DTD is refused, and a part that grows beyond what a workbook can be.</remarks>
internal sealed class Workbook : IDisposable
{
    private readonly ZipArchive _zip;
    private readonly string _file;
    private readonly string _folder;
    private readonly Dictionary<string, (string Type, string Target)> _links;

    /// <param name="path">Where it lies.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="SourceException">It is no workbook.</exception>
    public Workbook(string path, string file)
    {
        _file = file;
        using (var head = File.OpenRead(path))
        {
            Span<byte> magic = stackalloc byte[4];
            if (head.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]))
                throw new SourceException($"{file} is an old workbook (.xls) or one with a password. Save it as .xlsx without a password.");
        }

        try
        {
            _zip = ZipFile.OpenRead(path);
        }
        catch (InvalidDataException e)
        {
            throw new SourceException($"{file} is no .xlsx workbook: {e.Message} Nothing was loaded.", e);
        }

        try
        {
            var main = Links("_rels/.rels", "").Values.FirstOrDefault(l => l.Type.EndsWith("/officeDocument", StringComparison.Ordinal)).Target
                ?? throw new SourceException($"{file} is no .xlsx workbook: no part of it says that it is one. Nothing was loaded.");
            _folder = main.Contains('/', StringComparison.Ordinal) ? main[..(main.LastIndexOf('/') + 1)] : "";
            _links = Links($"{_folder}_rels/{main[_folder.Length..]}.rels", _folder);
            (Sheets, Is1904) = Read(main, ReadSheets);
        }
        catch
        {
            _zip.Dispose();
            throw;
        }
    }

    /// <summary>True when days are counted from 1904-01-01.</summary>
    public bool Is1904 { get; }

    /// <summary>Names and parts of the sheets in order.</summary>
    public IReadOnlyList<(string Name, string Part)> Sheets { get; }

    /// <summary>The part of a sheet by its name, else by its number.</summary>
    /// <exception cref="SourceException">There is none.</exception>
    public string Sheet(string? sheet)
    {
        if (Sheets.Count > 0 && sheet is null)
            return Sheets[0].Part;
        var named = Sheets.Where(s => s.Name.Equals(sheet, StringComparison.OrdinalIgnoreCase)).Select(s => s.Part).FirstOrDefault();
        if (named is null && int.TryParse(sheet, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= Sheets.Count)
            named = Sheets[number - 1].Part;
        return named ?? throw new SourceException($"{_file} has no sheet '{sheet}'. Its sheets are: {string.Join(", ", Sheets.Select(s => s.Name))}.");
    }

    /// <summary>The shared texts, kept in a file.</summary>
    public SharedStrings SharedStrings(string scratch)
    {
        var strings = new SharedStrings(scratch);
        try
        {
            if (Linked("/sharedStrings") is { } part)
                Read(part, strings.Read);
            return strings;
        }
        catch
        {
            strings.Dispose();
            throw;
        }
    }

    /// <summary>What the cell styles say about dates.</summary>
    public CellStyles Styles() => Linked("/styles") is { } part ? Read(part, CellStyles.Read) : new CellStyles([]);

    /// <summary>Reads a part.</summary>
    /// <exception cref="SourceException">It is not there, is damaged, or grows like a bomb.</exception>
    public T Read<T>(string part, Func<XmlReader, T> read)
    {
        var entry = _zip.GetEntry(part) ?? throw new SourceException($"{_file} lacks the part '{part}' that it refers to. Nothing was loaded.");
        try
        {
            using var stream = new BoundedStream(entry.Open(), Math.Max(1L << 28, entry.CompressedLength * 200), $"{_file}: its part '{part}'");
            using var xml = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true });
            return read(xml);
        }
        catch (Exception e) when (e is XmlException or InvalidDataException or FormatException or OverflowException or EndOfStreamException)
        {
            throw new SourceException($"{_file} cannot be read: its part '{part}' is damaged. {e.Message} Nothing was loaded.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    private string? Linked(string type) => _links.Values.FirstOrDefault(l => l.Type.EndsWith(type, StringComparison.Ordinal)).Target;

    private Dictionary<string, (string Type, string Target)> Links(string part, string folder) => Read(part, xml =>
    {
        var links = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        while (xml.Read())
        {
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "Relationship" } && xml.GetAttribute("TargetMode") != "External"
                && xml.GetAttribute("Id") is { } id && xml.GetAttribute("Target") is { } target)
            {
                links[id] = (xml.GetAttribute("Type") ?? "", target.StartsWith('/') ? target[1..] : Plain(folder + target));
            }
        }

        return links;
    });

    private static string Plain(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ".."))
                parts.Add(part);
        }

        return string.Join('/', parts);
    }

    private (IReadOnlyList<(string, string)> Sheets, bool Is1904) ReadSheets(XmlReader xml)
    {
        var sheets = new List<(string, string)>();
        var is1904 = false;
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (xml.LocalName == "workbookPr")
                is1904 = xml.GetAttribute("date1904") is "1" or "true";
            else if (xml.LocalName == "sheet" && xml.GetAttribute("name") is { } name && Id(xml) is { } id && _links.TryGetValue(id, out var link))
                sheets.Add((name, link.Target));
        }

        return (sheets, is1904);
    }

    private static string? Id(XmlReader xml) =>
        xml.GetAttribute("id", "http://schemas.openxmlformats.org/officeDocument/2006/relationships")
        ?? xml.GetAttribute("id", "http://purl.oclc.org/ooxml/officeDocument/relationships");
}
