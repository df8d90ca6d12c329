using System.Text.Json.Nodes;
using Millrace.Automation;
using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace status</c>.</summary>
internal sealed class StatusCommand() : CliCommand("status", "Show what is released, what waits and why.")
{
    /// <summary>A longer note has no room in the table.</summary>
    private const int LongestNote = 40;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace status", "the default environment"),
        ("millrace status --env dev", "another one"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var status = engine.Status();
        var sinks = engine.LookAtSinks();
        if (call.IsJson)
        {
            var json = ToJson(status);
            json["sinks"] = JsonText.Array(sinks, DeliveryText.ToJson);
            JsonText.Write(call.Out, json);
        }
        else
        {
            Write(call.Out, call.Paint, call.Terminal.Width, status, call.Terminal.Clock.GetUtcNow(), call);
            if (sinks.Count > 0)
                call.Out.WriteLine();
            DeliveryText.Write(call.Out, call.Paint, sinks);
        }

        return ExitCode.Done;
    }

    private static void Write(TextWriter to, Paint paint, int? width, StatusView status, DateTimeOffset now, Invocation call)
    {
        to.WriteLine(status.Release is { } release
            ? $"'{status.Environment}' is at {paint.Of(Tone.Strong, $"release {Human.Number(release.Id)}")} "
                + $"since {Human.Moment(release.At)}, {Human.Ago(release.At, now)}."
            : $"Nothing is released in '{status.Environment}' yet.");
        if (status.LastRun is { } run)
            to.WriteLine($"The last run, {run.Id}, {RunEnd(run, now)}.");
        to.WriteLine();

        var table = new TextTable("asset", "kind", "state", new Heading("version", true), new Heading("rows", true), "committed", "note");
        foreach (var asset in status.Assets)
        {
            var tone = asset.State switch { "current" => Tone.Good, "held" => Tone.Bad, _ => Tone.Warning };
            table.Add(
                asset.Asset.Title, asset.Kind, new Cell(asset.State, tone), Number(asset.Version), Number(asset.Rows),
                asset.Committed is { } at ? Human.Ago(at, now) : "", IsLong(asset) ? "see below" : asset.Note ?? "");
        }

        table.Write(to, paint, width);
        foreach (var asset in status.Assets.Where(IsLong))
        {
            to.WriteLine();
            to.WriteLine($"{asset.Asset.Title}: {asset.Note}");
        }

        if (status.Rejections.Count > 0)
        {
            to.WriteLine();
            to.WriteLine($"Rolled back, and left alone by runs until it changes: {Human.Join(RejectionText.Of(status.Rejections))}.");
            to.WriteLine($"To use it again: {call.Suggest("resume")}");
        }

        WriteLoop(to, paint, width, status, now, call);

        if (status.Assets.Any(a => a.State is "stale" or "missing"))
        {
            to.WriteLine();
            to.WriteLine($"To bring it up to date: {call.SuggestRun("run")}");
        }
    }

    /// <summary>What was raised lately, and what policies make of it.</summary>
    private static void WriteLoop(TextWriter to, Paint paint, int? width, StatusView status, DateTimeOffset now, Invocation call)
    {
        if (status.Alerts.Count > 0)
        {
            to.WriteLine();
            MonitorText.WriteAlerts(to, paint, width, status.Alerts, now);
        }

        var waiting = status.Policies.Where(p => p.Verdict is not RetrainVerdict.Idle).ToList();
        if (waiting.Count == 0)
            return;
        to.WriteLine();
        foreach (var policy in waiting)
            to.WriteLine($"{paint.Of(Tone.Warning, "Retraining")} {policy.Model.Title} for {policy.Endpoint.Title}: {PolicyText.Of(policy.Verdict)}.");
        if (waiting.Any(p => p.Verdict is RetrainVerdict.Ask))
            to.WriteLine($"To look and train what is due: {call.SuggestRun("run --due")}");
    }

    private static bool IsLong(AssetStatus asset) => asset.Note?.Length > LongestNote;

    private static string RunEnd(RunRecord run, DateTimeOffset now)
    {
        var end = run.State switch
        {
            RunState.Running => $"began {Human.Ago(run.Started, now)} and has not ended",
            RunState.Done => "succeeded",
            RunState.Superseded => "released nothing: another release came first",
            RunState.Interrupted => "was interrupted",
            _ => "failed",
        };
        return run.Ended is { } ended ? $"{end} {Human.Ago(ended, now)}" : end;
    }

    private static string Number(long? number) => number is { } n ? Human.Number(n) : "";

    private static JsonObject ToJson(StatusView status) => new()
    {
        ["environment"] = status.Environment,
        ["release"] = status.Release?.Id,
        ["released"] = JsonText.Moment(status.Release?.At),
        ["lastRun"] = status.LastRun is not { } run ? null : new JsonObject
        {
            ["run"] = run.Id,
            ["environment"] = run.Environment,
            ["state"] = run.State.ToString().ToLowerInvariant(),
            ["started"] = JsonText.Moment(run.Started),
            ["ended"] = JsonText.Moment(run.Ended),
            ["release"] = run.Release,
            ["message"] = run.Message,
        },
        ["assets"] = JsonText.Array(status.Assets, a => new JsonObject
        {
            ["asset"] = a.Asset.ToString(),
            ["kind"] = a.Kind,
            ["state"] = a.State,
            ["version"] = a.Version,
            ["rows"] = a.Rows,
            ["committed"] = JsonText.Moment(a.Committed),
            ["note"] = a.Note,
        }),
        ["waiting"] = JsonText.Array(status.Waiting, w => JsonValue.Create(w)),
        ["rejections"] = JsonText.Array(status.Rejections, r => new JsonObject
        {
            ["asset"] = r.Asset.ToString(), ["kind"] = r.Kind, ["value"] = r.Value, ["release"] = r.Release,
        }),
        ["policies"] = JsonText.Array(status.Policies, p => new JsonObject
        {
            ["endpoint"] = p.Endpoint.Name, ["model"] = p.Model.Name, ["policy"] = PolicyText.ToJson(p.Verdict),
        }),
        ["alerts"] = JsonText.Array(status.Alerts, PolicyText.ToJson),
    };
}
