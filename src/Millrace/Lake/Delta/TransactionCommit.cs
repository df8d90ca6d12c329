using System.Text.Json.Nodes;

namespace Millrace.Lake.Delta;

/// <summary>The commit in which a task's transaction stands.</summary>
/// <param name="Version">The table's version.</param>
/// <param name="EntryHash">SHA-256 of the log entry's bytes, lower-case hexadecimal.</param>
/// <param name="TxnVersion">The fence of the attempt that committed.</param>
/// <param name="Time">The commit's time.</param>
/// <param name="CommitInfo">The whole commitInfo.</param>
public sealed record TransactionCommit(long Version, string EntryHash, long TxnVersion, DateTimeOffset Time, JsonObject CommitInfo)
{
    /// <summary>What the entry carries for us, or an empty object.</summary>
    public JsonObject Info => CommitInfo["millrace"] as JsonObject ?? [];
}
