namespace Millrace.Lake.Delta;

/// <summary>The state of a table while its log is replayed: what came last wins.</summary>
/// <remarks>Files keep the order in which they came, which is the order of the rows.</remarks>
internal sealed class LogReplay
{
    private readonly Dictionary<string, int> _index = [];
    private readonly List<DataFile?> _files = [];

    public LogReplay()
    {
    }

    public LogReplay(Snapshot snapshot)
    {
        Version = snapshot.Version;
        Protocol = snapshot.Protocol;
        Metadata = snapshot.Metadata;
        Time = snapshot.CommitTime;
        EntryHash = snapshot.EntryHash;
        foreach (var file in snapshot.Files)
            Add(file);
        foreach (var tombstone in snapshot.Tombstones)
            Bury(tombstone);
        foreach (var mark in snapshot.Marks)
            Transactions[mark.AppId] = mark;
    }

    /// <summary>The version that was replayed last; -1 at the beginning.</summary>
    public long Version { get; set; } = -1;

    public TableProtocol? Protocol { get; set; }

    public TableMetadata? Metadata { get; set; }

    public DateTimeOffset Time { get; private set; }

    public string? EntryHash { get; private set; }

    public Dictionary<string, Tombstone> Tombstones { get; } = [];

    public Dictionary<string, TransactionMark> Transactions { get; } = [];

    public IReadOnlyList<DataFile> Files => [.. _files.OfType<DataFile>()];

    /// <summary>Applies the next commit.</summary>
    public void Apply(LogEntry entry)
    {
        Version = entry.Version;
        Protocol = entry.Protocol ?? Protocol;
        Metadata = entry.Metadata ?? Metadata;
        foreach (var mark in entry.Transactions)
            Transactions[mark.AppId] = mark;
        foreach (var tombstone in entry.Removes)
            Remove(tombstone);
        foreach (var file in entry.Adds)
            Add(file);
        At(entry);
    }

    /// <summary>Takes time and hash of the entry that the state stands at.</summary>
    public void At(LogEntry entry)
    {
        Time = entry.WrittenAt > Time || Time == default ? entry.WrittenAt : Time.AddMilliseconds(1);
        EntryHash = entry.Hash;
    }

    public void Add(DataFile file)
    {
        var key = file.Key;
        Tombstones.Remove(key);
        if (_index.TryGetValue(key, out var at))
        {
            _files[at] = file;
            return;
        }

        _index[key] = _files.Count;
        _files.Add(file);
    }

    /// <summary>The file of this key, or null.</summary>
    public DataFile? Find(string key) => _index.TryGetValue(key, out var at) ? _files[at] : null;

    /// <summary>Keeps a tombstone of a file that left before the state began.</summary>
    public void Bury(Tombstone tombstone) => Tombstones[tombstone.Key] = tombstone;

    private void Remove(Tombstone tombstone)
    {
        var key = tombstone.Key;
        Tombstones[key] = tombstone;
        if (_index.Remove(key, out var at))
            _files[at] = null;
    }
}
