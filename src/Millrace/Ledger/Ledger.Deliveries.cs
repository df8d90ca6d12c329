using System.Text.Json.Nodes;
using Dapper;
using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>Where one sink stands.</summary>
/// <param name="Sink">Its name.</param>
/// <param name="Identity">The hash of what decided which rows lie where.</param>
public sealed record DeliveryRecord(string Sink, string Identity)
{
    /// <summary>The version that the place holds; null when nothing was delivered yet.</summary>
    public AssetVersion? Version { get; init; }

    /// <summary>When it was delivered.</summary>
    public DateTimeOffset? Delivered { get; init; }

    /// <summary>Rows sent by that delivery.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that it took out.</summary>
    public long Deleted { get; init; }

    /// <summary>The place in words, without secrets.</summary>
    public string? Place { get; init; }

    /// <summary>How far a try that did not end got, in the target's words.</summary>
    public JsonObject? Position { get; init; }

    /// <summary>When a delivery was tried last.</summary>
    public DateTimeOffset? Tried { get; init; }

    /// <summary>Why the last try failed; null when it did not.</summary>
    public string? Failure { get; init; }
}

public sealed partial class Ledger
{
    /// <summary>Where the sinks of an environment stand, by name.</summary>
    public IReadOnlyList<DeliveryRecord> Deliveries(string environment) => Read(c => c.Query<DeliveryRow>(
        """
        select sink, identity, asset, fingerprint, number, delivered, rows, deleted, place, position, tried, failure from delivery
        where environment = @environment order by sink
        """,
        new { environment }).Select(r => r.ToRecord()).ToList());

    /// <summary>Writes down where a sink stands; with an event when it delivered a version, or failed with other words than before.</summary>
    public void SetDelivery(string environment, DeliveryRecord record) => Write(t =>
    {
        var before = t.Connection!.QueryFirstOrDefault<(string? Delivered, string? Failure)>(
            "select delivered, failure from delivery where environment = @environment and sink = @Sink", new { environment, record.Sink }, t);
        var delivered = record.Delivered is { } at ? Instants.Format(at) : null;
        t.Connection!.Execute(
            """
            insert into delivery (environment, sink, identity, asset, fingerprint, number, delivered, rows, deleted, place, position, tried, failure)
            values (@environment, @Sink, @Identity, @asset, @fingerprint, @number, @delivered, @Rows, @Deleted, @Place, @position, @tried, @Failure)
            on conflict(environment, sink) do update set identity = excluded.identity, asset = excluded.asset, fingerprint = excluded.fingerprint,
                number = excluded.number, delivered = excluded.delivered, rows = excluded.rows, deleted = excluded.deleted, place = excluded.place,
                position = excluded.position, tried = excluded.tried, failure = excluded.failure
            """,
            new
            {
                environment,
                record.Sink,
                record.Identity,
                asset = record.Version?.Asset.ToString(),
                fingerprint = record.Version?.Build.Fingerprint.Text,
                number = record.Version?.Number,
                delivered,
                record.Rows,
                record.Deleted,
                record.Place,
                position = record.Position?.ToJsonString(),
                tried = record.Tried is { } tried ? Instants.Format(tried) : null,
                record.Failure,
            },
            t);
        if (delivered is not null && delivered != before.Delivered)
        {
            Append(t, "delivery.done", record.Sink, new JsonObject
            {
                ["environment"] = environment, ["asset"] = record.Version!.Value.Asset.ToString(), ["fingerprint"] = record.Version.Value.Build.Fingerprint.Text,
                ["version"] = record.Version.Value.Number, ["rows"] = record.Rows, ["deleted"] = record.Deleted,
            });
        }
        else if (record.Failure is not null && record.Failure != before.Failure)
        {
            Append(t, "delivery.failed", record.Sink, new JsonObject { ["environment"] = environment, ["failure"] = record.Failure });
        }
    });

    private sealed record DeliveryRow
    {
        public string Sink { get; init; } = "";

        public string Identity { get; init; } = "";

        public string? Asset { get; init; }

        public string? Fingerprint { get; init; }

        public long? Number { get; init; }

        public string? Delivered { get; init; }

        public long Rows { get; init; }

        public long Deleted { get; init; }

        public string? Place { get; init; }

        public string? Position { get; init; }

        public string? Tried { get; init; }

        public string? Failure { get; init; }

        public DeliveryRecord ToRecord() => new(Sink, Identity)
        {
            Version = Asset is null ? null : new AssetVersion(BuildOf(Asset, Fingerprint!), Number!.Value),
            Delivered = Delivered is null ? null : Instants.Parse(Delivered),
            Rows = Rows,
            Deleted = Deleted,
            Place = Place,
            Position = Position is null ? null : (JsonObject)JsonNode.Parse(Position)!,
            Tried = Tried is null ? null : Instants.Parse(Tried),
            Failure = Failure,
        };
    }
}
