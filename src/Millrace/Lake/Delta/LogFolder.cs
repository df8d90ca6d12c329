using System.Globalization;

namespace Millrace.Lake.Delta;

/// <summary>The names in a table's <c>_delta_log</c>.</summary>
internal sealed class LogFolder(string table)
{
    private const int Digits = 20;
    private const string EntrySuffix = ".json";
    private const string TemporarySuffix = ".tmp";

    /// <summary>The table's folder.</summary>
    public string Table { get; } = table;

    public string Path { get; } = System.IO.Path.Combine(table, "_delta_log");

    public string LastCheckpointPath => System.IO.Path.Combine(Path, "_last_checkpoint");

    public string EntryPath(long version) => System.IO.Path.Combine(Path, Name(version) + EntrySuffix);

    public string CheckpointPath(long version) => System.IO.Path.Combine(Path, Name(version) + ".checkpoint.parquet");

    /// <summary>A name that no reader of a Delta log looks at.</summary>
    public string TemporaryPath(string ending) => System.IO.Path.Combine(Path, $".{Guid.NewGuid():N}.{ending}{TemporarySuffix}");

    /// <summary>Looks at the folder once.</summary>
    public LogListing List()
    {
        var listing = new LogListing();
        var parts = new Dictionary<(long Version, int Count), List<string>>();
        if (!Directory.Exists(Path))
            return listing;

        // A log may have tens of thousands of names, so nothing is made of those that are plain entries but their numbers.
        foreach (var path in Directory.EnumerateFiles(Path))
        {
            var name = System.IO.Path.GetFileName(path.AsSpan());
            if (name.Length > Digits && long.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                Sort(listing, parts, path, name[Digits..], version);
            else if (name.EndsWith(TemporarySuffix, StringComparison.Ordinal) && name[0] == '.')
                listing.Temporary.Add(new FileInfo(path));
        }

        listing.Checkpoints.AddRange(parts.Where(p => p.Value.Count == p.Key.Count)
            .Select(p => new CheckpointFiles(p.Key.Version, [.. p.Value.Order(StringComparer.Ordinal)])));
        listing.Checkpoints.Sort((a, b) => b.Version.CompareTo(a.Version));
        return listing;
    }

    private static void Sort(
        LogListing listing, Dictionary<(long Version, int Count), List<string>> parts, string path, ReadOnlySpan<char> ending, long version)
    {
        if (ending.SequenceEqual(EntrySuffix))
        {
            listing.AddEntry(version, path);
            return;
        }

        switch (ending.ToString().Split('.'))
        {
            case ["", "checkpoint", "parquet"]:
                listing.Checkpoints.Add(new CheckpointFiles(version, [path]));
                break;
            case ["", "checkpoint", { Length: 10 }, { Length: 10 } count, "parquet"]
                when int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var total):
                if (!parts.TryGetValue((version, total), out var files))
                    parts[(version, total)] = files = [];
                files.Add(path);
                break;
            case ["", "checkpoint", _, "parquet" or "json"]:
                listing.Checkpoints.Add(new CheckpointFiles(version, [path]));
                break;
        }
    }

    private static string Name(long version) => version.ToString("D20", CultureInfo.InvariantCulture);
}

/// <summary>A checkpoint of the version: one file, or all parts of one that was written in parts.</summary>
internal sealed record CheckpointFiles(long Version, IReadOnlyList<string> Paths);

/// <summary>What lay in a log's folder at one moment.</summary>
/// <remarks>A folder that is written while it is listed may miss a name between two others, so a missing entry is only missing when
/// opening it fails.</remarks>
internal sealed class LogListing
{
    private readonly List<(long Version, string Path)> _entries = [];

    /// <summary>The oldest entry; null when there is none.</summary>
    public long? FirstEntry { get; private set; }

    /// <summary>The newest entry; null when there is none.</summary>
    public long? LastEntry { get; private set; }

    /// <summary>Newest first.</summary>
    public List<CheckpointFiles> Checkpoints { get; } = [];

    /// <summary>Files of writers at work, or of writers that died.</summary>
    public List<FileInfo> Temporary { get; } = [];

    /// <summary>The newest version that the folder knows of; null for no table.</summary>
    public long? Latest => Checkpoints.Count > 0 && !(LastEntry >= Checkpoints[0].Version) ? Checkpoints[0].Version : LastEntry;

    public void AddEntry(long version, string path)
    {
        _entries.Add((version, path));
        FirstEntry = Math.Min(FirstEntry ?? version, version);
        LastEntry = Math.Max(LastEntry ?? version, version);
    }

    /// <summary>Bytes of the entries up to a version.</summary>
    public long BytesUpTo(long version) => _entries.Where(e => e.Version <= version).Select(e => new FileInfo(e.Path))
        .Sum(f => f.Exists ? f.Length : 0);
}
