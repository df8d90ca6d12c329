using Millrace.Lake.Delta;
using Millrace.Sql;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The rows that came and went: the change data feed.</summary>
    /// <remarks>
    /// The columns of the table at the last version, then <c>_change_type</c> (<c>insert</c>, <c>delete</c>, <c>update_preimage</c> or
    /// <c>update_postimage</c>), <c>_commit_version</c> and <c>_commit_timestamp</c>. Where the writer spelled the changes out, they are
    /// read as such; elsewhere rows of files that came are inserts and rows of files that went, or that were marked as deleted, are
    /// deletes. Commits that only move rows change nothing. The order of the rows means nothing.
    /// </remarks>
    /// <param name="from">The first version whose changes count, from 0.</param>
    /// <param name="to">The last one; null is the newest.</param>
    /// <exception cref="LakeException">The versions do not exist or are no longer kept, the feed was not enabled
    /// (<c>delta.enableChangeDataFeed</c>) at one of them, columns went or changed their type in between, or a file was
    /// vacuumed.</exception>
    public Relation Changes(long from, long? to = null)
    {
        if (LatestVersion is not { } latest)
            throw new LakeException($"There is no table in '{Folder}': it has no Delta log.");
        var last = to ?? latest;
        if (from < 0 || last > latest || from > last)
            throw new LakeException($"The table '{Folder}' has no changes from version {from} to {last}: its newest version is {latest}, and "
                + "the first version must not come after the last.");

        var end = Read(last);
        var before = from > 0 ? TryRead(from - 1) : null;
        var state = before is null ? new LogReplay() : new LogReplay(before);
        var feed = new ChangeFeed(end);
        for (var version = from; version <= last; version++)
        {
            var entry = LogEntry.Read(_log, version) ?? throw Missing(version);
            feed.Add(entry, state);
            state.Apply(entry);
            feed.Check(state);
        }

        return feed.ToRelation();
    }

    /// <summary>What stood before the first change helps where a commit says little of what it removes; it may be kept no longer.</summary>
    private Snapshot? TryRead(long version)
    {
        try
        {
            return Read(version);
        }
        catch (LakeException)
        {
            return null;
        }
    }
}
