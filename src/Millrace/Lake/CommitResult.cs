using System.Text.Json.Nodes;

namespace Millrace.Lake;

/// <summary>The commit that carries a task's transaction: this one, or an earlier one that was found and adopted.</summary>
/// <param name="Version">The table's version.</param>
/// <param name="EntryHash">SHA-256 of the log entry's bytes, lower-case hexadecimal.</param>
/// <param name="Time">The commit's time.</param>
/// <param name="Adopted">True when an earlier attempt had committed: its entry stands, and nothing was written now.</param>
/// <param name="CommitInfo">The whole commitInfo of the entry that stands.</param>
public sealed record CommitResult(long Version, string EntryHash, DateTimeOffset Time, bool Adopted, JsonObject CommitInfo)
{
    /// <summary>What the entry carries for us, or an empty object.</summary>
    public JsonObject Info => CommitInfo["millrace"] as JsonObject ?? [];

    /// <summary>Why no checkpoint could be written where one was due. The commit stands; reading is slower until the next one
    /// succeeds.</summary>
    public Exception? CheckpointFailure { get; init; }
}
