using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

/// <summary>A change of a table, ready to be put into its log by <see cref="LakeTable.Commit"/>. Verbs such as
/// <see cref="LakeTable.Append"/> make it.</summary>
/// <remarks>Until it is committed nothing of it can be read, except through <see cref="LakeTable.Preview"/>.</remarks>
public sealed record CommitRequest
{
    /// <summary>The version that the change builds on; null builds on nothing, so that the table holds only <see cref="Add"/>
    /// afterwards.</summary>
    /// <remarks>What becomes of later versions is said by <see cref="Mode"/>.</remarks>
    public required long? Base { get; init; }

    /// <summary>What becomes of versions after the base: undone by the same entry, or kept where nothing conflicts.</summary>
    public CommitMode Mode { get; init; }

    /// <summary>SHA-256 of the base's log entry; a base with another entry is refused. Null does not ask.</summary>
    public string? BaseEntryHash { get; init; }

    /// <summary>The columns of the table after the change.</summary>
    public required Schema Schema { get; init; }

    /// <summary>Files that come in, in order.</summary>
    public IReadOnlyList<DataFile> Add { get; init; } = [];

    /// <summary>Files of the base that go out.</summary>
    public IReadOnlyCollection<DataFile> Remove { get; init; } = [];

    /// <summary>True takes every file of the base out, whatever <see cref="Remove"/> lists.</summary>
    public bool RemovesAll { get; init; }

    /// <summary>The columns whose values stand in the log; null keeps those of the base.</summary>
    public IReadOnlyList<string>? PartitionColumns { get; init; }

    /// <summary>The table's properties afterwards, such as <c>delta.appendOnly</c>; null keeps those of the base.</summary>
    public IReadOnlyDictionary<string, string>? Configuration { get; init; }

    /// <summary>True when the same rows only lie in other files, as after <see cref="LakeTable.Optimize"/>: readers of changes pass
    /// over it.</summary>
    public bool IsRearrangement { get; init; }

    /// <summary>The word in the table's history: <c>WRITE</c>, <c>CREATE TABLE AS SELECT</c>, <c>RESTORE</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Details for the table's history, as other programs show them.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Who commits: the id of the task. It commits at most once after <see cref="Base"/>.</summary>
    public required string AppId { get; init; }

    /// <summary>The fence of the attempt.</summary>
    public required long TxnVersion { get; init; }

    /// <summary>The present moment; the commit's time is the later of it and the previous commit's time plus 1 ms.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the log entry carries for us under <c>millrace</c> in its commitInfo: counts, intervals, cursor, outcomes.</summary>
    public JsonObject? Info { get; init; }

    /// <summary>The first word of the failpoints passed: <c>lake</c> gives <c>lake.entry-put</c>.</summary>
    public string FailpointPrefix { get; init; } = "lake";

    /// <summary>The base's columns with all their field metadata as JSON; null where <see cref="Schema"/> says it all.</summary>
    internal string? SchemaString { get; init; }

    /// <summary>Change data: rows with <c>_change_type</c>, for readers of the change data feed.</summary>
    internal IReadOnlyList<DataFile> Changes { get; init; } = [];

    /// <summary>The base itself, so that it need not be read again; null where it is not at hand.</summary>
    internal Snapshot? From { get; init; }

    /// <summary>The files whose rows decided what the change is; null where nothing was read, as by a plain append.</summary>
    internal Func<DataFile, bool>? Reads { get; init; }

    /// <summary>Counts of the verb for the table's history, such as <c>numTargetRowsUpdated</c>.</summary>
    internal IReadOnlyDictionary<string, long> Metrics { get; init; } = new Dictionary<string, long>();

    /// <summary>Files written for this request by its verb and named nowhere else yet: what <see cref="LakeTable.Discard"/>
    /// deletes.</summary>
    internal IReadOnlyList<StagedFiles> Staged { get; init; } = [];
}
