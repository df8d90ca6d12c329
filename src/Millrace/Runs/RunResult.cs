using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Plans;

namespace Millrace.Runs;

/// <summary>How one asset came out of a run.</summary>
public enum AssetOutcome
{
    /// <summary>What stood is what is wanted.</summary>
    Unchanged,

    /// <summary>Only its pointer moves.</summary>
    Pointed,

    /// <summary>Computed and committed.</summary>
    Computed,

    /// <summary>A check said no.</summary>
    Blocked,

    /// <summary>A version was made and kept, and a gate said no to its release.</summary>
    Refused,

    /// <summary>An error.</summary>
    Failed,

    /// <summary>Not begun, because of what it stands on.</summary>
    Held,

    /// <summary>Its pointer goes: the project names it no longer.</summary>
    Removed,
}

/// <summary>One asset's line of the summary.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Reason">Why it was computed or not.</param>
/// <param name="Message">For blocked, failed and held: what a person should read.</param>
/// <param name="Note">Something a person should know, such as a file left out; or null.</param>
/// <param name="Rows">Sums over its tasks.</param>
/// <param name="Checks">What the checks found, over its tasks.</param>
/// <param name="Intervals">Units of event time computed, or null.</param>
/// <param name="Elapsed">Time in its tasks.</param>
public sealed record AssetResult(
    AssetKey Asset,
    AssetOutcome Outcome,
    string Reason,
    string? Message,
    string? Note,
    RowCounts Rows,
    IReadOnlyList<CheckRecord> Checks,
    int? Intervals,
    TimeSpan Elapsed);

/// <summary>How a run ended.</summary>
/// <param name="Run">The run, or null when there was nothing to do and none was opened.</param>
/// <param name="State">Done, Failed or Superseded.</param>
/// <param name="Release">The release that moved the pointers, or null when none moved.</param>
/// <param name="Assets">In graph order.</param>
/// <param name="Plan">What was applied.</param>
/// <param name="Adopted">Versions taken over from runs that had died.</param>
public sealed record RunResult(
    RunRecord? Run, RunState State, ReleaseRecord? Release, IReadOnlyList<AssetResult> Assets, Plan Plan, IReadOnlyList<AssetVersion> Adopted);

/// <summary>One moment of a run, for progress displays and logs.</summary>
/// <param name="Asset">The asset, or null for the run as a whole.</param>
/// <param name="Phase">A word such as <c>decided</c>, <c>staging</c>, <c>checking</c>, <c>committed</c>, <c>released</c>.</param>
/// <param name="Share">Done between 0 and 1, where it is known.</param>
/// <param name="Note">More, for people; or null.</param>
public sealed record RunMoment(AssetKey? Asset, string Phase, double? Share, string? Note);
