using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Progress;

/// <summary>One line of JSON for each moment, written before the run goes on: for programs that follow it.</summary>
internal sealed class JsonProgress(TextWriter to) : RunProgress
{
    private readonly Lock _gate = new();

    public override void Wait(string owner) => Observe(new RunMoment(null, "waiting", null, owner));

    public override void Observe(RunMoment moment)
    {
        var line = JsonText.Line(new JsonObject
        {
            ["asset"] = moment.Asset?.ToString(),
            ["phase"] = moment.Phase,
            ["share"] = moment.Share,
            ["note"] = moment.Note,
        });
        lock (_gate)
        {
            to.WriteLine(line);
            to.Flush();
        }
    }
}
