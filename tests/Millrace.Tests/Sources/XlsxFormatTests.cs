using System.IO.Compression;
using System.Text;
using static Millrace.Tests.Sources.SourceFiles;

namespace Millrace.Tests.Sources;

/// <summary>Workbooks that other programs wrote (see workbooks/make.py), and hostile ones.</summary>
public sealed class XlsxFormatTests
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(Here())!, "workbooks");

    private static readonly string[] Orders = ["id bigint", "day date", "at timestamp", "amount double", "paid boolean", "note varchar"];

    [Theory]
    [InlineData("xlsx: {sheet: orders, header_row: 4}")]
    [InlineData("xlsx: {sheet: 2, range: \"B4:G13\"}")]
    public void A_sheet_is_read_with_its_types_and_errors_go_aside(string options)
    {
        using var project = Workbook("orders.xlsx", options, Orders);
        Assert.Equal((7, 5, 2), Counts(project.RunWell()));
        Assert.Equal(
            [
                "1|2024-02-29|2024-02-29 13:45:30|1.1|true|plain",
                "2|1900-03-01|1999-12-31 23:59:59.999|-0.05|false|two\nlines",
                "6|2024-01-02|2024-01-02 00:00:00|1e-07|NULL|merged",
                "7|NULL|NULL|NULL|NULL|NULL",
                "12345678901|NULL|NULL|NULL|NULL| kept é <&>",
            ],
            project.Rows("SELECT id, day, \"at\"::VARCHAR, amount::VARCHAR, paid, note FROM s ORDER BY id"));
        Assert.Equal(
            ["data/orders.xlsx:8: the cell C8 holds the error #N/A", "data/orders.xlsx:9: amount holds 'x', which is no DOUBLE"], project.Aside());
    }

    [Fact]
    public void Texts_that_cells_share_are_read()
    {
        using var project = Workbook("shared.xlsx", "", "id bigint", "name varchar", "at varchar");
        Assert.Equal((200, 200, 0), Counts(project.RunWell()));
        Assert.Equal(
            ["6|name 1|00:06:00", "7|rich and bold text|00:07:00", "8|control \u0001 sign|00:08:00", "199|name 4|03:19:00"],
            project.Rows("SELECT * FROM s WHERE id IN (6, 7, 8, 199) ORDER BY id"));
    }

    [Fact]
    public void Days_are_counted_as_each_workbook_counts_them()
    {
        using var mac = Workbook("mac.xlsx", "", "id bigint", "day date");
        mac.RunWell();
        Assert.Equal(["1|2024-02-29"], mac.Rows("SELECT * FROM s"));

        // The 29th of February 1900, which Excel has and the calendar has not, is no day.
        using var days = Workbook("days.xlsx", "", "serial bigint", "day date");
        Assert.Equal((5, 4, 1), Counts(days.RunWell()));
        Assert.Equal(["1|1900-01-01", "59|1900-02-28", "61|1900-03-01", "45351|2024-02-29"], days.Rows("SELECT * FROM s ORDER BY serial"));
        Assert.Equal(["data/days.xlsx:4: day holds '1900-02-29', which is no DATE"], days.Aside());
    }

    [Fact]
    public void Without_a_header_columns_come_in_the_contracts_order()
    {
        using var project = Workbook("orders.xlsx", "xlsx: {sheet: Orders, range: \"B5:C6\", header_row: 0}", "a bigint", "b date");
        project.RunWell();
        Assert.Equal(["1|2024-02-29", "2|1900-03-01"], project.Rows("SELECT * FROM s ORDER BY a"));
    }

    [Theory]
    [InlineData("xlsx: {sheet: Sales}", "It", "has no sheet 'Sales'. Its sheets are: Notes, Orders.")]
    [InlineData("", "", "lacks the columns id, day, at, amount, paid, note")]
    public void A_workbook_of_another_shape_says_what_it_has(string options, string hint, string says)
    {
        using var project = Workbook("orders.xlsx", options, Orders);
        var message = project.Refusal();
        Assert.Contains(says, message);
        Assert.Contains(hint, message);
        Assert.Contains("data/orders.xlsx", message);
    }

    [Fact]
    public void A_file_that_is_no_whole_workbook_is_named()
    {
        var whole = File.ReadAllBytes(Path.Combine(Folder, "orders.xlsx"));
        using var project = Workbook("orders.xlsx", "xlsx: {sheet: Orders, header_row: 4}", Orders);
        project.RunWell();
        foreach (var bytes in new[] { [], "id,x\n1,2\n"u8.ToArray(), whole[..(whole.Length / 2)], whole[..^5], [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] })
        {
            project.Put("orders.xlsx", bytes);
            Assert.Contains("data/orders.xlsx", project.Refusal());
            Assert.Equal(["5"], project.Rows("SELECT count(*) FROM s"));
        }
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>", "", "damaged")]
    [InlineData("", "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>7</v></c></row>", "shared text 7")]
    [InlineData("", "<row r=\"2\"><c r=\"A2\"><v>1</v>", "damaged")]
    [InlineData("", "BOMB", "looks like a bomb")]
    public void A_hostile_workbook_is_refused_by_name(string dtd, string rows, string says)
    {
        using var project = Source("xlsx", "id bigint");
        using (var zip = ZipFile.Open(Path.Combine(project.Folder, "data/a.xlsx"), ZipArchiveMode.Create))
        {
            const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
            const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
            Part(zip, "_rels/.rels", $"<Relationships><Relationship Id=\"r1\" Type=\"{Office}/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>");
            Part(zip, "xl/workbook.xml", $"<workbook xmlns=\"{Main}\" xmlns:r=\"{Office}\"><sheets><sheet name=\"A\" r:id=\"r1\"/></sheets></workbook>");
            Part(zip, "xl/_rels/workbook.xml.rels", $"<Relationships><Relationship Id=\"r1\" Type=\"{Office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>");
            using var sheet = zip.CreateEntry("xl/worksheets/sheet1.xml").Open();
            sheet.Write(Encoding.UTF8.GetBytes($"{dtd}<worksheet xmlns=\"{Main}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>id</t></is></c></row>"));
            for (var i = 0; rows == "BOMB" && i < 300; i++)
                sheet.Write(new byte[1 << 20].Select(_ => (byte)' ').ToArray());
            sheet.Write(Encoding.UTF8.GetBytes((rows == "BOMB" ? "" : rows) + (rows.EndsWith("</v>", StringComparison.Ordinal) ? "" : "</sheetData></worksheet>")));
        }

        var message = project.Refusal();
        Assert.Contains("data/a.xlsx", message);
        Assert.Contains(says, message);
    }

    private static void Part(ZipArchive zip, string name, string text)
    {
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string file = "") => file;

    private static SampleProject Workbook(string name, string options, params string[] columns) =>
        SourceWith("xlsx", options, columns).Put(name, File.ReadAllBytes(Path.Combine(Folder, name)));
}
