using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace lineage</c>.</summary>
internal sealed class LineageCommand : CliCommand
{
    private readonly Argument<string?> _target = Word.Required("ASSET[.COLUMN]", "What to follow, such as hourly or hourly.rides.");

    public LineageCommand() : base("lineage", "Show where a table or a column comes from, and what is made from it.") => Takes(_target);

    public override bool NeedsSoundProject => true;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace lineage hourly", "the assets before and after it"),
        ("millrace lineage hourly.rides", "the columns that it is computed from, and those computed from it"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.Lineage(call.Get(_target)!);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view));
        else
            Write(call.Out, call.Paint, view);
        return ExitCode.Done;
    }

    /// <summary>Writes a tree each way. What was shown once is not unfolded a second time.</summary>
    internal static void Write(TextWriter to, Paint paint, LineageView view)
    {
        to.WriteLine(paint.Of(Tone.Strong, view.Title));
        to.WriteLine();
        to.WriteLine(view.Upstream.Count > 0 ? "comes from" : "comes from nothing else in this project");
        WriteTree(to, paint, view.Title, view.Upstream.ToLookup(e => e.To, e => e.From), "  ", []);
        to.WriteLine();
        to.WriteLine(view.Downstream.Count > 0 ? "goes into" : "goes into nothing else in this project");
        WriteTree(to, paint, view.Title, view.Downstream.ToLookup(e => e.From, e => e.To), "  ", []);
        if (!view.IsResolved)
        {
            to.WriteLine();
            to.WriteLine(paint.Of(
                Tone.Warning, "Some SQL on the way could not be followed column by column: there may be more steps than these."));
        }
    }

    private static void WriteTree(TextWriter to, Paint paint, string at, ILookup<string, string> next, string indent, HashSet<string> seen)
    {
        var branches = next[at].Distinct().ToList();
        foreach (var (branch, i) in branches.Select((b, i) => (b, i)))
        {
            var isLast = i == branches.Count - 1;
            var isKnown = !seen.Add(branch);
            var above = isKnown && next[branch].Any() ? paint.Of(Tone.Quiet, " (above)") : "";
            to.WriteLine($"{indent}{(isLast ? "└─ " : "├─ ")}{branch}{above}");
            if (!isKnown)
                WriteTree(to, paint, branch, next, indent + (isLast ? "   " : "│  "), seen);
        }
    }

    private static JsonObject ToJson(LineageView view) => new()
    {
        ["target"] = view.Title,
        ["resolved"] = view.IsResolved,
        ["upstream"] = JsonText.Array(view.Upstream, ToJson),
        ["downstream"] = JsonText.Array(view.Downstream, ToJson),
    };

    private static JsonObject ToJson(LineageEdge edge) => new() { ["from"] = edge.From, ["to"] = edge.To };
}
