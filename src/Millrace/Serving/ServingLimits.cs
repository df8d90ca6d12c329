namespace Millrace.Serving;

/// <summary>What one request may ask for.</summary>
public sealed record ServingLimits
{
    /// <summary>Rows of one request; more is refused. Default 1,000,000, at least 1.</summary>
    public int MaxRows { get; init; } = 1_000_000;

    /// <summary>Bytes of one prediction id or request id. Default 256.</summary>
    public int MaxIdBytes { get; init; } = 256;
}
