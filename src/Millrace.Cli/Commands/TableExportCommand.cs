using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Delivery;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace table export</c>.</summary>
internal sealed class TableExportCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source or a table, such as hourly or sales.orders.");
    private readonly Argument<string?> _path = Word.Required("FILE", "The file to write; an older one is replaced in one step.");
    private readonly Option<string?> _format = Word.Choice("--format", "How rows are written. Default: what the file's ending says.", [.. FileFormats.Words]);
    private readonly Option<long?> _version = Word.Number("--version", "Another version than the released one.", 0);
    private readonly Option<DateTimeOffset?> _at = Word.Moment("--timestamp", "The newest version committed by then, UTC.");

    public TableExportCommand() : base("table export", "Write a table's rows as one file.") => Takes(_name, _path, _format, _version, _at);

    public override string Details =>
        "Writes CSV, Parquet, NDJSON or an Excel workbook. The file is there whole or not at all. To have it done at every release, put a file into sinks/.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace table export hourly hourly.xlsx", "for a spreadsheet"),
        ("millrace table export hourly old.parquet --version 3", "an earlier version"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var path = Path.GetFullPath(call.Get(_path)!, call.Terminal.WorkingFolder);
        var rows = engine.Export(call.Get(_name)!, path, call.Get(_format), call.Get(_version), call.Get(_at));
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["table"] = call.Get(_name), ["file"] = path, ["rows"] = rows });
        else
            call.Out.WriteLine($"Wrote {Human.Count(rows, "row")} of {call.Get(_name)} to {call.Get(_path)}.");
        return ExitCode.Done;
    }
}
