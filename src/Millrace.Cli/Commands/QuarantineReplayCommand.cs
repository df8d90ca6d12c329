using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace quarantine replay</c>.</summary>
internal sealed class QuarantineReplayCommand : CliCommand
{
    private readonly QuarantineWords _words = new();

    public QuarantineReplayCommand() : base("quarantine replay", "Put rows that were set aside through contract and checks again.") =>
        Takes(_words.Name, _words.Run, _words.Check, _words.Where);

    public override string Details =>
        "Rows that pass become rows of the table, in a release of their own, and are marked as replayed; the others stay open. "
        + "A changed contract needs no replay: the next run loads everything again under it.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace quarantine replay rides", "everything that is open"),
        ("millrace quarantine replay rides --check \"unique(ride_id)\"", "what one check set aside"),
    ];

    public override bool NeedsSoundProject => true;

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var settled = engine.QuarantineReplay(call.Get(_words.Name)!, _words.Filter(call), CancellationToken.None);
        Write(call, settled, "put through", "rows of the table now");
        return settled.Message is null || settled.Asked == 0 ? ExitCode.Done : ExitCode.Refused;
    }

    /// <summary>Tells what became of the rows.</summary>
    public static void Write(Invocation call, QuarantineSettled settled, string asked, string done)
    {
        if (call.IsJson)
        {
            JsonText.Write(call.Out, new JsonObject
            {
                ["asset"] = settled.Asset.ToString(),
                ["asked"] = settled.Asked,
                ["settled"] = settled.Settled,
                ["open"] = settled.Left,
                ["release"] = settled.Release?.Id,
                ["message"] = settled.Message,
            });
            return;
        }

        if (settled.Asked == 0 && settled.Release is null)
        {
            call.Out.WriteLine($"Nothing was done: {settled.Message}.");
            return;
        }

        call.Out.WriteLine($"{Human.Count(settled.Asked, "row")} of {settled.Asset.Name} {asked}: {Human.Number(settled.Settled)} {done}, {Human.Number(settled.Left)} still open.");
        if (settled.Message is not null)
            call.Out.WriteLine(settled.Message);
        if (settled.Release is { } release)
            call.Out.WriteLine($"Released as release {Human.Number(release.Id)} of '{release.Environment}'. What stands on it follows with the next run: {call.SuggestRun("run")}");
    }
}
