namespace Millrace.Lake;

/// <summary>How a table's files are packed and ordered anew.</summary>
public sealed record OptimizeOptions
{
    /// <summary>Files are packed up to this size; a file of three quarters of it or more is left alone. 128 MB unless told.</summary>
    public long TargetFileBytes { get; init; } = 128L << 20;

    /// <summary>Up to four columns by which rows are put next to their like, along a Hilbert curve, so that a condition on any of them
    /// leaves
    /// most files unopened. None only packs.</summary>
    public IReadOnlyList<string> ClusterBy { get; init; } = [];

    /// <summary>Only files that may hold a row for which this is true; null takes all.</summary>
    public string? Where { get; init; }
}
