using Millrace.Lake.Delta;

namespace Millrace.Lake;

/// <summary>One Delta Lake table: a folder of Parquet files and its <c>_delta_log</c>.</summary>
/// <remarks>
/// Safe for several threads and processes. It remembers the snapshot that it read last, so that reading the next version, or the same
/// one again, replays only what is new; that the remembered entry still stands is checked each time.
/// </remarks>
public sealed partial class LakeTable
{
    /// <summary>Up to this many bytes and entries, replaying the log from its beginning is quicker than opening a checkpoint.</summary>
    private const long QuickBytes = 2 << 20;
    private const long QuickEntries = 256;

    private readonly LogFolder _log;
    private Snapshot? _last;

    /// <param name="folder">The table's folder; it need not exist yet.</param>
    public LakeTable(string folder)
    {
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _log = new LogFolder(Folder);
    }

    /// <summary>The table's folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>True when the folder has a log with at least one version.</summary>
    public bool Exists => LatestVersion is not null;

    /// <summary>The newest version, or null when there is no table.</summary>
    public long? LatestVersion => _log.List().Latest;

    /// <summary>The newest version's snapshot, or null when there is no table.</summary>
    /// <exception cref="LakeException">The log is torn or incomplete, or needs a feature that we lack.</exception>
    public Snapshot? Latest()
    {
        var listing = _log.List();
        return listing.Latest is { } version ? Load(listing, version) : null;
    }

    /// <summary>The snapshot of a version.</summary>
    /// <param name="version">From 0.</param>
    /// <param name="entryHash">SHA-256 (hexadecimal) that the version's log entry must have; null does not ask.</param>
    /// <exception cref="LakeException">There is no such version, its entry is another one, or the log is torn, incomplete, or needs a
    /// feature that we lack.</exception>
    public Snapshot Read(long version, string? entryHash = null)
    {
        var listing = _log.List();
        if (listing.Latest is not { } latest)
            throw new LakeException($"There is no table in '{Folder}': it has no Delta log.");
        if (version < 0 || (version > latest && !File.Exists(_log.EntryPath(version))))
            throw new LakeException($"Version {version} of the table '{Folder}' does not exist. Its newest version is {latest}.");

        if (entryHash is not null)
            CheckHash(version, entryHash);
        var snapshot = Load(listing, version);
        if (entryHash is not null && !entryHash.Equals(snapshot.EntryHash, StringComparison.OrdinalIgnoreCase))
            throw OtherEntry(version, entryHash, snapshot.EntryHash);
        return snapshot;
    }

    /// <summary>The snapshot of the newest version that was committed at or before the moment.</summary>
    /// <exception cref="LakeException">The table is younger, or there is none.</exception>
    public Snapshot ReadAt(DateTimeOffset moment)
    {
        var history = History();
        var found = history.LastOrDefault(c => c.Time <= moment);
        if (found is not null)
            return Read(found.Version);
        throw new LakeException(
            history.Count == 0
                ? $"There is no table in '{Folder}': it has no Delta log."
                : $"The table '{Folder}' has no version as old as {moment.UtcDateTime:O}. Its oldest kept commit, version "
                    + $"{history[0].Version}, is of {history[0].Time.UtcDateTime:O}.");
    }

    /// <summary>The kept commits, oldest first. Times rise strictly: a commit not later than the one before counts as 1 ms later.</summary>
    public IReadOnlyList<CommitRecord> History() => History(0);

    /// <summary>The kept commits from a version on, oldest first.</summary>
    public IReadOnlyList<CommitRecord> History(long from)
    {
        var history = new List<CommitRecord>();
        var listing = _log.List();
        for (var version = Math.Max(from, listing.FirstEntry ?? 0); version <= (listing.LastEntry ?? -1); version++)
        {
            if (LogEntry.Read(_log, version) is not { } entry)
                throw Missing(version);
            history.Add(CommitRecord.Of(entry, history.Count > 0 ? history[^1].Time : null));
        }

        return history;
    }

    /// <summary>The newest commit, from a version on, that carries a transaction of the application; null when there is none.</summary>
    /// <param name="appId">The id of a task.</param>
    /// <param name="fromVersion">The first version that is looked at.</param>
    public TransactionCommit? FindTransaction(string appId, long fromVersion) => FindTransaction(appId, fromVersion, LatestVersion ?? -1);

    private TransactionCommit? FindTransaction(string appId, long fromVersion, long latest, long? mark = null)
    {
        // The id may be escaped in the log in a way that we cannot foresee unless it is plain; a plain one rules out most entries without
        // parsing.
        var plain = appId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or ' ')
            ? System.Text.Encoding.ASCII.GetBytes(appId)
            : null;
        for (var version = latest; version >= Math.Max(fromVersion, 0); version--)
        {
            if (plain is not null && !LogEntry.Mentions(_log, version, plain))
                continue;
            if (LogEntry.Read(_log, version) is { } entry && entry.Transactions.LastOrDefault(t => t.AppId == appId) is { } found
                && (mark is null || found.Version == mark))
                return new TransactionCommit(version, entry.Hash, found.Version, entry.WrittenAt, entry.CommitInfo);
        }

        return null;
    }

    private Snapshot Load(LogListing listing, long version)
    {
        if (_last is { } last && last.Version <= version && LogEntry.Read(_log, last.Version) is { } known && known.Hash == last.EntryHash)
        {
            if (last.Version == version)
                return last;
            return _last = Replayed(new LogReplay(last), version);
        }

        return _last = new Snapshot(Folder, Replay(listing, version));
    }

    /// <summary>The quickest sound way to the version: the log alone where it is short, else the newest checkpoint that can be
    /// read.</summary>
    private LogReplay Replay(LogListing listing, long version)
    {
        LakeException? failure = null;
        var isWhole = listing.FirstEntry == 0 || File.Exists(_log.EntryPath(0));
        var isQuick = isWhole && version < QuickEntries && listing.BytesUpTo(version) <= QuickBytes;
        if (isQuick && Try(() => Advance(new LogReplay(), version), ref failure) is { } quick)
            return quick;

        foreach (var checkpoint in listing.Checkpoints.Where(c => c.Version <= version))
        {
            if (Try(() => Advance(Checkpoint.Read(checkpoint), version), ref failure) is { } state)
                return state;
        }

        if (isWhole && !isQuick && Try(() => Advance(new LogReplay(), version), ref failure) is { } replayed)
            return replayed;
        if (failure is not null)
            throw failure;
        if (listing.Checkpoints.Count > 0)
            throw new LakeException(
                $"Version {version} of the table '{Folder}' is no longer kept: its log begins with the checkpoint of version "
                + $"{listing.Checkpoints[^1].Version}.");
        throw Missing(0);
    }

    private Snapshot Replayed(LogReplay state, long version) => new(Folder, Advance(state, version));

    /// <summary>Applies the entries after the state's version. Opening them by name, not by the listing, tells a gap from a listing taken
    /// midway.</summary>
    private LogReplay Advance(LogReplay state, long version)
    {
        if (state.Version >= 0 && state.EntryHash is null && LogEntry.Read(_log, state.Version) is { } at)
            state.At(at);
        for (var next = state.Version + 1; next <= version; next++)
            state.Apply(LogEntry.Read(_log, next) ?? throw Missing(next));
        return state;
    }

    private static LogReplay? Try(Func<LogReplay> replay, ref LakeException? failure)
    {
        try
        {
            return replay();
        }
        catch (LakeException e)
        {
            failure ??= e;
            return null;
        }
    }

    private void CheckHash(long version, string entryHash)
    {
        var path = _log.EntryPath(version);
        var found = File.Exists(path) ? LogEntry.HashOf(File.ReadAllBytes(path)) : null;
        if (!entryHash.Equals(found, StringComparison.OrdinalIgnoreCase))
            throw OtherEntry(version, entryHash, found);
    }

    private LakeException OtherEntry(long version, string wanted, string? found) => new(
        $"'{_log.EntryPath(version)}' is not the log entry that version {version} was recorded with: its SHA-256 should be "
        + $"{wanted.ToLowerInvariant()}, "
        + (found is null ? "but the file is missing." : $"but is {found}.")
        + " The file is torn, someone changed it by hand, or an older copy of the folder was put back. Put the right file back from a copy, "
        + "or go back to a sound release with 'millrace rollback'.");

    private LakeException Missing(long version) => new(
        $"The log of the table '{Folder}' is not whole: version {version} is missing ('{_log.EntryPath(version)}'), and no "
        + "checkpoint stands in for it. Put the file back from a copy.");
}
