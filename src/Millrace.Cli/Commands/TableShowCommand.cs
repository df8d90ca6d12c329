using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace table show</c>.</summary>
internal sealed class TableShowCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source or a table, such as hourly or sales.orders.");
    private readonly Option<long?> _version = Word.Number("--version", "This version instead of the released one.", 0);
    private readonly Option<DateTimeOffset?> _timestamp = Word.Moment("--timestamp", "The newest version that was committed by then, UTC.");

    public TableShowCommand() : base("table show", "Show a table: columns, rows, version, and where its files lie.")
    {
        Takes(_name, _version, _timestamp);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_version) is not null && result.GetResult(_timestamp) is not null)
                result.AddError("--version and --timestamp both choose a version. Give one of them.");
        });
    }

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace table show hourly", "as it is released"),
        ("millrace table show hourly --version 3", "as it was"),
        ("millrace table show hourly --timestamp 2012-02-01", "as it was on that day"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.Show(call.Get(_name)!, call.Get(_version), call.Get(_timestamp));
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view, engine.Environment));
        else
            Write(call, view, engine.Environment);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, TableView view, string environment)
    {
        var (to, paint) = (call.Out, call.Paint);
        to.WriteLine($"{paint.Of(Tone.Strong, view.Asset.Name)}  {view.Kind}{(view.Owner is null ? "" : $", {view.Owner}")}");
        if (view.Description is not null)
            to.WriteLine(view.Description);
        to.WriteLine();

        var readAside = call.Suggest($"query \"SELECT * FROM {view.QuarantineName}\"");
        var facts = new List<(string Name, string? Value)>
        {
            ("version", Version(view, environment)),
            ("rows", view.Rows is { } rows ? Human.Number(rows) : null),
            ("quarantined", view.Quarantined > 0 ? $"{Human.Number(view.Quarantined)}, read with: {readAside}" : null),
            ("size", view.Path is null ? null : $"{Human.Bytes(view.Bytes)} in {Human.Count(view.Files, "file")}"),
            ("build", view.Fingerprint.Text),
            ("folder", view.Path is null ? null : Path.GetRelativePath(call.Terminal.WorkingFolder, view.Path)),
        };
        var known = facts.Where(f => f.Value is not null).ToList();
        foreach (var (name, value) in known)
            to.WriteLine($"{paint.Of(Tone.Quiet, name.PadRight(known.Max(f => f.Name.Length)))}  {value}");

        to.WriteLine();
        var columns = new TextTable("column", "type", "");
        foreach (var column in view.Schema.Columns)
            columns.Add(column.Name, column.Type.ToString()!, column.IsNullable ? "" : "not null");
        columns.Write(to, paint, call.Terminal.Width);
    }

    private static string Version(TableView view, string environment)
    {
        var release = view.Release is { } id
            ? $"released in '{environment}' ({Human.Number(id)})"
            : $"not the one released in '{environment}'";
        return view is { Version: { } version, Committed: { } committed }
            ? $"{Human.Number(version)} of {Human.Moment(committed)}, {release}"
            : $"a view has no versions; {release}";
    }

    private static JsonObject ToJson(TableView view, string environment) => new()
    {
        ["asset"] = view.Asset.ToString(),
        ["kind"] = view.Kind,
        ["description"] = view.Description,
        ["owner"] = view.Owner,
        ["environment"] = environment,
        ["release"] = view.Release,
        ["fingerprint"] = view.Fingerprint.Text,
        ["version"] = view.Version,
        ["committed"] = JsonText.Moment(view.Committed),
        ["rows"] = view.Rows,
        ["quarantined"] = view.Quarantined,
        ["quarantine"] = view.QuarantineName,
        ["files"] = view.Files,
        ["bytes"] = view.Bytes,
        ["path"] = view.Path,
        ["columns"] = JsonText.Array(view.Schema.Columns, c => new JsonObject
        {
            ["name"] = c.Name, ["type"] = c.Type.ToString(), ["nullable"] = c.IsNullable,
        }),
    };
}
