using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace doctor</c>.</summary>
internal sealed class DoctorCommand() : CliCommand("doctor", "Look whether engines, disk, ledger, tables and models are sound.")
{
    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace doctor", "outside of a project: the program; inside: its state too"),
    ];

    public override int Execute(Invocation call)
    {
        var findings = Look(call);
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(findings, ToJson));
        else
            Write(call.Out, call.Paint, call.Terminal.Width, findings);
        return findings.All(f => f.IsGood) ? ExitCode.Done : ExitCode.Refused;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, IReadOnlyList<DoctorFinding> findings)
    {
        var table = new TextTable("looked at", "", "found");
        foreach (var finding in findings)
            table.Add(finding.Name, finding.IsGood ? new Cell("good", Tone.Good) : new Cell("bad", Tone.Bad), finding.Message);
        table.Write(to, paint, width);
    }

    private static JsonObject ToJson(DoctorFinding finding) => new()
    {
        ["name"] = finding.Name, ["good"] = finding.IsGood, ["message"] = finding.Message,
    };

    private static IReadOnlyList<DoctorFinding> Look(Invocation call)
    {
        if (call.ProjectFolder is null)
            return Engine.DoctorOutside();
        using var engine = call.Open();
        return engine.Doctor();
    }
}
