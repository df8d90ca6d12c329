using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Ledger;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace check</c>.</summary>
internal sealed class CheckCommand : CliCommand
{
    private readonly Option<string?> _select = Word.Select();

    public CheckCommand() : base("check", "Ask the checks of what is released again, with the rules as they are now.") => Takes(_select);

    public override string Details =>
        "A run asks the checks of what it computes. This asks them of what stands: after a rule was changed, or to be sure. Nothing is "
        + "changed. The exit code is 1 when a check failed that does not only warn.";

    public override bool NeedsSoundProject => true;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace check", "everything that is released"),
        ("millrace check --select hourly", "one table"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var reports = engine.Check(call.Get(_select));
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(reports, ToJson));
        else
            Write(call.Out, call.Paint, call.Terminal.Width, reports);
        return reports.SelectMany(r => r.Checks).Any(IsRefusal) ? ExitCode.Refused : ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, IReadOnlyList<CheckReport> reports)
    {
        var table = new TextTable("asset", new Heading("version", true), "checks");
        foreach (var report in reports)
        {
            var checks = report.Skipped is { } reason ? new Cell(reason, Tone.Quiet)
                : report.Checks.Count == 0 ? new Cell("none declared", Tone.Quiet)
                : Counts(report.Checks);
            table.Add(report.Asset.Name, report.Version is { } version ? Human.Number(version) : "", checks);
        }

        table.Write(to, paint, width);
        to.WriteLine();
        foreach (var (report, check) in reports.SelectMany(r => r.Checks.Where(c => !c.Passed).Select(c => (r, c))))
        {
            var head = IsRefusal(check) ? paint.Of(Tone.Bad, "Failed:") : paint.Of(Tone.Warning, "Warning:");
            to.WriteLine($"{head} {report.Asset.Name}: {CheckText.Failure(check)}");
        }

        var (asked, failed) = (reports.Sum(r => r.Checks.Count), reports.Sum(r => r.Checks.Count(c => !c.Passed)));
        to.WriteLine(failed == 0
            ? paint.Of(Tone.Good, $"{Human.Count(asked, "check")} passed.")
            : paint.Of(Tone.Bad, $"{Human.Number(failed)} of {Human.Count(asked, "check")} failed."));
    }

    private static Cell Counts(IReadOnlyList<CheckRecord> checks)
    {
        var failed = checks.Count(c => !c.Passed);
        var passed = $"{Human.Number(checks.Count - failed)} passed";
        return failed == 0
            ? new Cell(passed)
            : new Cell($"{passed}, {Human.Number(failed)} failed", checks.Any(IsRefusal) ? Tone.Bad : Tone.Warning);
    }

    private static bool IsRefusal(CheckRecord check) => !check.Passed && check.Effect != "warn";

    private static JsonObject ToJson(CheckReport report) => new()
    {
        ["asset"] = report.Asset.ToString(),
        ["version"] = report.Version,
        ["skipped"] = report.Skipped,
        ["checks"] = JsonText.Array(report.Checks, JsonText.Of),
    };
}
