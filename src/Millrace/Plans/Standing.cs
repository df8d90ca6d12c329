using Millrace.Assets;
using Millrace.Ledger;

namespace Millrace.Plans;

/// <summary>What stands: an environment's pointers, and the versions of every build that the ledger names.</summary>
/// <param name="Environment">The environment.</param>
/// <param name="Pointers">Where its assets point.</param>
/// <param name="Versions">All versions of a build in ledger order. Asked only for builds that a decision turns on.</param>
/// <param name="Version">One version, or null when the ledger does not name it.</param>
public sealed record Standing(
    string Environment,
    IReadOnlyDictionary<AssetKey, Pointer> Pointers,
    Func<Build, IReadOnlyList<VersionRecord>> Versions,
    Func<AssetVersion, VersionRecord?> Version)
{
    /// <summary>The version and those it builds on, newest first.</summary>
    public IEnumerable<VersionRecord> Chain(AssetVersion id)
    {
        for (var at = Version(id); at is not null; at = at.Base is { } b ? Version(new AssetVersion(id.Build, b)) : null)
            yield return at;
    }

    /// <summary>The source files that a version holds: of each path the newest batch on the chain.</summary>
    public IReadOnlyList<SourceFile> Files(AssetVersion id)
    {
        var files = new Dictionary<string, SourceFile>(StringComparer.Ordinal);
        foreach (var file in Chain(id).SelectMany(v => v.Files))
            files.TryAdd(file.Path, file);
        return [.. files.Values.OrderBy(f => f.Path, StringComparer.Ordinal)];
    }
}

/// <summary>What an asset is, or will be, at one moment of a run: what its children read.</summary>
/// <param name="Origin">What its rows are made from.</param>
/// <param name="Stored">The stored tables that a reader of it reads: itself, or for a view those below it.</param>
/// <param name="Version">Its version; null while it is still to be computed.</param>
/// <param name="HandsOnTime">False when a change of it cannot be placed in time: then it touches all.</param>
public sealed record AssetState(Fingerprint Origin, IReadOnlyList<AssetVersion> Stored, AssetVersion? Version, bool HandsOnTime)
{
    /// <summary>True when it, or something that it reads, is still to be computed.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>True when it could not become what the project wants: then nothing that stands on it moves.</summary>
    public bool IsHeld { get; init; }

    /// <summary>True when it is held because a rollback said so: nothing failed.</summary>
    public bool IsRejected { get; init; }
}
