using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;
using Millrace.Assets;
using Millrace.Native;

namespace Millrace.Delivery;

/// <summary>Rows as a workbook with one sheet: a header row, then one row a row, written as they come.</summary>
/// <remarks>
/// Office Open XML, ECMA-376 part 1. A workbook's numbers are doubles: whole numbers beyond 2^53 and decimals of more than 15 digits are
/// written as text, so that no digit is lost; so are dates before March 1900, which its calendar has not, and NaN. Times have no zone there
/// and are UTC. Nested values are JSON.
/// </remarks>
internal static class XlsxFile
{
    /// <summary>Rows that a sheet can have, the header among them.</summary>
    private const int MostRows = 1_048_576;
    private const int MostColumns = 16_384;
    private const int MostLetters = 32_767;
    private const long LargestWhole = 1L << 53;
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Package = "http://schemas.openxmlformats.org/package/2006/";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    // The places of the formats in Styles.
    private const string DayStyle = "1";
    private const string MomentStyle = "2";
    private const string HeaderStyle = "3";

    private const string Styles =
        $"""
        <styleSheet xmlns="{Main}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/></numFmts>
        <fonts count="2"><font/><font><b/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
        <borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/><xf numFmtId="164" applyNumberFormat="1"/>
        <xf numFmtId="165" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs></styleSheet>
        """;

    private static readonly DateTime Epoch = new(1899, 12, 30);
    private static readonly DateTime FirstSoundDay = new(1900, 3, 1);

    /// <returns>Rows written, without the header.</returns>
    /// <exception cref="DeliveryException">More rows, columns or letters than a sheet can hold.</exception>
    public static long Write(DuckConnection connection, string select, string path)
    {
        using var result = connection.Query(Flat(connection, select));
        if (result.Columns.Count > MostColumns)
            throw new DeliveryException(FormattableString.Invariant(
                $"The table has {result.Columns.Count} columns, and a sheet holds {MostColumns}. Deliver Parquet or CSV."));
        using var file = new FileStream(path, FileMode.CreateNew);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        Part(zip, "[Content_Types].xml",
            $"""
            <Types xmlns="{Package}content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
            <Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
            <Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>
            """);
        Part(zip, "_rels/.rels",
            $"""<Relationships xmlns="{Package}relationships"><Relationship Id="r1" Type="{Office}/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
        Part(zip, "xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Office}"><sheets><sheet name="rows" sheetId="1" r:id="r1"/></sheets></workbook>""");
        Part(zip, "xl/_rels/workbook.xml.rels",
            $"""
            <Relationships xmlns="{Package}relationships"><Relationship Id="r1" Type="{Office}/worksheet" Target="worksheets/sheet1.xml"/>
            <Relationship Id="r2" Type="{Office}/styles" Target="styles.xml"/></Relationships>
            """);
        Part(zip, "xl/styles.xml", Styles);
        using var sheet = zip.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.Fastest).Open();
        using var xml = XmlWriter.Create(sheet, new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false });
        return Sheet(xml, result);
    }

    /// <summary>The same rows with lists, structs and maps as JSON, and bytes as hexadecimal digits.</summary>
    private static string Flat(DuckConnection connection, string select)
    {
        using var described = connection.Query($"DESCRIBE {select}");
        var columns = described.Rows().Select(r =>
        {
            var (name, type) = (SqlName.Quote((string)r[0]!), (string)r[1]!);
            return type == "BLOB" ? $"lower(hex({name})) AS {name}" : type.AsSpan().IndexOfAny("[(") >= 0 && !type.StartsWith("DECIMAL", StringComparison.Ordinal)
                ? $"to_json({name})::VARCHAR AS {name}"
                : name;
        });
        return $"SELECT {string.Join(", ", columns)} FROM ({select})";
    }

    private static long Sheet(XmlWriter xml, DuckResult result)
    {
        xml.WriteStartElement("worksheet", Main);
        xml.WriteStartElement("sheetData", Main);
        xml.WriteStartElement("row", Main);
        foreach (var column in result.Columns)
            Text(xml, column.Name, HeaderStyle);
        xml.WriteEndElement();
        var rows = 0;
        foreach (var row in result.Rows())
        {
            if (++rows >= MostRows)
                throw new DeliveryException(FormattableString.Invariant(
                    $"The table has more rows than the {MostRows - 1} that a sheet holds under its header. Deliver Parquet or CSV."));
            xml.WriteStartElement("row", Main);
            for (var i = 0; i < row.Length; i++)
            {
                if (row[i] is string { Length: > MostLetters } text)
                    throw new DeliveryException(FormattableString.Invariant(
                        $"Row {rows} has {text.Length} letters in '{result.Columns[i].Name}', and a cell holds {MostLetters}. Deliver Parquet or CSV."));
                Cell(xml, row[i]);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteEndElement();
        return rows;
    }

    private static void Cell(XmlWriter xml, object? value)
    {
        switch (value)
        {
            case null:
                xml.WriteStartElement("c", Main);
                xml.WriteEndElement();
                break;
            case bool flag:
                Number(xml, flag ? "1" : "0", "b");
                break;
            case sbyte or byte or short or ushort or int or uint:
                Number(xml, ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case long whole when whole is >= -LargestWhole and <= LargestWhole:
                Number(xml, whole.ToString(CultureInfo.InvariantCulture));
                break;
            case float real when float.IsFinite(real):
                Number(xml, real.ToString("R", CultureInfo.InvariantCulture));
                break;
            case double real when double.IsFinite(real):
                Number(xml, real.ToString("R", CultureInfo.InvariantCulture));
                break;
            case decimal exact when exact.ToString(CultureInfo.InvariantCulture).Count(char.IsAsciiDigit) <= 15:
                Number(xml, exact.ToString(CultureInfo.InvariantCulture));
                break;
            case DateOnly day when day.ToDateTime(default) >= FirstSoundDay:
                Number(xml, Serial(day.ToDateTime(default)), style: DayStyle);
                break;
            case DateTime moment when moment >= FirstSoundDay:
                Number(xml, Serial(moment), style: MomentStyle);
                break;
            case DateTimeOffset moment when moment.UtcDateTime >= FirstSoundDay:
                Number(xml, Serial(moment.UtcDateTime), style: MomentStyle);
                break;
            default:
                Text(xml, Plain(value), null);
                break;
        }
    }

    private static string Plain(object value) => value switch
    {
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime moment => moment.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        DateTimeOffset moment => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF'+00'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Serial(DateTime moment) => (moment - Epoch).TotalDays.ToString("R", CultureInfo.InvariantCulture);

    private static void Number(XmlWriter xml, string text, string? type = null, string? style = null)
    {
        xml.WriteStartElement("c", Main);
        if (type is not null)
            xml.WriteAttributeString("t", type);
        if (style is not null)
            xml.WriteAttributeString("s", style);
        xml.WriteElementString("v", Main, text);
        xml.WriteEndElement();
    }

    private static void Text(XmlWriter xml, string text, string? style)
    {
        xml.WriteStartElement("c", Main);
        xml.WriteAttributeString("t", "inlineStr");
        if (style is not null)
            xml.WriteAttributeString("s", style);
        xml.WriteStartElement("is", Main);
        xml.WriteStartElement("t", Main);
        xml.WriteAttributeString("xml", "space", null, "preserve");
        xml.WriteString(Escaped(text));
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>Characters that XML has no place for, and texts that look like their escape, as the standard's <c>_xHHHH_</c>.</summary>
    private static string Escaped(string text)
    {
        static bool IsPlain(char c) => c is '\t' or '\n' || (c >= ' ' && c is not '\uFFFE' and not '\uFFFF');
        if (text.All(IsPlain) && !text.Contains("_x", StringComparison.Ordinal))
            return text;
        var escaped = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var looksEscaped = text[i] == '_' && i + 6 < text.Length && text[i + 1] == 'x' && text[i + 6] == '_'
                && text.AsSpan(i + 2, 4).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;
            if (IsPlain(text[i]) && !looksEscaped)
                escaped.Append(text[i]);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"_x{(int)text[i]:X4}_");
        }

        return escaped.ToString();
    }

    private static void Part(ZipArchive zip, string name, string text)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
        stream.Write(Encoding.UTF8.GetBytes("""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>""" + "\n" + text));
    }
}
