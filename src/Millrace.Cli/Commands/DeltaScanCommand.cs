using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace delta scan</c>.</summary>
internal sealed class DeltaScanCommand : CliCommand
{
    private readonly Argument<string?> _path = Word.Required("PATH", "The table's folder, which holds _delta_log.");
    private readonly Option<long?> _version = Word.Number("--version", "This version instead of the newest.", 0);
    private readonly Option<DateTimeOffset?> _timestamp = Word.Moment("--timestamp", "The newest version that was committed by then, UTC.");
    private readonly Option<string?> _output = Word.Text("--output", "FILE", "Write the rows to this file instead: .parquet or .csv.");
    private readonly Option<long?> _limit = Word.Number("--limit", "Read at most so many rows.", 0);
    private readonly Option<string?> _format = Word.Choice(
        "--format", "How rows are written. Default: table on a terminal, csv into a pipe.", "table", "csv", "json");
    private readonly Option<long?> _rows = Word.Number("--rows", "Rows that a table shows; 0 for all. Default: 40.", 0);

    public DeltaScanCommand() : base("delta scan", "Read the rows of any Delta table on disk.")
    {
        Takes(_path, _version, _timestamp, _output, _limit, _format, _rows);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_version) is not null && result.GetResult(_timestamp) is not null)
                result.AddError("--version and --timestamp both choose a version. Give one of them.");
        });
    }

    public override string Details =>
        "The table may be of any writer, and no project is needed. A variant is written as the JSON text of its value, a geometry as "
        + "well-known binary. A table that needs a Delta feature which Millrace does not know is refused by the feature's name.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace delta scan /data/orders", "a look at its newest version"),
        ("millrace delta scan /data/orders --version 3 --limit 10", "some rows as they were"),
        ("millrace delta scan /data/orders --timestamp 2026-01-31 --output orders.parquet", "one file with all rows of that day"),
    ];

    public override int Execute(Invocation call)
    {
        var folder = Path.GetFullPath(call.Get(_path)!, call.Terminal.WorkingFolder);
        var (version, timestamp, limit) = (call.Get(_version), call.Get(_timestamp), call.Get(_limit));
        if (call.Get(_output) is { } output)
        {
            var rows = Engine.ExportDelta(folder, version, timestamp, limit, Path.GetFullPath(output, call.Terminal.WorkingFolder));
            if (call.IsJson)
                JsonText.Write(call.Out, new JsonObject { ["output"] = output, ["rows"] = rows });
            else
                call.Out.WriteLine($"{Human.Count(rows, "row")} in {output}.");
            return ExitCode.Done;
        }

        using var session = Engine.ScanDelta(folder, version, timestamp, limit);
        switch (call.IsJson ? "json" : call.Get(_format) ?? (call.Terminal.IsOutTerminal ? "table" : "csv"))
        {
            case "json":
                ResultText.WriteJson(session.Result, call.Out);
                break;
            case "csv":
                ResultText.WriteCsv(session.Result, call.Out);
                break;
            default:
                var most = (int)Math.Min(call.Get(_rows) ?? 40, int.MaxValue);
                ResultText.WriteTable(session.Result, call.Out, call.Paint, call.Terminal.Width, most);
                break;
        }

        return ExitCode.Done;
    }
}
