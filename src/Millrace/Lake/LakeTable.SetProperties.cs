using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>Properties of Delta Lake that we uphold. Others that begin with <c>delta.</c> may ask for what we do not do.</summary>
    private static readonly string[] KnownProperties =
    [
        "delta.appendOnly", "delta.checkpointInterval", "delta.deletedFileRetentionDuration", "delta.logRetentionDuration",
        "delta.enableExpiredLogCleanup", "delta.enableChangeDataFeed", "delta.isolationLevel", "delta.enableTypeWidening",
    ];

    /// <summary>The base with other properties. The protocol rises where one asks for it.</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="set">Properties and their new values. Names that do not begin with <c>delta.</c> are free.</param>
    /// <param name="unset">Properties to take away.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">A property of Delta Lake that we do not uphold, or one that has a verb of its own.</exception>
    public CommitRequest SetProperties(
        Snapshot @base, IReadOnlyDictionary<string, string> set, IReadOnlyCollection<string> unset, CommitStamp stamp)
    {
        if (set.Keys.Concat(unset).FirstOrDefault(IsForeign) is { } foreign)
            throw new LakeException(
                foreign.StartsWith(TableConstraint.Prefix, StringComparison.OrdinalIgnoreCase)
                    ? $"'{foreign}' is a constraint of the table '{Folder}': add or drop it as one, so that the rows are asked."
                    : foreign.StartsWith("delta.columnMapping.", StringComparison.Ordinal)
                        ? $"'{foreign}' of the table '{Folder}' is set by turning column mapping on."
                        : $"Millrace does not uphold the property '{foreign}' of the table '{Folder}'. It upholds: "
                            + $"{string.Join(", ", KnownProperties)}.");

        var properties = new Dictionary<string, string>(@base.Configuration);
        foreach (var name in unset)
            properties.Remove(name);
        foreach (var (name, value) in set)
            properties[name] = value;
        return Change(@base, stamp, "SET TBLPROPERTIES") with
        {
            Configuration = properties,
            Parameters = new Dictionary<string, string>
            {
                ["properties"] = System.Text.Json.JsonSerializer.Serialize(set), ["removed"] = string.Join(", ", unset),
            },
        };

        static bool IsForeign(string name) => name.StartsWith("delta.", StringComparison.OrdinalIgnoreCase)
            && !KnownProperties.Contains(name);
    }
}
