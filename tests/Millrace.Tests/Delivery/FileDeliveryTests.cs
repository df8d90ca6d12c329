using System.IO.Compression;
using System.Xml.Linq;
using Millrace.Assets;
using Millrace.Delivery;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Delivery;

/// <summary>Released rows as files, at each release and once by hand.</summary>
public sealed class FileDeliveryTests
{
    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    [InlineData("ndjson")]
    public void A_release_becomes_a_file_that_reads_back_as_the_same_rows(string format)
    {
        using var project = WithOrders().Write("sinks/out.yaml", $"table: orders\ntype: file\nfile: {{path: out/orders.{format}}}\n")
            .Orders("a.csv", "2026-01-01,1,10", "2026-01-02,2,");
        project.RunWell();
        Assert.Equal((DeliveryState.Delivered, 2L), (Deliver(project).State, 2L));
        Assert.Equal(DeliveryState.Stands, Deliver(project).State);
        var file = Path.Combine(project.Folder, "out", "orders." + format);
        Assert.Equal(["2026-01-01|1|10", "2026-01-02|2|NULL"], project.Rows($"SELECT * FROM '{file}' ORDER BY id"));

        project.Orders("b.csv", "2026-01-03,3,30").RunWell();
        Deliver(project);
        Assert.Equal(["3"], project.Rows($"SELECT count(*) FROM '{file}'"));
        Assert.Single(Directory.EnumerateFiles(Path.GetDirectoryName(file)!));
    }

    [Fact]
    public void Each_version_can_have_a_file_of_its_own()
    {
        using var project = WithOrders().Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: \"out/orders-{version}-{date}.csv\"}\n").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        Deliver(project);
        project.Orders("b.csv", "2026-01-03,3,30").RunWell();
        Deliver(project);
        var day = project.Clock.GetUtcNow().ToString("yyyy-MM-dd", null);
        Assert.Equal([$"orders-0-{day}.csv", $"orders-1-{day}.csv"], Directory.GetFiles(Path.Combine(project.Folder, "out")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_run_that_fails_delivers_nothing()
    {
        using var project = WithOrders("checks:\n  - {not_null: amount, on_fail: block}").Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: out.csv}\n")
            .Orders("a.csv", "2026-01-01,1,");
        project.Run();
        var result = Deliver(project);
        Assert.Equal((DeliveryState.Waiting, "nothing of orders is released yet"), (result.State, result.Message));
        Assert.False(File.Exists(Path.Combine(project.Folder, "out.csv")));
    }

    [Fact]
    public void A_changed_sink_delivers_anew()
    {
        using var project = WithOrders().Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: a.csv}\n").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        Deliver(project);
        project.Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: b.csv}\n");
        Assert.Equal(DeliveryState.Delivered, Deliver(project).State);
        Assert.True(File.Exists(Path.Combine(project.Folder, "b.csv")));
    }

    [Fact]
    public void A_folder_in_the_way_is_named()
    {
        using var project = WithOrders().Write("sinks/out.yaml", "table: orders\ntype: file\nfile: {path: out.csv}\n").Write("out.csv/x", "").Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        var result = Deliver(project);
        Assert.Equal(DeliveryState.Failed, result.State);
        Assert.EndsWith("is a folder, so that no file can have this name.", result.Message);
    }

    [Fact]
    public void A_workbook_holds_numbers_as_numbers_and_what_it_cannot_say_as_text()
    {
        using var project = new SampleProject().Table("t", """
            SELECT 1 AS whole, 9007199254740993 AS large, 0.5 AS half, true AS flag, DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 12:00:00' AS noon,
                'a & <b>' || chr(1) || '_x0041_' AS text, NULL AS nothing, 'nan'::DOUBLE AS nan, [1, 2] AS list, DATE '1800-01-01' AS old
            """);
        project.RunWell();
        var file = Path.Combine(project.Folder, "t.xlsx");
        using (var engine = project.Open())
            Assert.Equal(1, engine.Export("t", file, null, null, null));
        using var zip = ZipFile.OpenRead(file);
        using var sheet = zip.GetEntry("xl/worksheets/sheet1.xml")!.Open();
        var rows = XDocument.Load(sheet).Root!.Descendants().Where(e => e.Name.LocalName == "row").ToList();
        Assert.Equal(["whole", "large", "half", "flag", "day", "noon", "text", "nothing", "nan", "list", "old"], rows[0].Elements().Select(c => c.Value));
        Assert.Equal(
            [":1", "inlineStr:9007199254740993", ":0.5", "b:1", ":46024", ":46024.5", "inlineStr:a & <b>_x0001__x005F_x0041_", ":", "inlineStr:NaN", "inlineStr:[1,2]", "inlineStr:1800-01-01"],
            rows[1].Elements().Select(c => $"{(string?)c.Attribute("t")}:{c.Value}"));
    }

    [Fact]
    public void An_earlier_version_can_be_written_once_by_hand()
    {
        using var project = WithOrders().Orders("a.csv", "2026-01-01,1,10");
        project.RunWell();
        project.Orders("b.csv", "2026-01-03,3,30").RunWell();
        using var engine = project.Open();
        var file = Path.Combine(project.Folder, "old.csv");
        Assert.Equal(1, engine.Export("orders", file, null, 0, null));
        Assert.Equal(2, engine.Export("orders", file, null, null, null));
        Assert.Equal("The ending of 'x.doc' names no format. Add --format with one of: csv, parquet, ndjson, xlsx.",
            Assert.Throws<Millrace.Project.EngineException>(() => engine.Export("orders", "x.doc", null, null, null)).Message);
    }

    [Fact]
    public void Mistakes_of_a_sink_are_all_told_with_their_lines()
    {
        using var project = WithOrders().Table("v", "/*---\nkind: view\n---*/\nSELECT 1 AS a").Write("sinks/a.yaml", "table: order\ntype: file\nfile: {path: a.csv}\n")
            .Write("sinks/b.yaml", "table: orders\ntype: postgres\nmode: changes\npostgres:\n  database: d\n  user: u\n  password: p\n  table: t\n")
            .Write("sinks/c.yaml", "table: v\ntype: file\nfile: {path: a.doc}\n")
            .Write("sinks/d.yaml", "table: orders\nkey: nr\ntype: file\nmode: changes\nfile: {path: a.csv}\nhttp: {url: x}\n");
        var problems = project.Problems();
        Assert.Contains(problems, p => p is { File: "sinks/a.yaml", Line: 1, Code: "unknown-asset" } && p.Message.Contains("'orders'", StringComparison.Ordinal));
        Assert.Contains(problems, p => p is { File: "sinks/b.yaml", Line: 7, Code: "literal-secret" });
        Assert.Contains(problems, p => p is { File: "sinks/c.yaml", Line: 3, Code: "missing-key" });
        Assert.Contains(problems, p => p is { File: "sinks/d.yaml", Line: 4, Code: "wrong-mode" });
        Assert.Contains(problems, p => p is { File: "sinks/d.yaml", Line: 6, Code: "wrong-section" });
    }

    private static DeliveryResult Deliver(SampleProject project)
    {
        using var engine = project.Open();
        return Assert.Single(engine.Deliver([], false, _ => { }, TestContext.Current.CancellationToken));
    }
}
