using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace table history</c>.</summary>
internal sealed class TableHistoryCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "A source or a table, such as hourly or sales.orders.");

    public TableHistoryCommand() : base("table history", "List the versions of a table, newest first.") => Takes(_name);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace table history hourly", "what each commit brought, and which one is released"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var versions = engine.History(call.Get(_name)!);
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(versions, ToJson));
        else if (versions.Count == 0)
            WriteView(call, call.Get(_name)!);
        else
            Write(call, versions);
        return ExitCode.Done;
    }

    private static void WriteView(Invocation call, string name) =>
        call.Out.WriteLine($"{name} is a view: it has no versions of its own. Look at what it reads: {call.Suggest($"lineage {name}")}");

    private static void Write(Invocation call, IReadOnlyList<VersionView> versions)
    {
        var table = new TextTable(
            new Heading("version", true), "", "committed", new Heading("rows in", true), new Heading("rows out", true),
            new Heading("quarantined", true), new Heading("rows now", true), "checks", "event time");
        foreach (var version in versions)
        {
            table.Add(
                Human.Number(version.Version),
                new Cell(version.IsReleased ? "released" : "", Tone.Good),
                Human.Moment(version.Committed),
                Human.Number(version.Rows.In),
                Human.Number(version.Rows.Out),
                Human.Number(version.Rows.Quarantined),
                Human.Number(version.Rows.Total),
                CheckText.Counts(version.Checks),
                Human.Span(IntervalSet.Parse(version.Touched)));
        }

        table.Write(call.Out, call.Paint, call.Terminal.Width);
    }

    private static JsonObject ToJson(VersionView version) => new()
    {
        ["version"] = version.Version,
        ["fingerprint"] = version.Fingerprint.Text,
        ["committed"] = JsonText.Moment(version.Committed),
        ["run"] = version.Run,
        ["rows"] = JsonText.Of(version.Rows),
        ["touched"] = version.Touched,
        ["released"] = version.IsReleased,
        ["base"] = version.Base,
        ["checks"] = JsonText.Array(version.Checks, JsonText.Of),
    };
}
