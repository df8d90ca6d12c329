using Millrace.Lake.Delta;
using Millrace.Lake.Storage;
using Millrace.Sql;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const int MaxPuts = 100;

    private static readonly TimeSpan StrayAfter = TimeSpan.FromDays(1);

    /// <summary>Puts the change into the log, once: afterwards the table is the base with the change, whatever its head was
    /// before.</summary>
    /// <remarks>
    /// When the log already carries a transaction of the request's task after the base, that commit is adopted whole and nothing is
    /// written; this is looked for before every put. When the head is not the base, the same entry takes out what later commits added
    /// and brings back what they removed.
    /// </remarks>
    /// <exception cref="LakeException">The base is not the one named, the table cannot be written by us, a file is gone, or other writers
    /// won a hundred times.</exception>
    public CommitResult Commit(CommitRequest request)
    {
        DurableFile.MakeFolder(_log.Path);
        var basis = request.Base is { } version ? Read(version, request.BaseEntryHash) : null;
        for (var put = 0; put < MaxPuts; put++)
        {
            var listing = _log.List();
            var head = listing.Latest is { } latest ? Load(listing, latest) : null;
            if (Adopt(request, head) is { } adopted)
                return adopted;

            Clean(listing, request.Now);
            var entry = CommitEntry.Of(request, Folder, basis, head);
            var temporary = _log.TemporaryPath("json");
            DurableFile.Write(temporary, entry.Bytes);
            Failpoint.Pass(request.FailpointPrefix + ".entry-written");
            if (DurableFile.PutIfAbsent(temporary, _log.EntryPath(entry.Version)))
                return Finish(request, listing, entry);

            // Each lost put means that another writer got on, so waiting a little is enough, the longer the oftener it happens.
            Thread.Sleep(Math.Min(put, 20));
        }

        throw new LakeException(
            $"Other writers put the next version of the table '{Folder}' first, {MaxPuts} times in a row (it is at version "
            + $"{LatestVersion} now). Nothing was changed. Look for a second program that writes this table.");
    }

    /// <summary>The rows that the table will hold once the request is committed: what checks read before it is.</summary>
    public Relation Preview(CommitRequest request)
    {
        var basis = request.Base is { } version ? Read(version, request.BaseEntryHash) : null;
        return FileRelation.Of(Folder, request.Schema, basis?.PartitionColumns ?? [], CommitEntry.FilesAfter(request, basis));
    }

    /// <summary>Deletes the files that were staged for the request, its own rewritten ones too. For a request that is not, or was not,
    /// committed.</summary>
    public void Discard(CommitRequest request)
    {
        foreach (var staged in request.Staged)
            staged.Discard();
    }

    private CommitResult? Adopt(CommitRequest request, Snapshot? head)
    {
        if (head is null || !head.Transactions.ContainsKey(request.AppId)
            || FindTransaction(request.AppId, (request.Base ?? -1) + 1, head.Version) is not { } found)
            return null;

        // The writer may have died between giving the entry its name and making that name durable.
        DurableFile.FlushFolder(_log.Path);
        return new CommitResult(found.Version, found.EntryHash, found.Time, true, found.CommitInfo);
    }

    private CommitResult Finish(CommitRequest request, LogListing listing, CommitEntry entry)
    {
        Failpoint.Pass(request.FailpointPrefix + ".entry-put");
        DurableFile.FlushFolder(_log.Path);
        Failpoint.Pass(request.FailpointPrefix + ".committed");
        var result = new CommitResult(entry.Version, LogEntry.HashOf(entry.Bytes), entry.Time, false, entry.CommitInfo);
        var due = entry.Version - (listing.Checkpoints.Count > 0 ? listing.Checkpoints[0].Version : 0) >= Checkpoint.Every;
        return due ? result with { CheckpointFailure = WriteCheckpoint(request, entry.Version) } : result;
    }

    private Exception? WriteCheckpoint(CommitRequest request, long version)
    {
        try
        {
            Checkpoint.Write(_log, Read(version), request.FailpointPrefix + ".checkpoint-written");
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LakeException or Native.DuckException)
        {
            return e;
        }
    }

    private static void Clean(LogListing listing, DateTimeOffset now)
    {
        foreach (var stray in listing.Temporary.Where(f => f.LastWriteTimeUtc < now - StrayAfter))
            stray.Delete();
    }
}
