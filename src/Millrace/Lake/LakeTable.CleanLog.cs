using System.Globalization;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

/// <summary>How old log entries are cleaned away.</summary>
public sealed record LogCleaning
{
    /// <summary>The present moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long entries are kept; null is the table's <c>delta.logRetentionDuration</c>, or 30 days.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Versions that must stay readable, and so the entries and checkpoints that they need.</summary>
    public IReadOnlyCollection<long> Pinned { get; init; } = [];
}

public sealed partial class LakeTable
{
    private static readonly TimeSpan LogKept = TimeSpan.FromDays(30);

    /// <summary>Deletes log entries and checkpoints that are older than the retention and that a whole checkpoint stands in for. Versions
    /// before that checkpoint cannot be read any more.</summary>
    /// <returns>The names of the deleted files.</returns>
    /// <exception cref="LakeException">The checkpoint that would stand in cannot be read: nothing is deleted.</exception>
    public IReadOnlyList<string> CleanLog(LogCleaning cleaning)
    {
        var listing = _log.List();
        if (listing.Latest is not { } latest || listing.Checkpoints.Count == 0)
            return [];
        var retention = cleaning.Retention ?? Durations.Of(Latest()!.Configuration, "delta.logRetentionDuration", LogKept);

        // Whole days, so that a log is not cleaned at each of many commits.
        var limit = (cleaning.Now - retention).UtcDateTime.Date;
        var pinned = cleaning.Pinned.Count > 0 ? cleaning.Pinned.Min() : latest;
        var stand = listing.Checkpoints.FirstOrDefault(c => c.Version <= pinned && WrittenAt(c.Version) is { } at && at < limit);
        if (stand is null)
            return [];
        var old = Directory.EnumerateFiles(_log.Path).Where(f => VersionOf(f) is { } v
            && v < stand.Version).Order(StringComparer.Ordinal).ToList();
        if (old.Count == 0)
            return [];

        _ = Checkpoint.Read(stand);
        foreach (var file in old)
            File.Delete(file);
        return [.. old.Select(f => Path.GetFileName(f))];

        DateTimeOffset? WrittenAt(long version) => LogEntry.Read(_log, version)?.WrittenAt;

        // The entry of the checkpoint's own version stays: it holds the version's hash and time.
        static long? VersionOf(string path) =>
            Path.GetFileName(path) is { Length: > 20 } name
                && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version : null;
    }
}
