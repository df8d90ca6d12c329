using System.Text.Json.Nodes;
using Millrace.Automation;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary>What one tick of automation did, up to the run that it made.</summary>
internal static class DueText
{
    public static void Write(TextWriter to, Paint paint, TickResult tick, string environment, RunFacts facts)
    {
        if (tick.Run is null && !tick.Watched.Any(WatchText.IsNews))
        {
            var waits = tick.Watched.Where(w => w.Verdict is RetrainVerdict.Wait)
                .Select(w => $" {w.Endpoint.Title} waits: {PolicyText.Of(w.Verdict!)}.");
            to.WriteLine($"{paint.Of(Tone.Good, "Nothing is due")} in '{environment}'.{(tick.Waiting.Count > 0 ? "" : string.Concat(waits))}");
            WriteWaiting(to, tick);
            return;
        }

        // What waited for a run is what this one takes up.
        var watched = tick.Answered.Count > 0 ? [.. tick.Watched.Select(w => w with { Verdict = null })] : tick.Watched;
        WatchText.Write(to, paint, watched, facts.Suggest, facts.SuggestRun);
        WriteWaiting(to, tick);
        foreach (var request in tick.Answered)
            to.WriteLine($"Taken up: a new version of {request.Asset.Title}, as {request.Reason}.");
        if (tick.Run is not null)
            to.WriteLine();
    }

    private static void WriteWaiting(TextWriter to, TickResult tick)
    {
        foreach (var request in tick.Waiting)
        {
            to.WriteLine(
                $"A new version of {request.Asset.Title} is asked for ({request.Reason}) and waits for newer rows: the one in force was trained on those that stand.");
        }
    }

    public static JsonObject ToJson(TickResult tick, JsonObject? run) => new()
    {
        ["watched"] = JsonText.Array(tick.Watched, WatchText.ToJson),
        ["waiting"] = JsonText.Array(tick.Waiting, PolicyText.ToJson),
        ["answered"] = JsonText.Array(tick.Answered, PolicyText.ToJson),
        ["run"] = run,
    };
}
