using System.Text.Json.Nodes;

namespace Millrace.Lake;

/// <summary>Who commits, with which fence, when, and what the log entry carries for us.</summary>
/// <param name="AppId">The id of the task; <c>txn.appId</c> in the log.</param>
/// <param name="TxnVersion">The fence of the attempt; <c>txn.version</c> in the log.</param>
/// <param name="Now">The present moment.</param>
public sealed record CommitStamp(string AppId, long TxnVersion, DateTimeOffset Now)
{
    /// <summary>See <see cref="CommitRequest.Info"/>. It may still be set on the request, once the checks have spoken.</summary>
    public JsonObject? Info { get; init; }

    /// <summary>See <see cref="CommitRequest.Mode"/>.</summary>
    public CommitMode Mode { get; init; }

    /// <summary>See <see cref="CommitRequest.FailpointPrefix"/>.</summary>
    public string FailpointPrefix { get; init; } = "lake";
}
