namespace Millrace.Tracking;

/// <summary>How an experiment's run stands.</summary>
public enum ExperimentRunStatus
{
    /// <summary>At work, or its process died.</summary>
    Running,

    /// <summary>Ended well.</summary>
    Finished,

    /// <summary>Ended by an error.</summary>
    Failed,

    /// <summary>Stopped before its end.</summary>
    Killed,
}

/// <summary>One try: what it was given and what it gave.</summary>
/// <param name="Id">32 lower-case hex digits, never used twice.</param>
/// <param name="Experiment">The name of the experiment; a model's trainings are an experiment of the model's name.</param>
/// <param name="Metrics">Of each metric the value with the highest step; null for one that is no number.</param>
public sealed record ExperimentRun(
    string Id,
    string Experiment,
    string Name,
    ExperimentRunStatus Status,
    DateTimeOffset Started,
    DateTimeOffset? Ended,
    string? Message,
    IReadOnlyDictionary<string, string> Params,
    IReadOnlyDictionary<string, double?> Metrics,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<RunArtifact> Artifacts);

/// <summary>One reported value of a metric.</summary>
/// <param name="Step">Such as the tree or the epoch, from 0.</param>
/// <param name="Value">The value; not-a-number is kept as null.</param>
public sealed record MetricPoint(string Key, long Step, double? Value);

/// <summary>A file that a run gave.</summary>
/// <param name="Path">Relative, forward slashes.</param>
/// <param name="Hash">SHA-256 of the bytes, lower-case hex: its place in the <see cref="ArtifactStore"/>.</param>
public sealed record RunArtifact(string Path, string Hash, long Size);
