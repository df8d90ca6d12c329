using Millrace.Assets;
using Millrace.Ledger;

namespace Millrace.Plans;

/// <summary>One asset as the project wants it: what a plan needs to know of it, and nothing of how its work is done.</summary>
public sealed record WantedAsset
{
    /// <summary>The build: the asset at the fingerprint of what the project says.</summary>
    public required Build Build { get; init; }

    /// <summary>The word of the task kind that computes it, such as <c>load</c> or <c>table</c>; null for a view, which has no files.</summary>
    public required string? TaskKind { get; init; }

    /// <summary>The text that declares it.</summary>
    public required StoredDefinition Definition { get; init; }

    /// <summary>The assets that it reads.</summary>
    public IReadOnlyList<AssetKey> Parents { get; init; } = [];

    /// <summary>The columns, with types.</summary>
    public required Schema Schema { get; init; }

    /// <summary>Set for an asset that is computed by event time.</summary>
    public IncrementalKind? Incremental { get; init; }

    /// <summary>The column of event time; null when none is declared. A view with one hands on what its parents touched.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>True when its SQL reads <c>@as_of</c>: then that day is part of what it is made from.</summary>
    public bool ReadsAsOf { get; init; }

    /// <summary>
    /// For a source: the files that lie there now, without those that a rollback rejected; and those that stand though they lie there no longer in
    /// that form, which carry the batch that took them in.
    /// </summary>
    public IReadOnlyList<SourceFile>? Files { get; init; }

    /// <summary>For a source whose place outside has to be asked what is new: the kind of place, such as <c>postgres</c>; else null.</summary>
    public string? Asks { get; init; }

    /// <summary>For such a source: the tasks whose batches a rollback rejected.</summary>
    public IReadOnlySet<string> RejectedBatches { get; init; } = new HashSet<string>();

    /// <summary>True when the obstacle is a rollback's word: someone chose that it is not computed.</summary>
    public bool IsRejected { get; init; }

    /// <summary>JSON that the ledger keeps with the build: for a view the values of the variables that its SQL reads.</summary>
    public string Detail { get; init; } = "{}";

    /// <summary>Origins that a rollback rejected for this build: what is made from them is not made again.</summary>
    public IReadOnlySet<Fingerprint> RejectedOrigins { get; init; } = new HashSet<Fingerprint>();

    /// <summary>Why the asset must not be computed (a check on lineage that blocks), or null.</summary>
    public string? Obstacle { get; init; }

    /// <summary>What the checks on lineage found; they need no rows.</summary>
    public IReadOnlyList<CheckRecord> LineageChecks { get; init; } = [];

    /// <summary>Something a person should know before the run, such as a rejected file; or null.</summary>
    public string? Note { get; init; }

    /// <summary>Set for a model: new rows alone do not make a new version of it, someone has to ask.</summary>
    public TrainedKind? Trained { get; init; }

    /// <summary>The asset.</summary>
    public AssetKey Key => Build.Asset;

    /// <summary>True for a view.</summary>
    public bool IsView => TaskKind is null;
}

/// <summary>How an incremental asset is computed.</summary>
/// <param name="Unit">The grain.</param>
/// <param name="ReadsBack">How many units before its own a row reads: what a parent touches, touches this many units more after it.</param>
/// <param name="Batch">At most this many units in one task; null for all at once.</param>
/// <param name="Start">Nothing before it is computed; null for what the parents hold.</param>
public sealed record IncrementalKind(IntervalUnit Unit, int ReadsBack = 0, int? Batch = null, DateTimeOffset? Start = null);

/// <summary>How a model is planned.</summary>
/// <param name="Gates">The fingerprint of its gates: a version that other gates refused is judged again.</param>
/// <param name="Request">Why a new version is asked for though one stands, for people; null when nobody asks.</param>
public sealed record TrainedKind(Fingerprint Gates, string? Request)
{
    /// <summary>The maker under which a version keeps the fingerprint of the gates that judged it.</summary>
    public const string GatesMaker = "gates";
}

/// <summary>The project as a graph of wanted assets.</summary>
public sealed record WantedGraph(Graph Graph, IReadOnlyDictionary<AssetKey, WantedAsset> Assets);
