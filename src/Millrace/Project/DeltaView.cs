using Millrace.Lake.Delta;

namespace Millrace.Project;

/// <summary>A Delta table on disk, of whatever writer.</summary>
/// <param name="Table">The version that was asked for.</param>
/// <param name="Commits">The newest commits up to it, newest first. Empty where the log keeps only checkpoints.</param>
public sealed record DeltaView(Snapshot Table, IReadOnlyList<CommitRecord> Commits);
