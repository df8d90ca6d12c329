namespace Millrace.Serving.Predictions;

/// <summary>When segments end, and how far back retries are known.</summary>
public sealed record PredictionLogOptions
{
    /// <summary>A segment that has this many bytes is sealed and the next one begins. Default 64 MiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>A segment that is this old is sealed at the next append, or by <see cref="PredictionLog.Seal"/>. Default 10
    /// minutes.</summary>
    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How many of the newest predictions that their clients named are known for retries, about 100 bytes each. Whatever is not
    /// folded yet is
    /// known beyond that. Default 1,000,000. A retry of an older id counts as a new prediction.
    /// </summary>
    public int RememberedIds { get; init; } = 1_000_000;
}
