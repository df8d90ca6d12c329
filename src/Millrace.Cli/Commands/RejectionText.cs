using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary>What rollbacks took back and runs leave alone, in words for people.</summary>
internal static class RejectionText
{
    /// <summary>One phrase for each thing, in the order of the assets.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<Rejection> rejections) =>
        [.. rejections.GroupBy(r => r.Asset).OrderBy(g => g.Key).SelectMany(g => Of(g.Key, [.. g]))];

    private static IEnumerable<string> Of(AssetKey asset, IReadOnlyList<Rejection> rejections)
    {
        int Count(string kind) => rejections.Where(r => r.Kind == kind).Select(r => r.Value).Distinct().Count();
        if (Count(Rejection.Definition) > 0)
            yield return $"the changed definition of {asset.Title}";
        else if (Count(Rejection.Build) > 0)
            yield return $"{asset.Title} as it was made after a change before it";
        if (Count(Rejection.Batch) is > 0 and var files)
            yield return $"{Human.Count(files, "file")} of {asset.Title}";
        if (Count(Rejection.Origin) is > 0 and var made)
            yield return asset.Kind == AssetKind.Model ? $"{Human.Count(made, "version")} of {asset.Title}" : $"what {asset.Title} made of its inputs";
        if (Count(Rejection.Removal) > 0)
            yield return $"the removal of {asset.Title}";
    }
}
