using System.Text.Json.Nodes;
using Dapper;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>What became of a request.</summary>
public enum RequestState
{
    /// <summary>No run has taken it up, or the run that did died.</summary>
    Open,

    /// <summary>A run ended that had taken it up.</summary>
    Done,

    /// <summary>A run ended that had taken it up, and a check or a gate said no, or it failed.</summary>
    Refused,

    /// <summary>Taken back before a run took it up, such as by a rollback.</summary>
    Withdrawn,
}

/// <summary>A run that automation asks for: a new version of one asset.</summary>
/// <param name="Cause"><c>schedule</c>, <c>drift</c> or <c>performance</c>.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Asked">The moment of the clock that automation read.</param>
/// <param name="Due">Not before this moment.</param>
/// <param name="Alert">The newest alert that was known; 0 for none.</param>
public sealed record RequestRecord(
    long Id, AssetKey Asset, string Cause, string Reason, RequestState State, DateTimeOffset Asked, DateTimeOffset Due, long Alert, DateTimeOffset? Ended, string? Run, string? Message);

public sealed partial class Ledger
{
    /// <summary>Asks for a run, unless one is asked for already.</summary>
    /// <returns>False when a request for this asset is open.</returns>
    public bool Request(string environment, AssetKey asset, string cause, string reason, DateTimeOffset asked, DateTimeOffset due, long alert) => Write(t =>
    {
        var open = t.Connection!.ExecuteScalar<long>(
            "select count(*) from request where environment = @environment and asset = @asset and state = 'open'", new { environment, asset = asset.ToString() }, t);
        if (open > 0)
            return false;
        Append(t, "run.requested", asset.ToString(), new JsonObject { ["environment"] = environment, ["cause"] = cause, ["reason"] = reason, ["due"] = Instants.Format(due) });
        t.Connection!.Execute(
            "insert into request select coalesce(max(id), 0) + 1, @environment, @asset, @cause, @reason, 'open', @asked, @due, @alert, null, null, null from request",
            new { environment, asset = asset.ToString(), cause, reason, asked = Instants.Format(asked), due = Instants.Format(due), alert },
            t);
        return true;
    });

    /// <summary>The requests of an environment, newest first.</summary>
    public IReadOnlyList<RequestRecord> Requests(string environment, int take = 100) => Read(c => c.Query<RequestRow>(
        "select id, asset, cause, reason, state, asked, due, alert, ended, run, message from request where environment = @environment order by id desc limit @take",
        new { environment, take }).Select(r => r.ToRecord()).ToList());

    /// <summary>Closes requests.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="state">What became of them.</param>
    /// <param name="run">The run that took them up, or null.</param>
    /// <param name="message">What a person should read, or null.</param>
    public void EndRequests(IReadOnlyList<long> ids, RequestState state, string? run, string? message) => Write(t =>
    {
        foreach (var id in ids)
        {
            var asset = t.Connection!.ExecuteScalar<string?>("select asset from request where id = @id and state = 'open'", new { id }, t);
            if (asset is null)
                continue;
            var line = Append(t, "request.ended", asset, new JsonObject { ["request"] = id, ["state"] = Word(state), ["run"] = run });
            t.Connection!.Execute(
                "update request set state = @state, ended = @at, run = @run, message = @message where id = @id",
                new { id, state = Word(state), at = Instants.Format(line.At), run, message },
                t);
        }
    });

    /// <summary>The newest moment at which a schedule fired, or null.</summary>
    public DateTimeOffset? LastTick(string environment, string schedule) => Read(c => c.ExecuteScalar<string?>(
        "select at from tick where environment = @environment and schedule = @schedule", new { environment, schedule })) is { } at ? Instants.Parse(at) : null;

    /// <summary>Writes down that a schedule fired: it does not fire for this moment, or one before, again.</summary>
    public void Tick(string environment, string schedule, DateTimeOffset at) => Write(t =>
    {
        t.Connection!.Execute(
            "insert into tick values (@environment, @schedule, @at) on conflict(environment, schedule) do update set at = max(at, excluded.at)",
            new { environment, schedule, at = Instants.Format(at) },
            t);
    });

    private sealed record RequestRow
    {
        public long Id { get; init; }

        public string Asset { get; init; } = "";

        public string Cause { get; init; } = "";

        public string Reason { get; init; } = "";

        public string State { get; init; } = "";

        public string Asked { get; init; } = "";

        public string Due { get; init; } = "";

        public long Alert { get; init; }

        public string? Ended { get; init; }

        public string? Run { get; init; }

        public string? Message { get; init; }

        public RequestRecord ToRecord() => new(
            Id, AssetKey.Parse(Asset), Cause, Reason, Parse<RequestState>(State), Instants.Parse(Asked), Instants.Parse(Due), Alert, Ended is null ? null : Instants.Parse(Ended), Run, Message);
    }
}
