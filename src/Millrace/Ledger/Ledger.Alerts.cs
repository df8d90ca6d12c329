using System.Text.Json.Nodes;
using Dapper;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>A measure over a window of event time that crossed its line.</summary>
/// <param name="Kind"><c>drift</c> or <c>performance</c>.</param>
/// <param name="Subject">The feature that drifted, <c>prediction</c>, or the metric that fell.</param>
/// <param name="ModelVersion">The version that gave the predictions.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Threshold">The line that it crossed.</param>
public sealed record Alert(AssetKey Endpoint, string Kind, string Subject, Interval Window, long ModelVersion, double Value, double Threshold)
{
    /// <summary>The word for drifted inputs or predictions.</summary>
    public const string Drift = "drift";

    /// <summary>The word for a fallen quality.</summary>
    public const string Performance = "performance";
}

/// <summary>An alert with its place in the ledger.</summary>
public sealed record RaisedAlert(long Id, Alert Alert, DateTimeOffset Raised);

public sealed partial class Ledger
{
    /// <summary>Raises an alert, once for each window of each version.</summary>
    /// <returns>False when it was raised before.</returns>
    public bool Raise(string environment, Alert alert) => Write(t =>
    {
        var row = new
        {
            environment,
            endpoint = alert.Endpoint.Name,
            alert.Kind,
            alert.Subject,
            start = Instants.Format(alert.Window.Start),
            end = Instants.Format(alert.Window.End),
            alert.ModelVersion,
            alert.Value,
            alert.Threshold,
            raised = Instants.Format(_clock.GetUtcNow()),
        };
        var added = t.Connection!.Execute(
            """
            insert into alert select coalesce(max(id), 0) + 1, @environment, @endpoint, @Kind, @Subject, @start, @end, @ModelVersion, @Value, @Threshold, @raised
            from alert where true on conflict do nothing
            """,
            row,
            t);
        if (added == 0)
            return false;
        Append(t, "alert.raised", alert.Endpoint.ToString(), new JsonObject
        {
            ["environment"] = environment, ["kind"] = alert.Kind, ["subject"] = alert.Subject, ["start"] = row.start, ["end"] = row.end,
            ["version"] = alert.ModelVersion, ["value"] = alert.Value, ["threshold"] = alert.Threshold,
        });
        return true;
    });

    /// <summary>An environment's alerts, newest first.</summary>
    /// <param name="environment">Whose.</param>
    /// <param name="endpoint">Only of this endpoint; of all when null.</param>
    /// <param name="take">At most so many.</param>
    public IReadOnlyList<RaisedAlert> Alerts(string environment, AssetKey? endpoint = null, int take = 1000) => Read(c => c.Query<AlertRow>(
        """
        select id, endpoint, kind, subject, window_start WindowStart, window_end WindowEnd, model_version ModelVersion, value, threshold, raised from alert
        where environment = @environment and (@name is null or endpoint = @name) order by id desc limit @take
        """,
        new { environment, name = endpoint?.Name, take }).Select(r => r.ToAlert()).ToList());

    /// <summary>What an endpoint's monitor had seen when it measured last, or null.</summary>
    public string? WatchState(string environment, AssetKey endpoint) => Read(c => c.ExecuteScalar<string?>(
        "select state from watch where environment = @environment and endpoint = @name", new { environment, name = endpoint.Name }));

    /// <summary>Keeps what an endpoint's monitor has seen.</summary>
    public void SetWatchState(string environment, AssetKey endpoint, string state) => Write(t => t.Connection!.Execute(
        "insert into watch values (@environment, @name, @state) on conflict(environment, endpoint) do update set state = excluded.state",
        new { environment, name = endpoint.Name, state },
        t));

    private sealed record AlertRow
    {
        public long Id { get; init; }

        public string Endpoint { get; init; } = "";

        public string Kind { get; init; } = "";

        public string Subject { get; init; } = "";

        public string WindowStart { get; init; } = "";

        public string WindowEnd { get; init; } = "";

        public long ModelVersion { get; init; }

        public double Value { get; init; }

        public double Threshold { get; init; }

        public string Raised { get; init; } = "";

        public RaisedAlert ToAlert() => new(
            Id,
            new Alert(
                new AssetKey(AssetKind.Endpoint, Endpoint), Kind, Subject, new Interval(Instants.Parse(WindowStart), Instants.Parse(WindowEnd)), ModelVersion, Value, Threshold),
            Instants.Parse(Raised));
    }
}
