using System.Text.Json.Nodes;
using Millrace.Cli;
using Millrace.Tests.Lake;
using static Millrace.Tests.Lake.ForeignTable;

namespace Millrace.Tests.Cli;

/// <summary>Calls of the program on a Delta table that lies on disk, without any project.</summary>
public sealed class DeltaCallTests : LakeTestBase
{
    private readonly ForeignTable _orders;

    public DeltaCallTests()
    {
        _orders = new ForeignTable(Path.Combine(Root, "orders"), Connection);
        var first = _orders.File("day=1/a.parquet", "SELECT range AS id, 'x' AS name FROM range(3)", new JsonObject { ["day"] = "2026-01-01" });
        _orders.Commit(
            Info(1_000, "CREATE"), Protocol("deletionVectors"),
            Metadata($"{Field("id", "long")},{Field("name", "string")},{Field("day", "date")}", ["day"], ("delta.enableDeletionVectors", "true")), first);
        _orders.Commit(Info(86_400_000, "DELETE"), Remove(first), With(first, Inline(1)));
    }

    [Fact]
    public void A_scan_prints_rows_of_any_version_in_any_form()
    {
        Assert.Equal((ExitCode.Done, "id,name,day\n0,x,2026-01-01\n2,x,2026-01-01\n", ""), Call("delta", "scan", "orders"));
        Assert.Equal((ExitCode.Done, "id,name,day\n0,x,2026-01-01\n", ""), Call("delta", "scan", "orders", "--limit", "1"));
        Assert.Equal(3, JsonNode.Parse(Call("delta", "scan", "orders", "--version", "0", "--json").Out)!.AsArray().Count);
        Assert.Equal(3, JsonNode.Parse(Call("delta", "scan", _orders.Folder, "--timestamp", "1970-01-01T12:00:00", "--json").Out)!.AsArray().Count);
        Assert.Contains("2 rows.", Call("delta", "scan", "orders", "--format", "table").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rows.parquet")]
    [InlineData("rows.csv")]
    public void A_scan_writes_one_file_whole(string file)
    {
        File.WriteAllText(Path.Combine(Root, file), "older");
        Assert.Equal((ExitCode.Done, $"2 rows in {file}.\n", ""), Call("delta", "scan", "orders", "--output", file));
        Assert.Equal(["{'id': 0, 'name': x, 'day': 2026-01-01}", "{'id': 2, 'name': x, 'day': 2026-01-01}"], Rows($"SELECT * FROM '{Path.Combine(Root, file)}'"));
        Assert.Equal(3, (int)JsonNode.Parse(Call("delta", "scan", "orders", "--version", "0", "--output", file, "--json").Out)!["rows"]!);
        Assert.Equal(2, Directory.EnumerateFileSystemEntries(Root).Count());
    }

    [Fact]
    public void What_cannot_be_done_is_said_and_nothing_is_left_behind()
    {
        Assert.Contains("There is no table in", Call("delta", "scan", "nowhere").Error, StringComparison.Ordinal);
        Assert.Contains("Its newest version is 1", Call("delta", "scan", "orders", "--version", "7").Error, StringComparison.Ordinal);
        Assert.Contains("--version and --timestamp both choose", Call("delta", "scan", "orders", "--version", "1", "--timestamp", "2026-01-01").Error, StringComparison.Ordinal);
        Assert.Contains("Its name ends in .parquet or .csv", Call("delta", "scan", "orders", "--output", "rows.txt").Error, StringComparison.Ordinal);
        Assert.Contains("its folder does not exist", Call("delta", "scan", "orders", "--output", "none/rows.csv").Error, StringComparison.Ordinal);

        File.WriteAllText(Directory.EnumerateFiles(_orders.Folder, "*.parquet", SearchOption.AllDirectories).Single(), "torn");
        var (code, answer, error) = Call("delta", "scan", "orders", "--output", "rows.csv");
        Assert.Equal((ExitCode.Refused, ""), (code, answer));
        Assert.Contains("a.parquet", error, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(Root));
    }

    [Fact]
    public void A_look_shows_protocol_columns_properties_files_and_history()
    {
        var (code, answer, error) = Call("delta", "show", "orders", "--files");
        Assert.Equal((ExitCode.Done, ""), (code, error));
        var size = Millrace.Cli.Output.Human.Bytes(_orders.Table.Latest()!.Files.Single().Size);
        Assert.Equal(
            Written.Page($"""
                {_orders.Folder}

                version     1 of 1970-01-02 00:00:00 UTC
                protocol    reader 3, writer 7: deletionVectors
                rows        2
                deleted     1 row by deletion vectors
                size        {size} in 1 file
                partitions  day

                column  type
                id      BIGINT
                name    VARCHAR
                day     DATE

                property                     value
                delta.enableDeletionVectors  true

                rows  deleted  {"size".PadLeft(size.Length)}  partition       file
                   2        1  {size}  day=2026-01-01  day%3D1/a.parquet

                version  committed                operation  engine  metrics
                      1  1970-01-02 00:00:00 UTC  DELETE     tests
                      0  1970-01-01 00:00:01 UTC  CREATE     tests
                """),
            string.Join('\n', answer.Split('\n').Select(l => l.TrimEnd())));
    }

    [Fact]
    public void A_look_for_programs_is_one_document()
    {
        var json = JsonNode.Parse(Call("delta", "show", "orders", "--files", "--commits", "1", "--json").Out)!;
        Assert.Equal((1, 2, 1), ((int)json["version"]!, (int)json["rows"]!, (int)json["files"]![0]!["deleted"]!));
        Assert.Equal("DELETE", (string?)Assert.Single(json["commits"]!.AsArray())!["commitInfo"]!["operation"]);
    }

    private static JsonObject Info(long timestamp, string operation) => new()
    {
        ["commitInfo"] = new JsonObject { ["timestamp"] = timestamp, ["operation"] = operation, ["engineInfo"] = "tests", ["operationMetrics"] = new JsonObject { ["numFiles"] = "0" } },
    };

    private (int ExitCode, string Out, string Error) Call(params string[] words) => Written.Call(Root, words);
}
