using System.Text.Json.Nodes;
using Millrace.Cli;

namespace Millrace.Tests.Cli;

/// <summary>Calls of the program on a project of two assets, as a person makes them.</summary>
public sealed class ProjectCallTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-cli-").FullName;

    public ProjectCallTests()
    {
        Write("millrace.yaml", "name: shop\n");
        Write("sources/orders.yaml", """
            type: csv
            path: data/*.csv
            columns:
              - {name: id, type: integer, required: true}
              - {name: amount, type: double}
            checks:
              - between: {column: amount, min: 0}
                on_fail: quarantine
            """);
        Write("tables/totals.sql", """
            /*---
            checks:
              - row_count: {min: 1}
            ---*/
            SELECT count(*) AS orders, sum(amount) AS amount FROM orders
            """);
        Write("data/1.csv", "id,amount\n1,2.5\n2,-1\n3,4\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_is_done_once_and_stands_after_that()
    {
        var first = Call("run", "--json");
        var json = JsonNode.Parse(first.Out)!;
        Assert.Equal((ExitCode.Done, "done", 1L), (first.ExitCode, (string?)json["state"], (long?)json["release"]!["id"]));
        Assert.Contains("orders: committed\n", first.Error, StringComparison.Ordinal);

        var (code, answer, error) = Call("run");
        Assert.Equal((ExitCode.Done, ""), (code, error));
        Assert.StartsWith("Everything stands. Nothing was computed. Release 1 of 'prod' stands since ", answer, StringComparison.Ordinal);
        Assert.Single(answer.TrimEnd().Split('\n'));

        Assert.Equal((ExitCode.Done, "orders,amount\n2,6.5\n", ""), Call("query", "SELECT * FROM totals"));
        Assert.Equal((ExitCode.Done, "n\n1\n", ""), Call("query", "SELECT count(*) AS n FROM orders__quarantine"));
    }

    [Fact]
    public void Older_versions_are_read_and_compared_and_vacuum_leaves_what_a_release_holds()
    {
        Assert.Equal(ExitCode.Done, Call("run").ExitCode);
        Write("data/2.csv", "id,amount\n4,10\n");
        Assert.Equal(ExitCode.Done, Call("run").ExitCode);

        Assert.Equal((ExitCode.Done, "orders,amount\n3,16.5\n", ""), Call("query", "SELECT * FROM totals"));
        Assert.Equal((ExitCode.Done, "orders,amount\n2,6.5\n", ""), Call("query", "SELECT * FROM totals", "--release", "1"));
        Assert.Contains("no release 9", Call("query", "SELECT * FROM totals", "--release", "9").Error, StringComparison.Ordinal);
        Assert.Contains("no release as old as", Call("query", "SELECT * FROM totals", "--timestamp", "1999-01-01").Error, StringComparison.Ordinal);

        var diff = JsonNode.Parse(Call("table", "diff", "orders", "0", "--key", "id", "--json").Out)!;
        Assert.Equal((2L, 3L, 0L, 1L, 0L), ((long)diff["rows_before"]!, (long)diff["rows_after"]!, (long)diff["removed"]!, (long)diff["added"]!, (long)diff["changed"]!));
        Assert.Equal("{'id': 4, 'amount': 10.0}", (string)diff["samples"]![0]!["after"]!);
        Assert.Contains("whole rows", Call("table", "diff", "totals", "0").Out, StringComparison.Ordinal);
        Assert.Contains("no version 7", Call("table", "diff", "totals", "7").Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Wrong, Call("table", "diff", "totals", "x").ExitCode);

        Assert.Equal((ExitCode.Done, "Nothing to delete.\n", ""), Call("table", "vacuum", "orders"));
        Assert.Equal((ExitCode.Done, "orders,amount\n2,6.5\n", ""), Call("query", "SELECT * FROM totals", "--release", "1"));
        var folder = (string)JsonNode.Parse(Call("table", "show", "totals", "--json").Out)!["path"]!;
        Assert.Contains("table vacuum NAME", Call("delta", "vacuum", folder).Error, StringComparison.Ordinal);
        Assert.Contains("table vacuum NAME", Call("delta", "optimize", folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_is_found_from_a_folder_inside_it()
    {
        Assert.Equal(ExitCode.Done, Call("run").ExitCode);
        Assert.Equal(ExitCode.Done, Written.Call(Path.Combine(_folder, "tables"), "status").ExitCode);
    }

    [Fact]
    public void Every_answer_for_programs_is_one_document()
    {
        Call("run");
        string[] calls =
        [
            "plan", "run", "query FROM+orders", "table show orders", "table history totals", "check", "lineage totals.amount", "status",
            "releases", "doctor", "schemas", "resume", "--version",
        ];
        foreach (var words in calls)
        {
            var (code, answer, _) = Call([.. words.Split(' ').Select(w => w.Replace('+', ' ')), "--json"]);
            Assert.Equal(ExitCode.Done, code);
            Assert.NotNull(JsonNode.Parse(answer));
        }
    }

    [Fact]
    public void A_mistake_in_the_project_is_exit_code_2()
    {
        Write("tables/totals.sql", "SELECT * FROM order_s\n");
        var (code, answer, complaint) = Call("run");

        Assert.Equal((ExitCode.Wrong, ""), (code, answer));
        Assert.StartsWith("tables/totals.sql:1: ", complaint, StringComparison.Ordinal);
        Assert.EndsWith("1 problem. Nothing was done.\n", complaint, StringComparison.Ordinal);
        Assert.Equal("tables/totals.sql", (string?)JsonNode.Parse(Call("run", "--json").Out)!["error"]!["problems"]![0]!["file"]);
    }

    [Fact]
    public void A_blocked_run_is_exit_code_1_and_what_stood_stays()
    {
        Call("run");
        var text = File.ReadAllText(Path.Combine(_folder, "tables/totals.sql"));
        Write(
            "tables/totals.sql",
            text.Replace("min: 1", "min: 2", StringComparison.Ordinal).Replace("AS amount", "AS revenue", StringComparison.Ordinal));
        var (code, answer, _) = Call("run");

        Assert.Equal(ExitCode.Refused, code);
        Assert.Contains("1 asset keeps its pointer, as if this run had not been:\n  totals: ", answer, StringComparison.Ordinal);
        Assert.Equal("orders,amount\n2,6.5\n", Call("query", "SELECT * FROM totals").Out);
    }

    [Fact]
    public void What_cannot_be_done_is_exit_code_1_with_one_message()
    {
        var (code, answer, complaint) = Call("rollback");
        Assert.Equal((ExitCode.Refused, ""), (code, answer));
        Assert.Equal("Nothing was ever released in 'prod': there is nothing to roll back.\n", complaint);
    }

    [Fact]
    public void Wrong_sql_is_a_message_and_its_trace_lies_in_the_log()
    {
        var (code, _, complaint) = Call("query", "SELEC 1");

        Assert.Equal(ExitCode.Refused, code);
        Assert.StartsWith("Parser Error: ", complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", complaint, StringComparison.Ordinal);
        var line = JsonNode.Parse(File.ReadLines(Path.Combine(_folder, ".millrace/logs/errors.jsonl")).Last())!;
        Assert.Equal(("query", "sql"), ((string?)line["command"], (string?)line["code"]));
        Assert.Contains("   at ", (string?)line["exception"], StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_of_a_project_sql_reads_files()
    {
        var file = Path.Combine(_folder, "data/1.csv");
        var (code, answer, error) = Written.Call(Path.GetTempPath(), "query", $"SELECT sum(id) AS s FROM '{file}'");
        Assert.Equal((ExitCode.Done, "s\n6\n", ""), (code, answer, error));
    }

    private (int ExitCode, string Out, string Error) Call(params string[] words) => Written.Call(_folder, words);

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ReplaceLineEndings("\n"));
    }
}
