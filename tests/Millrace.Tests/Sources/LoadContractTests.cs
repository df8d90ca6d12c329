using System.Text;
using Millrace.Native;
using Millrace.Runs;
using static Millrace.Tests.SampleProject;
using static Millrace.Tests.Sources.SourceFiles;

namespace Millrace.Tests.Sources;

/// <summary>What a load does where the data is not as the contract says. Rows in = rows stored + rows aside, in every mode.</summary>
public sealed class LoadContractTests
{
    public static TheoryData<string> Formats => ["csv", "ndjson", "parquet"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_new_column_becomes_a_column_of_the_table_and_those_who_read_it_see_it(string format)
    {
        using var project = With(format, "columns: evolve").Table("all_of_it", "SELECT * FROM s").Table("ids", "SELECT id FROM s");
        Put(project, format, "a", "1 AS id, 'a' AS x");
        project.RunWell();
        Put(project, format, "b", "2 AS id, 'b' AS x, 2.5::DOUBLE AS price, '007' AS code");
        Assert.Equal((1, 1, 0), Counts(project.RunWell()));
        Assert.Equal(["1|a|NULL|NULL", "2|b|2.5|007"], project.Rows("SELECT id, x, price, code FROM s ORDER BY id"));
        Assert.Equal(["DOUBLE|VARCHAR"], project.Rows("SELECT DISTINCT typeof(price), typeof(code) FROM s"));

        // What reads the new columns is computed again, and what does not is left alone.
        var next = project.RunWell();
        Assert.Equal("all_of_it computed", Outcomes(next));
        Assert.Equal(["1|NULL", "2|2.5"], project.Rows("SELECT id, price FROM all_of_it ORDER BY id"));

        // A file that lacks the column, and one in which it holds something else.
        Put(project, format, "c", "3 AS id, 'c' AS x");
        Put(project, format, "d", "4 AS id, 'd' AS x, 'dear' AS price, '1' AS code");
        Put(project, format, "e", "5 AS id, 'e' AS x, '7.5' AS price, '1' AS code");
        Assert.Equal((3, 2, 1), Counts(project.RunWell()));
        Assert.Equal(["3|NULL", "5|7.5"], project.Rows("SELECT id, price FROM s WHERE id > 2 ORDER BY id"));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_frozen_contract_stops_the_load_and_shows_the_column_with_a_row(string format)
    {
        using var project = With(format, "columns: freeze");
        Put(project, format, "a", "1 AS id, 'a' AS x, 'new!' AS z");
        var message = project.Refusal();
        Assert.Contains("z", message);
        Assert.Contains("new!", message);
        Assert.Contains("data/a." + format, message);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Rows_with_a_value_in_an_unknown_column_go_aside(string format)
    {
        using var project = With(format, "columns: quarantine_row");
        Put(project, format, "a", "i AS id, 'a' AS x, CASE WHEN i = 2 THEN 'new' END AS z FROM range(1, 4) AS r(i)");
        Assert.Equal((3, 2, 1), Counts(project.RunWell()));
        Assert.EndsWith("z, which the contract lacks, holds 'new'", Assert.Single(project.Aside()));
        Assert.Equal(["1", "3"], project.Rows("SELECT id FROM s ORDER BY id"));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Values_in_an_unknown_column_go_aside_and_their_rows_stay(string format)
    {
        using var project = With(format, "columns: quarantine_value");
        Put(project, format, "a", "i AS id, 'a' AS x, CASE WHEN i = 2 THEN 'new' END AS z FROM range(1, 4) AS r(i)");
        var result = project.RunWell();
        Assert.Equal((3, 3, 0), Counts(result));
        Assert.Equal(["value(z)|{\"z\":\"new\"}"], project.Rows("SELECT check_id, \"row\" FROM s__quarantine"));
        Assert.Contains(Of(result, "s").Checks, c => c.Id == "contract values" && c.Failed == 1);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_value_that_cannot_be_read_goes_aside_alone_and_is_never_null_in_silence(string format)
    {
        using var project = With(format, "types: quarantine_value");
        Put(project, format, "a", "CASE WHEN i = 2 THEN 'two' ELSE i::VARCHAR END AS id, 'a' || i AS x FROM range(1, 4) AS r(i)");
        Assert.Equal((3, 3, 0), Counts(project.RunWell()));
        Assert.Equal(["1|a1", "3|a3", "NULL|a2"], project.Rows("SELECT id, x FROM s ORDER BY id"));
        Assert.Equal([$"value(id)|data/a.{format}|{(format == "csv" ? 3 : 2)}|id holds 'two', which is no BIGINT|{{\"id\":\"two\"}}"],
            project.Rows("SELECT check_id, source, line, reason, \"row\" FROM s__quarantine"));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_value_of_another_type_goes_to_a_column_beside(string format)
    {
        using var project = With(format, "types: evolve");
        Put(project, format, "a", "CASE WHEN i = 2 THEN 'two' ELSE i::VARCHAR END AS id, 'a' || i AS x FROM range(1, 4) AS r(i)");
        Assert.Equal((3, 3, 0), Counts(project.RunWell()));
        Assert.Equal(["1|a1|NULL", "3|a3|NULL", "NULL|a2|two"], project.Rows("SELECT id, x, id__v_varchar FROM s ORDER BY id"));
        Put(project, format, "b", "'4' AS id, 'b' AS x");
        Assert.Equal((1, 1, 0), Counts(project.RunWell()));
        Put(project, format, "c", "'five' AS id, 'c' AS x");
        Assert.Equal((1, 1, 0), Counts(project.RunWell()));
        Assert.Equal(["a2|two", "c|five"], project.Rows("SELECT x, id__v_varchar FROM s WHERE id IS NULL ORDER BY x"));
        Assert.Empty(project.Rows("SELECT * FROM s__quarantine"));
    }

    [Theory]
    [InlineData("freeze", AssetOutcome.Blocked, 0, 0)]
    [InlineData("quarantine_row", AssetOutcome.Computed, 1, 1)]
    [InlineData("evolve", AssetOutcome.Computed, 2, 0)]
    public void A_required_value_that_is_absent_is_as_the_contract_says(string mode, AssetOutcome outcome, int stored, int aside)
    {
        using var project = new SampleProject().Write("sources/s.yaml", $"type: csv\npath: data/*\ncontract: {{nullability: {mode}}}\ncolumns:\n  - {{name: id, type: bigint, required: true}}\n  - {{name: x, type: varchar}}\n")
            .Write("data/a.csv", "id,x\n1,a\n,b\n");
        var result = Of(project.Run(), "s");
        Assert.Equal((outcome, stored, aside), (result.Outcome, (int)result.Rows.Out, (int)result.Rows.Quarantined));
    }

    [Fact]
    public void Unknown_columns_of_a_workbook_evolve_too()
    {
        using var project = SourceWith("xlsx", "xlsx: {sheet: Orders, header_row: 4, range: \"B4:G7\"}\ncontract: {columns: evolve}", "id bigint");
        File.Copy(Path.Combine(Path.GetDirectoryName(Here())!, "workbooks", "orders.xlsx"), Path.Combine(project.Folder, "data", "orders.xlsx"));
        project.RunWell();
        Assert.Equal(["DATE|TIMESTAMP|DOUBLE|BOOLEAN|VARCHAR"], project.Rows("SELECT DISTINCT typeof(day), typeof(\"at\"), typeof(amount), typeof(paid), typeof(note) FROM s"));
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string file = "") => file;

    private static SampleProject With(string format, string contract) => SourceWith(format, $"contract: {{{contract}}}", "id bigint", "x varchar");

    private static void Put(SampleProject project, string format, string name, string select)
    {
        using var database = DuckDatabase.Open();
        using var connection = database.Connect();
        var how = format switch { "csv" => "FORMAT csv, HEADER", "ndjson" => "FORMAT json", _ => "FORMAT parquet" };
        connection.Execute($"COPY (SELECT {select}) TO '{project.Folder}/data/{name}.{format}' ({how})");
    }
}
