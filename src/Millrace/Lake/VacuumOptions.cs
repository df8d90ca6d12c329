namespace Millrace.Lake;

/// <summary>Which files of a table vacuum may delete.</summary>
public sealed record VacuumOptions
{
    /// <summary>The present moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long a file stays after it left the table, and one that no commit names after it was written; null is the table's
    /// <c>delta.deletedFileRetentionDuration</c>, or 7 days.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>True allows a retention below the table's own: files of readers and writers at work may be lost.</summary>
    public bool AllowsShort { get; init; }

    /// <summary>True only tells what would go.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Versions that must stay readable, and who needs them.</summary>
    public IReadOnlyList<VersionPin> Pins { get; init; } = [];
}

/// <summary>A version that must stay readable.</summary>
/// <param name="Version">The table's version.</param>
/// <param name="Holder">Who needs it, for people: <c>release 12 of 'prod'</c>.</param>
public sealed record VersionPin(long Version, string Holder);

/// <summary>What vacuum found.</summary>
/// <param name="Files">What was, or would be, deleted: paths below the table's folder.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Orphans">How many of them no commit ever named, as far as the log tells: left by writers that died.</param>
/// <param name="Held">Files old enough to go that a pin keeps, and the newest pin that does.</param>
public sealed record VacuumReport(IReadOnlyList<string> Files, long Bytes, int Orphans, IReadOnlyList<HeldFile> Held);

/// <summary>A file that only a pin keeps.</summary>
public sealed record HeldFile(string Path, long Bytes, VersionPin Pin);
