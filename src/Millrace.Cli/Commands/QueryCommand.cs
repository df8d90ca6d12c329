using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace query</c>.</summary>
internal sealed class QueryCommand : CliCommand
{
    private readonly Argument<string?> _sql = Word.Required("SQL", "One statement in quotes; - reads it from the standard input.");
    private readonly Option<string?> _format = Word.Choice(
        "--format", "How rows are written. Default: table on a terminal, csv into a pipe.", "table", "csv", "json");
    private readonly Option<long?> _rows = Word.Number("--rows", "Rows that a table shows; 0 for all. Default: 40.", 0);

    private readonly Option<long?> _release = Word.Number("--release", "Read everything as this release had it, see 'millrace releases'.", 1);
    private readonly Option<DateTimeOffset?> _timestamp = Word.Moment("--timestamp", "Read everything as it was released at that moment, UTC.");

    public QueryCommand() : base("query", "Read tables with SQL.")
    {
        Takes(_sql, _format, _rows, _release, _timestamp);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_release) is not null && result.GetResult(_timestamp) is not null)
                result.AddError("--release and --timestamp both choose a release. Give one of them.");
        });
    }

    public override string Details =>
        "Inside a project the SQL sees the assets of the environment by name, all at the same release, and the journal of all rows ever set aside as "
        + "NAME__quarantine. Of an endpoint it sees NAME__predictions, NAME__drift and NAME__performance. "
        + "Outside of one it reads files: SELECT * FROM 'orders.csv'. The SQL is that of DuckDB.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace query \"SELECT * FROM hourly LIMIT 10\"", "a look at a table"),
        ("millrace query \"SELECT * FROM hourly\" > hourly.csv", "the whole table as CSV"),
        ("millrace query \"SELECT count(*) n FROM rides__quarantine\" --json", "for programs"),
        ("millrace query \"SELECT * FROM demand__predictions ORDER BY sequence DESC LIMIT 5\"", "what an endpoint answered last"),
        ("millrace query \"SELECT sum(rides) FROM hourly\" --timestamp 2026-03-01", "the answer that one would have got then"),
        ("millrace query - < report.sql", "SQL from a file"),
    ];

    public override int Execute(Invocation call)
    {
        var sql = call.Get(_sql)!;
        if (sql == "-")
            sql = call.Terminal.OpenIn().ReadToEnd();
        using var engine = call.ProjectFolder is null ? null : call.Open();
        using var session = engine is null ? Engine.QueryFiles(sql) : engine.Query(sql, call.Get(_timestamp), call.Get(_release));
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
