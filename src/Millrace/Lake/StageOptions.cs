using Millrace.Lake.Delta;

namespace Millrace.Lake;

/// <summary>How rows are written aside.</summary>
public sealed record StageOptions
{
    internal const int UsualRowGroupSize = 122_880;

    /// <summary>Rows of a Parquet row group.</summary>
    public int RowGroupSize { get; init; } = UsualRowGroupSize;

    /// <summary>A file that reaches this size is closed and the next one begins.</summary>
    public long TargetFileBytes { get; init; } = 256L << 20;

    /// <summary>The version that the rows are to join: it says by which columns they are partitioned, and by which names its files know the
    /// columns. Needed for a table with column mapping; null for a new table.</summary>
    public Snapshot? For { get; init; }

    /// <summary>Columns whose values stand in the log and not in the files, so that a file holds rows of one combination of them. Then
    /// <see cref="TargetFileBytes"/> does not count. Of no account where <see cref="For"/> is given.</summary>
    public IReadOnlyList<string> PartitionBy { get; init; } = [];

    /// <summary>Put on every file; see <see cref="LakeTable.ReplaceTagged"/>. Names that begin with <c>millrace.</c> are ours.</summary>
    public IReadOnlyDictionary<string, string?> Tags { get; init; } = new Dictionary<string, string?>();

    /// <summary>A column whose bounds are kept however far right it stands, since intervals are replaced by it.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>When the files are written: their modification time in the log.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The partition that all rows are known to be in, as the log writes its values; null lets each row say.</summary>
    internal IReadOnlyDictionary<string, string?>? Partition { get; init; }

    /// <summary>True for change data, which lies in a folder of its own.</summary>
    internal bool IsChangeData { get; init; }

    /// <summary>See <see cref="CommitRequest.FailpointPrefix"/>.</summary>
    public string FailpointPrefix { get; init; } = "lake";
}
