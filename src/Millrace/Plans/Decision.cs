using Millrace.Assets;
using Millrace.Ledger;

namespace Millrace.Plans;

/// <summary>What is done about one asset.</summary>
public enum PlanAction
{
    /// <summary>What stands is what is wanted.</summary>
    Keep,

    /// <summary>The wanted version exists already; only the pointer moves.</summary>
    Point,

    /// <summary>A task computes it.</summary>
    Compute,

    /// <summary>A task asks a place outside for what is new; it may find nothing.</summary>
    Ask,

    /// <summary>It cannot be computed; what stands stays.</summary>
    Hold,

    /// <summary>The project names it no longer; its pointer goes.</summary>
    Remove,
}

/// <summary>What is decided about one asset, and why.</summary>
public sealed record Decision
{
    /// <summary>The asset.</summary>
    public required AssetKey Asset { get; init; }

    /// <summary>What is done.</summary>
    public required PlanAction Action { get; init; }

    /// <summary>Why, for people, such as <c>2 new files</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Something a person should know, such as a file left out; or null.</summary>
    public string? Note { get; init; }

    /// <summary>What the asset is afterwards, as far as it can be known.</summary>
    public required AssetState After { get; init; }

    /// <summary>What the asset is when a gate refuses the version that a task makes; null when nothing stands that is wanted: then it is held.</summary>
    public AssetState? WhenRefused { get; init; }

    /// <summary>True when the build differs from the one that the environment points at.</summary>
    public bool ChangesDefinition { get; init; }

    /// <summary>For <see cref="PlanAction.Compute"/>: the version that the commit builds on, or null for nothing.</summary>
    public VersionRecord? Base { get; init; }

    /// <summary>For <see cref="PlanAction.Compute"/>: the event time to compute; null when it is known only once the parents are.</summary>
    public IntervalSet? Intervals { get; init; } = IntervalSet.All;

    /// <summary>Touched event time that waits for a later run (after <c>--as-of</c>).</summary>
    public IntervalSet Deferred { get; init; } = IntervalSet.Empty;
}
