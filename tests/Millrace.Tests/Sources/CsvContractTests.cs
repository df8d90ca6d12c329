using System.IO.Compression;
using System.Text;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;

namespace Millrace.Tests.Sources;

/// <summary>What is written in a file is what is stored, or the row goes aside with its reason. Rows in = rows stored + rows aside, always.</summary>
public sealed class CsvContractTests
{
    [Theory]
    [InlineData("bigint", "1.5")]
    [InlineData("bigint", "1e3")]
    [InlineData("bigint", "9223372036854775808")]
    [InlineData("bigint", "")]
    [InlineData("bigint", "0x10")]
    [InlineData("bigint", "1_000")]
    [InlineData("bigint", "true")]
    [InlineData("integer", "2147483648")]
    [InlineData("smallint", "32768")]
    [InlineData("tinyint", "-129")]
    [InlineData("tinyint", "127.4")]
    [InlineData("date", "2011-01-01 10:00")]
    [InlineData("date", "2011-01-01 00:00:00")]
    [InlineData("date", "2011-02-29")]
    [InlineData("date", "01.02.2011")]
    [InlineData("date", "2011/01/01")]
    [InlineData("timestamp", "2011-01-01 10:00:00+02")]
    [InlineData("timestamp", "2011-01-01T10:00:00Z")]
    [InlineData("timestamp", "2011-01-01 10:00:00.1234567")]
    [InlineData("timestamp", "2011-01-01 25:00:00")]
    [InlineData("timestamptz", "2011-01-01 10:00:00.1234567Z")]
    [InlineData("decimal(10,2)", "1.239")]
    [InlineData("decimal(10,2)", "123456789.00")]
    [InlineData("decimal(10,2)", "1e1")]
    [InlineData("decimal(4,0)", "1.5")]
    [InlineData("double", "abc")]
    [InlineData("double", "1,5")]
    [InlineData("boolean", "maybe")]
    public void A_value_that_the_type_cannot_hold_as_written_goes_aside(string type, string text)
    {
        using var project = One(type, "").Write("data/a.csv", $"id,x\n1,\"{text}\"\n2,\n");
        var result = project.RunWell();
        Assert.Equal((2, 1, 1), Counts(result));
        Assert.Equal(["2|NULL"], project.Rows("SELECT * FROM s"));
        var aside = Assert.Single(project.Rows("SELECT check_id, source, reason FROM s__quarantine"));
        Assert.StartsWith("contract|data/a.csv|", aside);
        Assert.Contains(text, aside);
    }

    [Theory]
    [InlineData("bigint", "+7", "7")]
    [InlineData("bigint", "007", "7")]
    [InlineData("bigint", "-9223372036854775808", "-9223372036854775808")]
    [InlineData("date", "2011-1-2", "2011-01-02")]
    [InlineData("timestamp", "2011-01-02", "2011-01-02 00:00:00")]
    [InlineData("timestamp", "2011-01-02T03:04", "2011-01-02 03:04:00")]
    [InlineData("timestamp", "2011-01-02 03:04:05.123456", "2011-01-02 03:04:05.123456")]
    [InlineData("timestamptz", "2011-01-02 03:04:05+02:00", "2011-01-02 01:04:05+00")]
    [InlineData("timestamptz", "2011-03-27T02:30:00Z", "2011-03-27 02:30:00+00")]
    [InlineData("decimal(10,2)", "1.2", "1.20")]
    [InlineData("decimal(10,2)", "1.23000", "1.23")]
    [InlineData("decimal(10,2)", "-.5", "-0.50")]
    [InlineData("decimal(38,10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789")]
    [InlineData("double", "1e-5", "1e-05")]
    [InlineData("varchar", " x ", " x ")]
    [InlineData("varchar", "NULL", "NULL")]
    [InlineData("boolean", "true", "true")]
    public void A_value_that_says_what_it_holds_is_stored(string type, string text, string stored)
    {
        using var project = One(type, "").Write("data/a.csv", $"id,x\n1,\"{text}\"\n");
        Assert.Equal((1, 1, 0), Counts(project.RunWell()));
        Assert.Equal([stored], project.Rows("SELECT x::VARCHAR FROM s"));
    }

    [Theory]
    [InlineData("date", "infinity")]
    [InlineData("date", "-infinity")]
    [InlineData("timestamp", "infinity")]
    [InlineData("date", "10000-01-01")]
    [InlineData("date", "2011-01-01 (BC)")]
    public void A_time_outside_of_the_calendar_goes_aside(string type, string text)
    {
        using var project = One(type, "", more: "time_column: x").Write("data/a.csv", $"id,x\n1,{text}\n2,2011-01-01\n");
        Assert.Equal((2, 1, 1), Counts(project.RunWell()));
    }

    [Fact]
    public void Formats_null_texts_and_decimal_commas_are_read_as_declared()
    {
        using var project = new SampleProject().Write("sources/s.yaml", """
            type: csv
            path: data/*.csv
            csv: {delimiter: ";", null_text: NA, decimal_separator: ",", quote: "'", skip_lines: 1, comment: "#"}
            columns:
              - {name: d, type: date, format: "%d.%m.%Y"}
              - {name: x, type: double}
              - {name: m, type: "decimal(10,2)"}
              - {name: t, type: varchar}
            """).Write("data/a.csv", "written by hand\nd;x;m;t\n# a remark\n24.12.2011;1,5;2,25;'a;b'\nNA;NA;NA;NA\n31.02.2011;1;1;x\n01.01.2012;1.5;1;x\n01.01.2012;1;1.50;x\n01.01.2012;2;3;'it''s'\n");
        var result = project.RunWell();
        Assert.Equal(["2011-12-24|1.5|2.25|a;b", "2012-01-01|2|3.00|it's", "NULL|NULL|NULL|NULL"], project.Rows("SELECT * FROM s ORDER BY d"));
        Assert.Equal((6, 3, 3), Counts(result));
    }

    [Fact]
    public void A_quoted_empty_text_is_a_text_and_an_empty_value_is_none()
    {
        using var project = One("varchar", "").Write("data/a.csv", "id,x\n1,\"\"\n2,\n");
        project.RunWell();
        Assert.Equal(["1|false", "2|true"], project.Rows("SELECT id, x IS NULL FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("id;x\n1;2\n", "delimiter: \";\"")]
    [InlineData("id\tx\n1\t2\n", "delimiter: \"\\t\"")]
    [InlineData("id,y\n1,2\n", "lacks the column x")]
    [InlineData("id,x,z\n1,2,3\n", "contract: {columns: ignore}")]
    [InlineData("id,x,X\n1,2,3\n", "twice")]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    public void A_file_of_another_shape_stops_the_load_and_says_what_to_do(string text, string says)
    {
        using var project = One("bigint", "").Write("data/a.csv", text);
        var result = project.Run();
        Assert.Equal(AssetOutcome.Failed, Of(result, "s").Outcome);
        Assert.Contains(says, Of(result, "s").Message);
        Assert.Contains("data/a.csv", Of(result, "s").Message);
    }

    [Fact]
    public void No_file_at_all_says_where_it_looked()
    {
        using var project = One("bigint", "");
        Assert.Contains("data/*.csv", Of(project.Run(), "s").Message);
    }

    [Fact]
    public void A_file_with_a_header_alone_has_no_rows()
    {
        using var project = One("bigint", "").Write("data/a.csv", "id,x\n");
        Assert.Equal((0, 0, 0), Counts(project.RunWell()));
        Assert.Empty(project.Rows("SELECT * FROM s"));
        Assert.Equal((1, 1, 0), Counts(project.Write("data/b.csv", "id,x\n1,2\n").RunWell()));
    }

    [Fact]
    public void Extra_columns_are_left_out_where_the_contract_says_so()
    {
        using var project = One("bigint", "", more: "contract: {columns: ignore}").Write("data/a.csv", "z,x,id\n\"a,b\",2,1\n");
        project.RunWell();
        Assert.Equal(["1|2"], project.Rows("SELECT * FROM s"));
    }

    [Fact]
    public void Files_may_have_their_columns_in_any_order_and_case()
    {
        using var project = One("bigint", "").Write("data/a.csv", "id,x\n1,10\n").Write("data/b.csv", "X,ID\n20,2\n").Write("data/c.csv", "id,x\n3,bad\n").Write("data/d.csv", "x,id\nbad,4\n40,5\n");
        Assert.Equal((5, 3, 2), Counts(project.RunWell()));
        Assert.Equal(["1|10", "2|20", "5|40"], project.Rows("SELECT * FROM s ORDER BY id"));
        Assert.Equal(["data/c.csv", "data/d.csv"], project.Rows("SELECT source FROM s__quarantine ORDER BY 1"));
    }

    [Fact]
    public void Byte_order_marks_line_ends_and_compression_make_no_difference()
    {
        using var project = One("bigint", "");
        Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
        File.WriteAllBytes(Path.Combine(project.Folder, "data/a.csv"), [.. Encoding.UTF8.Preamble, .. "id,x\r\n1,2\r\n"u8]);
        using (var file = new GZipStream(File.Create(Path.Combine(project.Folder, "data/b.csv.gz")), CompressionLevel.Fastest))
            file.Write("id,x\n2,3\n3,bad\n"u8);
        File.WriteAllText(Path.Combine(project.Folder, "data/c.csv"), "id,x\n4,5");
        project.Write("sources/s.yaml", File.ReadAllText(Path.Combine(project.Folder, "sources/s.yaml")).Replace("*.csv", "*.csv*", StringComparison.Ordinal));
        Assert.Equal((4, 3, 1), Counts(project.RunWell()));
        Assert.Equal(["1|2", "2|3", "4|5"], project.Rows("SELECT * FROM s ORDER BY id"));
    }

    [Theory]
    [InlineData("id,x,t\n1,2,a\n2,3\n3,4,c\n", 3, 2)]
    [InlineData("id,x,t\n1,2,a\n2,3,b,c\n3,4,c\n", 3, 2)]
    [InlineData("id,x,t\n1,2,a\n2,bad,\"b\n3,4,c\n", 2, 1)]
    [InlineData("id,x,t\n1,2,a\n\n3,4,c\n", 2, 2)]
    [InlineData("id,x,t\n1,2,\"a\"\"b\"\n2,3,\"a\"b\n3,4,c\n", 3, 2)]
    [InlineData("id,x,t\n1,2,\"a\nb\"\n2,nope,\"c\nd\"\n", 2, 1)]
    public void A_broken_line_goes_aside_and_the_counts_add_up(string text, int rowsIn, int rowsOut)
    {
        using var project = One("bigint", "  - {name: t, type: varchar}").Write("data/a.csv", text);
        Assert.Equal((rowsIn, rowsOut, rowsIn - rowsOut), Counts(project.RunWell()));
        Assert.Equal(rowsIn - rowsOut, project.Rows("SELECT * FROM s__quarantine").Count);
        Assert.Equal(rowsOut, project.Rows("SELECT * FROM s").Count);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_never_stored()
    {
        using var project = One("bigint", "  - {name: t, type: varchar}");
        Directory.CreateDirectory(Path.Combine(project.Folder, "data"));
        File.WriteAllBytes(Path.Combine(project.Folder, "data/a.csv"), [.. "id,x,t\n1,2,a\n2,3,"u8, 0xFF, 0xFE, .. "\n3,4,c\n"u8]);
        var result = project.Run();
        if (Of(result, "s").Outcome == AssetOutcome.Computed)
            Assert.Equal((3, 2, 1), Counts(result));
        else
            Assert.Contains("data/a.csv", Of(result, "s").Message);
    }

    [Fact]
    public void Files_whose_names_look_like_patterns_are_read_themselves()
    {
        using var project = One("bigint", "").Write("data/a[1].csv", "id,x\n1,1\n").Write("data/a1.csv", "id,x\n2,2\n").Write("data/a?.csv", "id,x\n3,3\n").Write("data/it's.csv", "id,x\n4,bad\n");
        Assert.Equal((4, 3, 1), Counts(project.RunWell()));
        Assert.Equal(["1", "2", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
        Assert.Equal(["data/it's.csv"], project.Rows("SELECT source FROM s__quarantine"));
    }

    [Fact]
    public void A_project_folder_whose_name_looks_like_a_pattern_works()
    {
        using var project = new SampleProject(Path.Combine(Path.GetTempPath(), $"millrace [x] it's {Guid.NewGuid():N}"))
            .Write("sources/s.yaml", "type: csv\npath: data/*.csv\ncolumns: [{name: id, type: bigint}]\n").Write("data/a.csv", "id\n1\nx\n");
        Assert.Equal((2, 1, 1), Counts(project.RunWell()));
        Assert.Equal(["data/a.csv"], project.Rows("SELECT source FROM s__quarantine"));
    }

    [Fact]
    public void A_load_in_which_no_row_fits_is_blocked_and_leaves_nothing_behind()
    {
        using var project = One("bigint", "").Write("data/a.csv", "id,x\n1,a\n2,b\n");
        var result = project.Run();
        Assert.Equal(AssetOutcome.Blocked, Of(result, "s").Outcome);
        Assert.Contains("2 of 2 rows do not fit the contract", Of(result, "s").Message);
        Assert.Contains("data/a.csv", Of(result, "s").Message);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace", "lake"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Frozen_types_stop_the_load_at_one_bad_row_and_shows_it()
    {
        using var project = One("bigint", "", more: "contract: {types: freeze}").Write("data/a.csv", "id,x\n1,1\n2,bad\n");
        var result = project.Run();
        Assert.Equal(AssetOutcome.Blocked, Of(result, "s").Outcome);
        Assert.Contains("bad", Of(result, "s").Message);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(project.Folder, ".millrace", "lake"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_required_column_without_a_value_sets_its_row_aside()
    {
        using var project = new SampleProject().Write("sources/s.yaml", "type: csv\npath: data/*.csv\ncolumns:\n  - {name: id, type: bigint, required: true}\n  - {name: x, type: bigint}\n")
            .Write("data/a.csv", "id,x\n1,1\n,2\nbad,3\n");
        Assert.Equal((3, 1, 2), Counts(project.RunWell()));
        Assert.Equal(["contract", "required(id)"], project.Rows("SELECT check_id FROM s__quarantine ORDER BY 1"));
    }

    [Fact]
    public void Random_files_always_reconcile()
    {
        var random = new Random(5);
        string[] values = ["1", "-7", "1.5", "abc", "", "\"3\"", "\"\"", " 4", "99999999999999999999", "1,2", "\"a\"\"b\""];
        using var project = One("bigint", "  - {name: t, type: varchar}\nchecks:\n  - between: {column: x, min: 0}\n    on_fail: quarantine\n  - unique: id\n    on_fail: quarantine");
        var lines = 0;
        for (var file = 0; file < 4; file++)
        {
            var text = new StringBuilder(random.Next(2) == 0 ? "id,x,t\n" : "ID,X,T\n");
            for (var line = 0; line < 60; line++, lines++)
                text.Append(values[random.Next(3)]).Append(',').Append(values[random.Next(values.Length)]).Append(',').Append(values[random.Next(values.Length)]).Append('\n');
            text.Append("100,1,fits\n");
            project.Write($"data/{file}.csv", text.ToString());
            lines++;
            if (file == 1)
            {
                Assert.Equal(lines, Counts(project.RunWell()).In);
                lines = 0;
            }
        }

        var second = project.RunWell();
        Assert.Equal(lines, Counts(second).In);
        Assert.Equal(4 * 61, project.Rows("SELECT * FROM s").Count + project.Rows("SELECT * FROM s__quarantine").Count);
    }

    private static SampleProject One(string type, string columns, string more = "") => new SampleProject().Write("sources/s.yaml", $$"""
        type: csv
        path: data/*.csv
        {{more}}
        columns:
          - {name: id, type: bigint}
          - {name: x, type: "{{type}}"}
        {{columns.ReplaceLineEndings("\n")}}
        """);

    private static (long In, long Out, long Aside) Counts(RunResult result) =>
        (Of(result, "s").Rows.In, Of(result, "s").Rows.Out, Of(result, "s").Rows.Quarantined);
}
