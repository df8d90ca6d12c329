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
            to.WriteLine($"{paint.Of(Tone.Good, "Nothing is due")} in '{environment}'.{string.Concat(waits)}");
            return;
        }

        // What waited for a run is what this one takes up.
        var watched = tick.Answered.Count > 0 ? [.. tick.Watched.Select(w => w with { Verdict = null })] : tick.Watched;
        WatchText.Write(to, paint, watched, facts.Suggest, facts.SuggestRun);
        foreach (var request in tick.Answered)
            to.WriteLine($"Taken up: a new version of {request.Asset.Title}, as {request.Reason}.");
        if (tick.Run is not null)
            to.WriteLine();
    }

    public static JsonObject ToJson(TickResult tick, JsonObject? run) => new()
    {
        ["watched"] = JsonText.Array(tick.Watched, WatchText.ToJson),
        ["answered"] = JsonText.Array(tick.Answered, PolicyText.ToJson),
        ["run"] = run,
    };
}
