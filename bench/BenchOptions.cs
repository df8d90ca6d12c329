namespace Millrace.Bench;

/// <summary>What a measure is asked for.</summary>
/// <param name="Pairs">Repetitions: pairs of ours and theirs, or runs of a measure that has no opponent.</param>
/// <param name="Rows">Rows of the large tables.</param>
/// <param name="Assets">Assets of a generated project; null for the measure's own number.</param>
internal sealed record BenchOptions(int Pairs, int Rows, int? Assets)
{
    /// <summary>The rows that were asked for; null for the measure's own number.</summary>
    public int? RowsAsked { get; init; }

    /// <summary>Threads of a measure that can be told.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>An empty folder of its own for one measure, gone when it is disposed.</summary>
    public static BenchFolder Folder() => new();
}

/// <summary>A folder under <c>MILLRACE_BENCH_FOLDER</c>, or else the temporary folder.</summary>
internal sealed class BenchFolder : IDisposable
{
    private int _count;

    public BenchFolder()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_BENCH_FOLDER") ?? System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(root, $"millrace-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A new, empty folder inside.</summary>
    /// <remarks>Each has a name of its own: file systems work off deletions later, at the cost of whoever makes the next file.</remarks>
    public string Fresh(string name)
    {
        var folder = File(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}-{++_count}"));
        Directory.CreateDirectory(folder);
        return folder;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
