using Millrace.Assets;

namespace Millrace.Ledger;

/// <summary>How a run ended, or that it has not.</summary>
public enum RunState
{
    /// <summary>Its process owns the home, or died without saying so.</summary>
    Running,

    /// <summary>Everything succeeded; the release moved, or nothing had to.</summary>
    Done,

    /// <summary>Something failed or was blocked; what could be released was.</summary>
    Failed,

    /// <summary>A pointer that it had read was moved meanwhile; nothing moved.</summary>
    Superseded,

    /// <summary>Its process died; what it had committed was taken over.</summary>
    Interrupted,
}

/// <summary>One execution of a plan.</summary>
public sealed record RunRecord(
    string Id, long Number, string Environment, RunState State, DateTimeOffset Started, DateTimeOffset? Ended, string Plan, long? Release, string? Message);

/// <summary>The life of a task.</summary>
public enum TaskState
{
    /// <summary>Decided and written down, not begun.</summary>
    Queued,

    /// <summary>An attempt is at work, or died.</summary>
    Running,

    /// <summary>Its version is committed.</summary>
    Done,

    /// <summary>A check said no; nothing was committed.</summary>
    Blocked,

    /// <summary>An error; nothing was committed.</summary>
    Failed,

    /// <summary>It found nothing to do; nothing was committed.</summary>
    Idle,

    /// <summary>Never begun: the run ended first.</summary>
    Skipped,
}

/// <summary>One asset (and interval set) of a run.</summary>
public sealed record TaskRecord(
    string Id, string Run, int Position, Build Build, string Kind, IntervalSet Intervals, long? Base, TaskState State, string? Message);

/// <summary>One environment's hold on one asset: the build, its version, and the definition text that was in force.</summary>
public sealed record Pointer(AssetKey Asset, AssetVersion Version, string Definition);

/// <summary>A pointer that a release moved; null means that the environment had, or has, no such asset.</summary>
public sealed record Move(AssetKey Asset, Pointer? From, Pointer? To);

/// <summary>What made a release.</summary>
public enum ReleaseKind
{
    /// <summary>A run's successes.</summary>
    Run,

    /// <summary>Earlier pointers put back.</summary>
    Rollback,

    /// <summary>A person chose a version of a model.</summary>
    Promotion,
}

/// <summary>One atomic move of an environment's pointers.</summary>
/// <param name="Target">For a rollback: the release whose pointers it put back.</param>
public sealed record ReleaseRecord(
    long Id, string Environment, DateTimeOffset At, ReleaseKind Kind, string? Run, long? Target, string? Message, IReadOnlyList<Move> Moves);

/// <summary>
/// What a rollback rejected: a definition (its hash), a build (its fingerprint), what a build makes of certain inputs,
/// a source batch (a file's hash), or that an asset was removed (the
/// hash of the definition that was put back).
/// </summary>
public sealed record Rejection(AssetKey Asset, string Kind, string Value, long Release)
{
    /// <summary>The word for a rejected definition text.</summary>
    public const string Definition = "definition";

    /// <summary>The word for a rejected build: an asset at a fingerprint.</summary>
    public const string Build = "build";

    /// <summary>The word for a rejected source file.</summary>
    public const string Batch = "batch";

    /// <summary>The word for a rejected result of a build: <c>fingerprint/origin</c>.</summary>
    public const string Origin = "origin";

    /// <summary>The word for a rejected removal of an asset.</summary>
    public const string Removal = "removal";
}

/// <summary>The text that declared an asset, as it lay in the project.</summary>
/// <param name="Hash">SHA-256-based fingerprint of file and text.</param>
public sealed record StoredDefinition(string Hash, string File, string Text)
{
    /// <summary>The definition of a file's text.</summary>
    public static StoredDefinition Of(string file, string text) => new(Fingerprint.Of(file, text).Text, file, text);
}
