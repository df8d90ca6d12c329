using System.Text.Json.Nodes;
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

    /// <summary>What the rows are made from, where that is not what the plan said.</summary>
    public Fingerprint? Origin { get; init; }

    /// <summary>Makers of the version beside those that every version names.</summary>
    public IReadOnlyDictionary<string, string> Makers { get; init; } = new Dictionary<string, string>();

    /// <summary>What became of rows that were set aside earlier; null for nothing.</summary>
    public QuarantineMarks? Marks { get; init; }

    /// <summary>Set where a place outside was asked.</summary>
    public AskedWrite? Asked { get; init; }
}

/// <summary>What became of rows that were set aside earlier: how many, and a SELECT of <c>entry, mark, reason</c>.</summary>
public sealed record QuarantineMarks(long Count, string Select);

/// <summary>What a write of rows has to know beside them that a place outside gave.</summary>
public sealed record AskedWrite
{
    /// <summary>What the rows are made from, now that they are there.</summary>
    public required Fingerprint Origin { get; init; }

    /// <summary>What was read.</summary>
    public required IReadOnlyList<SourceReceipt> Receipts { get; init; }

    /// <summary>How far it was read, given the rows that fit and those that could not be read, as SELECTs.</summary>
    public required Func<string, UnreadableRows, JsonObject> State { get; init; }

    /// <summary>Makes of a SELECT of the rows that came, in their order, one of those that are to be added: some stand already. Columns that it does
    /// not know pass through. It gives null when all are to be added.</summary>
    public Func<string, string?>? Choose { get; init; }

    /// <summary>Called after staging: how many rows came that are not among the rows of the write, because a later one took their place, or since
    /// they say that a row is gone.</summary>
    public Func<(long Superseded, long Deletes)>? Besides { get; init; }

    /// <summary>Tasks whose quarantined rows may have come again: such a row goes aside once. Null when rows never come again.</summary>
    public IReadOnlySet<string>? Reread { get; init; }

    /// <summary>What is said when nothing new came.</summary>
    public required string NothingNew { get; init; }
}

/// <summary>Rows that could not be read: how many, and a SELECT of <c>check_id, reason, source, line, row</c>.</summary>
public sealed record UnreadableRows(long Count, string Select)
{
    /// <summary>How many values go aside while their rows are kept; not counted as rows.</summary>
    public long Values { get; init; }

    /// <summary>A SELECT of the same columns for these.</summary>
    public string ValuesSelect { get; init; } = "";
}

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

    /// <summary>They stay, but for those whose key is among the new rows' keys or those that <paramref name="Gone"/> selects.</summary>
    /// <param name="Key">The key's columns, at least one.</param>
    /// <param name="Gone">A SELECT of keys whose rows go without a new one; null for none.</param>
    public sealed record Merge(IReadOnlyList<string> Key, string? Gone) : Placement;

    /// <summary>They stay, but for the batches that are loaded again; new files carry the batch as a tag.</summary>
    public sealed record Batch(string Name, IReadOnlySet<string> Reloaded) : Placement
    {
        /// <summary>The tag on data files.</summary>
        public const string Tag = "millrace.batch";
    }
}
