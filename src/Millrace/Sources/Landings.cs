using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Sources.Connectors;

namespace Millrace.Sources;

/// <summary>The raw records of the loads from places outside: one folder for each load, named as its task, below one for each source.</summary>
/// <remarks>A landing counts only with the version that its load committed. Without one it is what a dead or blocked load left.</remarks>
/// <param name="folder">Where they lie.</param>
public sealed class Landings(string folder)
{
    /// <summary>How long raw records of a source are kept that says nothing about it.</summary>
    public static TimeSpan KeptByDefault { get; } = TimeSpan.FromDays(7);

    /// <summary>The folder of a source's landings.</summary>
    public string FolderOf(AssetKey source) => Path.Combine(folder, source.Name);

    /// <summary>A new landing; what an earlier attempt of the task left goes.</summary>
    internal Landing New(AssetKey source, string task)
    {
        Delete(source, task);
        return new Landing(PathOf(source, task));
    }

    /// <summary>True while every file of a receipt is kept.</summary>
    public bool Holds(AssetKey source, SourceReceipt receipt) => Files(source, receipt) is not null;

    /// <summary>The files of a receipt, or null when one of them is kept no longer.</summary>
    internal IReadOnlyList<Formats.InputFile>? Files(AssetKey source, SourceReceipt receipt)
    {
        var files = receipt.Landed.Select(l => Input(source, receipt.Batch, l)).ToList();
        return files.All(f => File.Exists(f.Path)) ? files : null;
    }

    internal Formats.InputFile Input(AssetKey source, string task, string file) => new($"{NameOf(task)}/{file}", Path.Combine(PathOf(source, task), file));

    /// <summary>Deletes a landing, if it is there.</summary>
    public void Delete(AssetKey source, string task)
    {
        if (Directory.Exists(PathOf(source, task)))
            Directory.Delete(PathOf(source, task), recursive: true);
    }

    /// <summary>Every landing that lies there.</summary>
    public IReadOnlyList<LandingView> List()
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).SelectMany(source =>
            Directory.EnumerateDirectories(source).Order(StringComparer.Ordinal).Select(landing => new LandingView(
                new AssetKey(AssetKind.Source, Path.GetFileName(source)),
                Path.GetFileName(landing).Replace('+', '/'),
                new DirectoryInfo(landing).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length))))];
    }

    /// <summary>Deletes landings that no version stands for, and those whose time has come.</summary>
    /// <param name="versionOf">The version that a task committed, or null.</param>
    /// <param name="keptFor">How long a source's landings are kept; null for ever.</param>
    /// <param name="now">The present moment.</param>
    public void Clean(Func<string, VersionRecord?> versionOf, Func<AssetKey, TimeSpan?> keptFor, DateTimeOffset now)
    {
        foreach (var landing in List())
        {
            if (versionOf(landing.Task) is not { } version || (keptFor(landing.Source) is { } keep && version.Committed + keep < now))
                Delete(landing.Source, landing.Task);
        }
    }

    private string PathOf(AssetKey source, string task) => Path.Combine(FolderOf(source), NameOf(task));

    private static string NameOf(string task) => task.Replace('/', '+');
}

/// <summary>One landing.</summary>
/// <param name="Source">Whose rows it holds.</param>
/// <param name="Task">The load.</param>
/// <param name="Bytes">The size of its files.</param>
public sealed record LandingView(AssetKey Source, string Task, long Bytes);
