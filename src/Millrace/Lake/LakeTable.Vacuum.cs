using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private static readonly TimeSpan FilesKept = TimeSpan.FromDays(7);

    /// <summary>Deletes files that neither the newest version nor a pinned one needs and that left the table, or were written, longer ago
    /// than
    /// the retention: also those that writers left behind when they died.</summary>
    /// <remarks>Versions that need a deleted file cannot be read any more; the log still tells of them. Only Parquet files are deleted, and
    /// temporary files of the log.</remarks>
    /// <exception cref="LakeException">There is no table; the retention is below the table's own and <see
    /// cref="VacuumOptions.AllowsShort"/>
    /// is not set; or a pinned version cannot be read. Nothing was deleted.</exception>
    public VacuumReport Vacuum(VacuumOptions options)
    {
        var head = Latest() ?? throw new LakeException($"There is no table in '{Folder}': it has no Delta log.");
        var least = Durations.Of(head.Configuration, "delta.deletedFileRetentionDuration", FilesKept);
        var retention = options.Retention ?? least;
        if (retention < least && !options.AllowsShort)
            throw new LakeException($"A retention of {Words(retention)} is shorter than that of the table '{Folder}', {Words(least)}: "
                + $"files that a "
                + "reader or a writer is using now could go. Say expressly that this is wanted, or keep them longer.");

        var limit = options.Now - retention;
        var holders = new Dictionary<string, VersionPin>(StringComparer.Ordinal);
        foreach (var pin in options.Pins.OrderBy(p => p.Version))
        {
            foreach (var path in Read(pin.Version).Files.SelectMany(PathsOf))
                holders[path] = pin;
        }

        var (needed, removed) = Needed(head, limit, retention > FilesKept);
        var (gone, held) = (new List<FileInfo>(), new List<HeldFile>());
        foreach (var file in DataFilesOnDisk(head.PartitionColumns))
        {
            if (needed.Contains(file.FullName) || file.LastWriteTimeUtc >= limit)
                continue;
            if (holders.TryGetValue(file.FullName, out var pin))
                held.Add(new HeldFile(Relative(file), file.Length, pin));
            else
                gone.Add(file);
        }

        var orphans = gone.Count(f => !removed.Contains(f.FullName) && f.Directory!.FullName != Path.Combine(Folder, ChangeFolder));
        gone.AddRange(_log.List().Temporary.Where(f => f.LastWriteTimeUtc < limit && f.LastWriteTimeUtc < options.Now - StrayAfter));
        var report = new VacuumReport([.. gone.Select(Relative)], gone.Sum(f => f.Length), orphans, held);
        if (!options.IsDryRun)
        {
            gone.ForEach(f => f.Delete());
            foreach (var aside in gone.Select(f => f.DirectoryName!).Distinct().Where(d => IsAside(d) && Directory.Exists(d)
                && !Directory.EnumerateFileSystemEntries(d).Any()))
                Directory.Delete(aside);
        }

        return report;

        string Relative(FileInfo file) => Path.GetRelativePath(Folder, file.FullName);
    }

    /// <summary>The files that must stay, and those that the log says left the table.</summary>
    private (HashSet<string> Needed, HashSet<string> Removed) Needed(Snapshot head, DateTimeOffset limit, bool isLong)
    {
        var needed = head.Files.SelectMany(PathsOf).ToHashSet(StringComparer.Ordinal);
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tombstone in head.Tombstones)
            Take(tombstone);

        // Checkpoints forget tombstones after a week; for a longer retention the entries themselves are asked.
        for (var version = head.Version; isLong && version >= 0 && LogEntry.Read(_log, version) is { } entry
            && entry.WrittenAt >= limit; version--)
            entry.Removes.ForEach(Take);
        return (needed, removed);

        void Take(Tombstone tombstone)
        {
            if (tombstone.Path.Contains("://", StringComparison.Ordinal))
                return;
            var isYoung = tombstone.DeletionTimestamp is not { } deleted || DateTimeOffset.FromUnixTimeMilliseconds(deleted) >= limit;
            var file = Path.GetFullPath(Path.Combine(Folder, FilePath.Decode(tombstone.Path)));
            foreach (var path in tombstone.Vector?.FileOf(Folder) is { } vector ? new[] { file, vector } : [file])
            {
                removed.Add(path);
                if (isYoung)
                    needed.Add(path);
            }
        }
    }

    /// <summary>The data file, and the file of its deleted rows.</summary>
    private IEnumerable<string> PathsOf(DataFile file) =>
        file.Vector?.FileOf(Folder) is { } vector ? [file.FullPath(Folder), vector] : [file.FullPath(Folder)];

    private IEnumerable<FileInfo> DataFilesOnDisk(IReadOnlyList<string> partitionColumns)
    {
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(Folder)]);
        while (folders.TryPop(out var folder))
        {
            foreach (var below in folder.EnumerateDirectories())
            {
                var isPartition = partitionColumns.Any(p => below.Name.StartsWith(p + "=", StringComparison.OrdinalIgnoreCase));
                if (isPartition || below.Name == ChangeFolder || IsAside(below.FullName) || below.Name[0] is not ('_' or '.'))
                    folders.Push(below);
            }

            foreach (var file in folder.EnumerateFiles())
            {
                if (file.Extension is ".parquet"
                    || (file.Extension == ".bin" && file.Name.StartsWith("deletion_vector_", StringComparison.Ordinal))
                    || IsAside(folder.FullName))
                    yield return file;
            }
        }
    }

    /// <summary>True below a folder in which a writer of partitions was at work.</summary>
    private bool IsAside(string folder) => Path.GetRelativePath(Folder, folder).Split(Path.DirectorySeparatorChar)
        .Any(p => p.EndsWith("-aside", StringComparison.Ordinal)
            && (p.StartsWith("part-", StringComparison.Ordinal) || p.StartsWith("cdc-", StringComparison.Ordinal)));

    private static string Words(TimeSpan time) => time.TotalDays >= 1
        ? FormattableString.Invariant($"{time.TotalDays:0.##} days")
        : FormattableString.Invariant($"{time.TotalHours:0.##} hours");
}
