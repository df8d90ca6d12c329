using System.Globalization;
using Millrace.Ledger;

namespace Millrace.Automation;

/// <summary>What a policy looks at.</summary>
public sealed record RetrainState
{
    /// <summary>When a new version is asked for.</summary>
    public required RetrainRule Rule { get; init; }

    /// <summary>The version in force, or null: then the first run trains one, and no policy has to ask.</summary>
    public required VersionRecord? Champion { get; init; }

    /// <summary>The endpoint's alerts, newest first.</summary>
    public required IReadOnlyList<RaisedAlert> Alerts { get; init; }

    /// <summary>What was asked for this model, newest first.</summary>
    public required IReadOnlyList<RequestRecord> Requests { get; init; }

    /// <summary>The newest moment at which the schedule fired, or null.</summary>
    public required DateTimeOffset? LastTick { get; init; }

    /// <summary>Why the policy is paused, for people; or null.</summary>
    public required string? Paused { get; init; }
}

/// <summary>What a policy decides.</summary>
public abstract record RetrainVerdict
{
    private RetrainVerdict()
    {
    }

    /// <summary>Nothing calls for a new version.</summary>
    public sealed record Idle : RetrainVerdict;

    /// <summary>Something calls for a new version, and something holds it back.</summary>
    public sealed record Wait(string Why) : RetrainVerdict;

    /// <summary>A new version is to be asked for.</summary>
    /// <param name="Cause"><c>drift</c>, <c>performance</c> or <c>schedule</c>.</param>
    /// <param name="Reason">Why, for people.</param>
    /// <param name="Alert">The newest alert that is answered by it; 0 for none.</param>
    /// <param name="Tick">The schedule's moment that is answered by it; null for none.</param>
    public sealed record Ask(string Cause, string Reason, long Alert, DateTimeOffset? Tick) : RetrainVerdict;
}

/// <summary>Decides whether a new version of a model is asked for. Pure: the same state and clock give the same verdict.</summary>
public static class RetrainPolicy
{
    /// <summary>The word for a request that a schedule made.</summary>
    public const string Schedule = "schedule";

    /// <summary>Decides.</summary>
    /// <remarks>
    /// An alert counts when it is about the version in force and newer than the last request: a request answers all alerts before it, whatever came
    /// of it. A schedule that was due several times, because nobody looked, asks once. Time that goes backwards asks nothing twice.
    /// </remarks>
    public static RetrainVerdict Decide(RetrainState state, DateTimeOffset now)
    {
        if (state.Champion is not { } champion)
            return new RetrainVerdict.Idle();
        if (state.Requests.FirstOrDefault(r => r.State == RequestState.Open) is { } open)
            return new RetrainVerdict.Wait($"a new version is asked for ({open.Reason}) and waits for a run");

        var last = state.Requests.FirstOrDefault();
        var alert = state.Alerts.FirstOrDefault(a => a.Id > (last?.Alert ?? 0) && a.Alert.ModelVersion == champion.Id.Number && state.Rule.On.Contains(a.Alert.Kind));
        var tick = state.Rule.Schedule is { } schedule ? LastDue(schedule, state.Rule.TimeZone, state.LastTick ?? champion.Committed, now) : null;
        if (alert is null && tick is null)
            return new RetrainVerdict.Idle();
        if (state.Paused is { } paused)
            return new RetrainVerdict.Wait($"a new version would be asked for ({(alert is null ? Schedule : ReasonOf(alert.Alert))}), but {paused}");
        if (last is not null && state.Rule.CoolDown.After(last.Asked) is var until && now < until)
            return new RetrainVerdict.Wait(string.Create(CultureInfo.InvariantCulture, $"a new version is asked for again from {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC on (cool-down of {state.Rule.CoolDown})"));
        return alert is not null
            ? new RetrainVerdict.Ask(alert.Alert.Kind, ReasonOf(alert.Alert), alert.Id, tick)
            : new RetrainVerdict.Ask(Schedule, string.Create(CultureInfo.InvariantCulture, $"schedule '{state.Rule.Schedule}' was due at {tick!.Value.UtcDateTime:yyyy-MM-dd HH:mm} UTC"), state.Alerts.FirstOrDefault()?.Id ?? 0, tick);
    }

    /// <summary>An alert in words.</summary>
    public static string ReasonOf(Alert alert)
    {
        var window = alert.Window.Start.UtcDateTime.ToString(alert.Window.End - alert.Window.Start >= TimeSpan.FromDays(28) ? "yyyy-MM" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        return alert.Kind == Alert.Drift
            ? alert.Subject == "features"
                ? string.Create(CultureInfo.InvariantCulture, $"{alert.Value:P0} of the features drifted in {window}")
                : string.Create(CultureInfo.InvariantCulture, $"{alert.Subject} drifted in {window}, by {alert.Value:0.00} where {alert.Threshold:0.00} is usual")
            : string.Create(CultureInfo.InvariantCulture, $"{alert.Subject} is {alert.Value:0.##} in {window}, {alert.Threshold:0.##} on the holdout");
    }

    private static DateTimeOffset? LastDue(CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset after, DateTimeOffset now)
    {
        DateTimeOffset? due = null;
        for (var next = schedule.Next(after, zone); next is { } at && at <= now; next = schedule.Next(at, zone))
            due = at;
        return due;
    }
}
