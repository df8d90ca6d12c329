using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace quarantine show</c>.</summary>
internal sealed class QuarantineShowCommand : CliCommand
{
    private readonly QuarantineWords _words = new();
    private readonly Option<long?> _rows = Word.Number("--rows", "Rows that are shown one by one. Default: 20.", 0);

    public QuarantineShowCommand() : base("quarantine show", "Show the rows that were set aside, by reason and one by one.") =>
        Takes(_words.Name, _words.Run, _words.Check, _words.Where, _rows);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace quarantine show rides", "what is set aside, and why"),
        ("millrace quarantine show rides --check contract --rows 100", "rows that could not be read"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.QuarantineShow(call.Get(_words.Name)!, _words.Filter(call), (int)Math.Min(call.Get(_rows) ?? 20, int.MaxValue));
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view));
        else
            Write(call, view);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, QuarantineView view)
    {
        var to = call.Out;
        if (view.Groups.Count == 0)
        {
            to.WriteLine($"No row of {view.Asset.Name} is set aside.");
        }
        else
        {
            var groups = new TextTable("check", "state", new Heading("rows", true), "last", "reason, of one of them");
            foreach (var group in view.Groups)
                groups.Add(group.Check, group.State, Human.Number(group.Rows), Human.Moment(group.Last), group.Reason);
            groups.Write(to, call.Paint, call.Terminal.Width);
            if (view.Rows.Count > 0)
            {
                to.WriteLine();
                var rows = new TextTable("read from", "check", "state", "row");
                foreach (var row in view.Rows)
                    rows.Add(Place(row), row.Check, row.State, row.Row ?? "");
                rows.Write(to, call.Paint, call.Terminal.Width);
            }

            if (view.Groups.Any(g => g.State == "open") && view.Asset.Kind == Assets.AssetKind.Source)
            {
                to.WriteLine();
                to.WriteLine($"Put the open rows through again, or say that they are not wanted:");
                to.WriteLine($"  {call.Suggest($"quarantine replay {view.Asset.Name}")}");
                to.WriteLine($"  {call.Suggest($"quarantine drop {view.Asset.Name} --message WHY")}");
            }
        }

        if (view.Superseded > 0)
            to.WriteLine($"{Human.Count(view.Superseded, "row")} more {(view.Superseded == 1 ? "was" : "were")} set aside by loads whose rows stand no longer.");
    }

    private static string Place(QuarantinedRow row) =>
        row.Source is null ? "" : row.Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"{row.Source}:{line}") : row.Source;

    private static JsonObject ToJson(QuarantineView view) => new()
    {
        ["asset"] = view.Asset.ToString(),
        ["groups"] = JsonText.Array(view.Groups, g => new JsonObject
        {
            ["check"] = g.Check,
            ["reason"] = g.Reason,
            ["state"] = g.State,
            ["rows"] = g.Rows,
            ["first"] = JsonText.Moment(g.First),
            ["last"] = JsonText.Moment(g.Last),
        }),
        ["rows"] = JsonText.Array(view.Rows, r => new JsonObject
        {
            ["run"] = r.Run,
            ["check"] = r.Check,
            ["reason"] = r.Reason,
            ["source"] = r.Source,
            ["line"] = r.Line,
            ["row"] = r.Row,
            ["state"] = r.State,
        }),
        ["superseded"] = view.Superseded,
    };
}
