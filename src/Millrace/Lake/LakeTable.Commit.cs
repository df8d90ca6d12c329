using Millrace.Lake.Delta;
using Millrace.Lake.Storage;
using Millrace.Sql;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const int MaxPuts = 100;

    private static readonly TimeSpan StrayAfter = TimeSpan.FromDays(1);

    /// <summary>Puts the change into the log, once.</summary>
    /// <remarks>
    /// <para>
    /// With <see cref="CommitMode.Restore"/> the table is afterwards the base with the change, whatever its head was: the same entry takes
    /// out
    /// what later commits added and brings back what they removed. A transaction of the request's task that stands after the base is
    /// adopted whole, and nothing is written.
    /// </para>
    /// <para>
    /// With <see cref="CommitMode.Rebase"/> the table is afterwards its head with the change. Each commit that came after the base is asked
    /// whether it conflicts; an append beside an append never does. Adopted is a transaction of the same application with the same
    /// or a later number, wherever it stands.
    /// </para>
    /// <para>Either is looked at before every put, and so after every lost one. Rows that come in keep the table's NOT NULL columns and
    /// CHECK constraints, or nothing is written.</para>
    /// </remarks>
    /// <exception cref="CommitConflictException">With <see cref="CommitMode.Rebase"/>: a commit after the base cannot stand beside this
    /// one.</exception>
    /// <exception cref="LakeException">The base is not the one named, the table cannot be written by us, a file is gone, a row breaks a
    /// constraint, or other writers won a hundred times.</exception>
    public CommitResult Commit(CommitRequest request)
    {
        DurableFile.MakeFolder(_log.Path);
        var isRebase = request.Mode == CommitMode.Rebase;
        var basis = isRebase ? null : Basis(request);
        var judged = request.Base ?? -1;
        if (!isRebase)
            DeleteStrays(request.Now);
        var (isChecked, rules) = (false, default(string));
        for (var put = 0; put < MaxPuts; put++)
        {
            var head = Head();
            if (Adopt(request, head) is { } adopted)
                return adopted;

            if (isRebase)
                judged = Judge(request, judged, head);
            if (!isChecked || RulesOf(head) != rules)
            {
                CheckRows(request, isRebase ? head : basis, head);
                (isChecked, rules) = (true, RulesOf(head));
            }

            var entry = CommitEntry.Of(request, Folder, isRebase ? head : basis, head);
            var temporary = _log.TemporaryPath("json");
            DurableFile.Write(temporary, entry.Bytes);
            Failpoint.Pass(request.FailpointPrefix + ".entry-written");
            if (DurableFile.PutIfAbsent(temporary, _log.EntryPath(entry.Version)))
                return Finish(request, head, entry);

            // Each lost put means that another writer got on, so waiting a little is enough, the longer the oftener it happens.
            Thread.Sleep(Math.Min(put, 20));
        }

        throw new LakeException(
            $"Other writers put the next version of the table '{Folder}' first, {MaxPuts} times in a row (it is at version "
            + $"{LatestVersion} now). Nothing was changed. Look for a second program that writes this table.");
    }

    /// <summary>The rows that the table will hold once the request is committed, if no other commit comes first: what checks read before
    /// it is.</summary>
    public Relation Preview(CommitRequest request)
    {
        var basis = Basis(request);
        return FileRelation.Of(
            Folder, StoredAfter(request, basis), request.PartitionColumns ?? basis?.PartitionColumns ?? [],
                CommitEntry.FilesAfter(request, basis));
    }

    /// <summary>The columns as the table's files will hold them once the request is committed.</summary>
    private static StoredSchema StoredAfter(CommitRequest request, Snapshot? basis)
    {
        if (basis is null || !IsMapped(basis))
            return StoredSchema.Of(request.Schema);
        var text = request.SchemaString
            ?? (basis.Schema.Equals(request.Schema) ? basis.Metadata.SchemaString
            : SchemaText.Carry(request.Schema, basis.Metadata.SchemaString));
        return StoredSchema.Parse(text, basis.Configuration[MappingMode] == "id" ? ColumnMapping.Id : ColumnMapping.Name);
    }

    /// <summary>Deletes the files that were staged for the request, its own rewritten ones too. For a request that is not, or was not,
    /// committed.</summary>
    public void Discard(CommitRequest request)
    {
        foreach (var staged in request.Staged)
            staged.Discard();
    }

    private Snapshot? Basis(CommitRequest request)
    {
        if (request.Mode == CommitMode.Rebase && request.From is { } from && from.Version == request.Base
            && from.EntryHash == request.BaseEntryHash)
            return from;
        return request.Base is { } version ? Read(version, request.BaseEntryHash) : null;
    }

    /// <summary>The newest version. Where this object knows one that still stands, its followers are found by name: listing a log of ten
    /// thousand entries for each of many small commits would cost more than the commits.</summary>
    private Snapshot? Head()
    {
        if (_last is { } last && LogEntry.Read(_log, last.Version) is { } known && known.Hash == last.EntryHash)
        {
            var version = last.Version;
            while (File.Exists(_log.EntryPath(version + 1)))
                version++;
            return version == last.Version ? last : _last = Replayed(new LogReplay(last), version);
        }

        var listing = _log.List();
        return listing.Latest is { } latest ? Load(listing, latest) : null;
    }

    private CommitResult? Adopt(CommitRequest request, Snapshot? head)
    {
        if (head is null || !head.Transactions.TryGetValue(request.AppId, out var standing))
            return null;
        var isRebase = request.Mode == CommitMode.Rebase;
        if (isRebase && standing < request.TxnVersion)
            return null;
        var from = isRebase ? 0 : (request.Base ?? -1) + 1;
        if (FindTransaction(request.AppId, from, head.Version, isRebase ? request.TxnVersion : null) is { } found)
        {
            // The writer may have died between giving the entry its name and making that name durable.
            DurableFile.FlushFolder(_log.Path);
            return new CommitResult(found.Version, found.EntryHash, found.Time, true, found.CommitInfo);
        }

        // The entry itself may be cleaned away; that it stood is kept by the checkpoints.
        return isRebase ? new CommitResult(head.Version, head.EntryHash ?? "", head.CommitTime, true, []) : null;
    }

    /// <summary>Looks at the commits after the one judged last; gives the newest that does not conflict.</summary>
    private long Judge(CommitRequest request, long judged, Snapshot? head)
    {
        if (head is null && request.Base is { } gone)
            throw new LakeException($"Version {gone} of the table '{Folder}' does not exist any more: its log is gone.");
        if (head is null || head.Version <= judged)
            return judged;
        var basis = Basis(request);
        for (var version = judged + 1; version <= head.Version; version++)
            CommitRules.Check(request, Folder, basis, LogEntry.Read(_log, version) ?? throw Missing(version));
        return head.Version;
    }

    private CommitResult Finish(CommitRequest request, Snapshot? head, CommitEntry entry)
    {
        Failpoint.Pass(request.FailpointPrefix + ".entry-put");
        DurableFile.FlushFolder(_log.Path);
        Failpoint.Pass(request.FailpointPrefix + ".committed");
        var result = new CommitResult(entry.Version, LogEntry.HashOf(entry.Bytes), entry.Time, false, entry.CommitInfo);
        var interval = Checkpoint.IntervalOf(request.Configuration ?? head?.Configuration);
        return entry.Version > 0 && entry.Version % interval == 0 ? result
            with { CheckpointFailure = WriteCheckpoint(request, entry.Version) } : result;
    }

    private void DeleteStrays(DateTimeOffset now)
    {
        foreach (var stray in _log.List().Temporary.Where(f => f.LastWriteTimeUtc < now - StrayAfter))
            stray.Delete();
    }

    private Exception? WriteCheckpoint(CommitRequest request, long version)
    {
        try
        {
            var snapshot = Read(version);
            Checkpoint.Write(_log, snapshot, request.FailpointPrefix + ".checkpoint-written");
            DeleteStrays(request.Now);

            // The ledger of a project names old versions by their entries; a table of Rebase commits has no such ledger.
            if (request.Mode == CommitMode.Rebase && snapshot.Configuration.GetValueOrDefault("delta.enableExpiredLogCleanup") != "false")
                CleanLog(new LogCleaning { Now = request.Now });
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LakeException or Native.DuckException)
        {
            return e;
        }
    }
}
