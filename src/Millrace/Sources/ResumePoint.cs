using System.Text.Json.Nodes;
using Millrace.Ledger;
using Millrace.Runs;

namespace Millrace.Sources;

/// <summary>From where a load goes on: the state that the loads before it reached, and the batches that are still to be taken in.</summary>
/// <param name="Cursor">The largest value of the cursor's column that was read; null at first.</param>
/// <param name="Place">What the last fetch returned as its state; null at first.</param>
/// <param name="Owed">What was read and stands no longer, though nobody rejects it: a rollback took it out, and it was resumed. Its landings are kept.</param>
/// <param name="Tasks">The loads whose rows stand.</param>
internal sealed record ResumePoint(string? Cursor, JsonObject? Place, IReadOnlyList<SourceReceipt> Owed, IReadOnlySet<string> Tasks)
{
    public static ResumePoint Of(TaskContext context, SourceDefinition source, Landings landings)
    {
        var standing = context.Standing;
        var chain = context.Base is { } b ? standing.Chain(b.Id).ToList() : [];
        var tasks = chain.Select(v => v.Task).ToHashSet(StringComparer.Ordinal);
        var rejected = context.Asset.RejectedBatches;

        // A batch counts as read when its rows stand, when a rollback rejected them, or when its landing is taken in now.
        var read = chain.SelectMany(v => v.Receipts).Select(r => r.Batch).Concat(rejected).ToHashSet(StringComparer.Ordinal);
        var versions = standing.Versions(context.Asset.Build);
        var owed = new List<SourceReceipt>();
        foreach (var receipts in versions.Concat(Earlier(context, source)).SelectMany(v => v.Receipts).Where(r => !read.Contains(r.Batch)).GroupBy(r => r.Batch).ToList())
        {
            if (receipts.All(r => landings.Files(source.Key, r) is not null))
            {
                owed.AddRange(receipts.DistinctBy(r => (r.Name, string.Join('\n', r.Landed))));
                read.Add(receipts.Key);
            }
        }

        var reached = versions.LastOrDefault(v => v.State is not null && standing.Chain(v.Id).SelectMany(c => c.Receipts).All(r => read.Contains(r.Batch)));
        return new ResumePoint((string?)reached?.State?["cursor"], reached?.State?["place"]?.DeepClone().AsObject(), owed, tasks);
    }

    /// <summary>A place that gives a row once cannot be asked from the beginning: under a changed definition its landings are read again.</summary>
    private static IEnumerable<VersionRecord> Earlier(TaskContext context, SourceDefinition source) =>
        context.Base is null && source.Place!.ForgetsWhatItGave && context.Standing.Pointers.GetValueOrDefault(context.Asset.Key) is { } pointer
            ? context.Standing.Chain(pointer.Version).Reverse()
            : [];
}
