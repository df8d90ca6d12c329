namespace Millrace.Assets;

/// <summary>An asset at a fingerprint: one physical table, or one line of model versions.</summary>
public readonly record struct Build(AssetKey Asset, Fingerprint Fingerprint)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Asset} [{Fingerprint.Short}]";
}

/// <summary>One immutable result of a build. For a table the number is its Delta version; a view, which has no files, has number 0.</summary>
public readonly record struct AssetVersion(Build Build, long Number)
{
    /// <summary>The asset that this is a version of.</summary>
    public AssetKey Asset => Build.Asset;

    /// <inheritdoc/>
    public override string ToString() => $"{Build}@{Number}";
}
