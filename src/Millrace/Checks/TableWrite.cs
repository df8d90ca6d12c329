using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Runs;

namespace Millrace.Checks;

/// <summary>Rows on their way into a table.</summary>
public sealed record TableWrite
{
    /// <summary>The task that writes.</summary>
    public required TaskContext Context { get; init; }

    /// <summary>The folder of the build's table.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder of the asset's quarantine journal.</summary>
    public required string QuarantineFolder { get; init; }

    /// <summary>The columns to store.</summary>
    public required Schema Schema { get; init; }

    /// <summary>One SELECT that gives the rows. </summary>
    public required string Rows { get; init; }

    /// <summary>The same rows with a text column <c>_source</c> in addition that says where a row was read: the file, and the
    /// line after a colon. Asked only when rows go aside. Null where nobody knows.</summary>
    public Func<string>? RowsWithSource { get; init; }

    /// <summary>The asset's checks; those on lineage are not asked here.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>Called after staging: rows that could not be read at all, and where they can be selected from.</summary>
    public Func<UnreadableRows>? Unreadable { get; init; }

    /// <summary>True when a row that could not be read blocks the commit; else it goes to quarantine.</summary>
    public bool BlocksUnreadable { get; init; }

    /// <summary>What becomes of the base's rows.</summary>
    public required Placement Placement { get; init; }

    /// <summary>The column of event time, or null.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>The grain in which touched event time is written down.</summary>
    public IntervalUnit Unit { get; init; } = IntervalUnit.Day;

    /// <summary>For a source: the files taken in.</summary>
    public IReadOnlyList<SourceFile> Files { get; init; } = [];
}

/// <summary>Rows that could not be read: how many, and a SELECT of <c>check_id, reason, source, line, row</c>.</summary>
public sealed record UnreadableRows(long Count, string Select);

/// <summary>What becomes of the base's rows when new ones come.</summary>
public abstract record Placement
{
    private Placement()
    {
    }

    /// <summary>They go; only the new rows stand.</summary>
    public sealed record Overwrite : Placement;

    /// <summary>Those whose event time lies in the intervals go.</summary>
    public sealed record Replace(IntervalSet Intervals) : Placement;

    /// <summary>They stay, but for the batches that are loaded again; new files carry the batch as a tag.</summary>
    public sealed record Batch(string Name, IReadOnlySet<string> Reloaded) : Placement
    {
        /// <summary>The tag on data files.</summary>
        public const string Tag = "millrace.batch";
    }
}
