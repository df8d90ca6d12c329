using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Runs;

/// <summary>One way to compute an asset, such as loading a source or running a table's SQL. Runs knows when and in which order; a kind knows how.</summary>
public interface ITaskKind
{
    /// <summary>The word in plans and in the ledger, such as <c>load</c>.</summary>
    string Name { get; }

    /// <summary>Computes and commits once, on the calling thread. An exception means failed: nothing was committed.</summary>
    TaskOutcome Execute(TaskContext context, CancellationToken cancellationToken);

    /// <summary>The version that the task committed though its process died before the ledger could name it; null when it committed nothing.</summary>
    VersionRecord? FindCommitted(TaskRecord task);
}

/// <summary>Everything a task is given.</summary>
public sealed record TaskContext
{
    /// <summary>The task as the ledger holds it: id, build, intervals, base.</summary>
    public required TaskRecord Task { get; init; }

    /// <summary>The attempt, 1 for the first.</summary>
    public required long Fence { get; init; }

    /// <summary>The asset as the project wants it.</summary>
    public required WantedAsset Asset { get; init; }

    /// <summary>The version that the commit builds on, or null for nothing.</summary>
    public required VersionRecord? Base { get; init; }

    /// <summary>The stored tables to read, directly or through views.</summary>
    public required IReadOnlyList<VersionRecord> Inputs { get; init; }

    /// <summary>What the rows are made from.</summary>
    public required Fingerprint Origin { get; init; }

    /// <summary>Event time that stays to be computed after this task.</summary>
    public required IntervalSet Pending { get; init; }

    /// <summary>The value of <c>@as_of</c>, UTC.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>What stood when the run began, and every version since.</summary>
    public required Standing Standing { get; init; }

    /// <summary>The newest version of the asset's quarantine journal that the ledger names, or null.</summary>
    public required long? QuarantineBase { get; init; }

    /// <summary>The present moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Told what the task is at: a phase, and a share done between 0 and 1 where it is known.</summary>
    public required Action<string, double?> Report { get; init; }
}

/// <summary>How a task ended.</summary>
public abstract record TaskOutcome
{
    private TaskOutcome()
    {
    }

    /// <summary>One commit stands in the lake.</summary>
    public sealed record Committed(VersionRecord Version) : TaskOutcome;

    /// <summary>One version stands, and a gate keeps it from being released.</summary>
    public sealed record Refused(VersionRecord Version, string Message) : TaskOutcome;

    /// <summary>There was nothing to do, which nobody could know before: a place outside was asked and had nothing new.</summary>
    public sealed record Unchanged(string Message) : TaskOutcome;

    /// <summary>A check said no; the staged files are gone.</summary>
    public sealed record Blocked(string Message, RowCounts Rows, IReadOnlyList<CheckRecord> Checks) : TaskOutcome;
}
