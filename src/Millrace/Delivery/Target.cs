using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sources.Connectors;

namespace Millrace.Delivery;

/// <summary>A place that rows are delivered to, as a sink's file says it.</summary>
internal abstract record Target
{
    /// <summary>What decides where the rows lie; no secret.</summary>
    public abstract string Identity { get; }

    /// <summary>The place in words for people, without secrets.</summary>
    public abstract string Title { get; }

    /// <summary>True when the place can take single changes; else it always gets all rows.</summary>
    public virtual bool TakesChanges => true;

    /// <summary>Mistakes that only table and key together show.</summary>
    public virtual string? Objection(DeliveryMode mode, IReadOnlyList<string> key) => null;

    /// <summary>Brings the place to the version. Called again after a failure; then it goes on, or begins anew, without doubling a row.</summary>
    /// <exception cref="DeliveryException">The place refuses, is not there, or broke off.</exception>
    public abstract DeliveredRows Deliver(DeliveryOrder order, CancellationToken cancellationToken);
}

/// <summary>What a place is asked to hold.</summary>
internal sealed record DeliveryOrder
{
    public required SinkDefinition Sink { get; init; }

    /// <summary>The project and environment, which tell sinks of the same name at one place apart.</summary>
    public required string Sender { get; init; }

    /// <summary>The released version.</summary>
    public required AssetVersion Version { get; init; }

    public required Schema Schema { get; init; }

    /// <summary>Sees <see cref="Rows"/> and what <see cref="ChangesSince"/> gives.</summary>
    public required DuckConnection Connection { get; init; }

    /// <summary>A SELECT of all rows.</summary>
    public required string Rows { get; init; }

    /// <summary>The way from an earlier version to this one; null where it cannot be said.</summary>
    public required Func<AssetVersion, TableChanges?> ChangesSince { get; init; }

    /// <summary>What the ledger says was delivered last and is to be built on; null at first, and when the sink changed.</summary>
    public required AssetVersion? Last { get; init; }

    /// <summary>How far an earlier try for the same version got, in the target's own words; null at the beginning.</summary>
    public JsonObject? Position { get; init; }

    /// <summary>Keeps how far it got.</summary>
    public required Action<JsonObject> Reached { get; init; }

    public required Secrets Secrets { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Relative paths are relative to this.</summary>
    public required string ProjectFolder { get; init; }

    /// <summary>A folder for copies; deleted after the delivery.</summary>
    public required string Scratch { get; init; }
}

/// <summary>The way from one version to another, as SELECTs.</summary>
/// <param name="Upserts">New and changed rows, whole.</param>
/// <param name="Deletes">The keys of rows that went; columns of the key only.</param>
internal sealed record TableChanges(string Upserts, string Deletes);

/// <summary>What a delivery did.</summary>
/// <param name="Rows">Rows sent: new, changed, or all.</param>
/// <param name="Deleted">Rows taken out.</param>
/// <param name="WasThere">True when the place held the version already.</param>
/// <param name="Where">The place in words for people, such as a file's path.</param>
internal sealed record DeliveredRows(long Rows, long Deleted, bool WasThere, string Where);
