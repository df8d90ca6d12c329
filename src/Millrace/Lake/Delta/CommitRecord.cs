using System.Text.Json.Nodes;

namespace Millrace.Lake.Delta;

/// <summary>One commit in a table's history.</summary>
/// <param name="Version">The version that it made.</param>
/// <param name="Time">When; rises strictly from version to version.</param>
/// <param name="Operation">The writer's word, such as <c>WRITE</c>; empty where it gave none.</param>
/// <param name="Metrics">The writer's counts, such as <c>numOutputRows</c>.</param>
/// <param name="CommitInfo">The whole commitInfo; empty where the writer gave none.</param>
/// <param name="EntryHash">SHA-256 of the log entry's bytes, lower-case hexadecimal.</param>
public sealed record CommitRecord(
    long Version, DateTimeOffset Time, string Operation, IReadOnlyDictionary<string, string> Metrics, JsonObject CommitInfo,
    string EntryHash)
{
    internal static CommitRecord Of(LogEntry entry, DateTimeOffset? previous)
    {
        var info = entry.CommitInfo;
        var time = previous is { } before && entry.WrittenAt <= before ? before.AddMilliseconds(1) : entry.WrittenAt;
        var metrics = (info["operationMetrics"] as JsonObject)?.ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "") ?? [];
        return new CommitRecord(entry.Version, time, info["operation"]?.ToString() ?? "", metrics, info, entry.Hash);
    }
}
