using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base without the files that carry one of these tags, and the staged rows: batches that are loaded again take the place
    /// of
    /// what they loaded before.</summary>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows; to be replaceable again, staged with the same tag.</param>
    /// <param name="key">The tag's name, see <see cref="StageOptions.Tags"/>.</param>
    /// <param name="values">The tag's values.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest ReplaceTagged(Snapshot? @base, StagedFiles staged, string key, IReadOnlySet<string> values, CommitStamp stamp)
    {
        if (@base is not null)
            CheckPartitions(@base, staged);
        return Request(@base, staged, stamp, @base is null ? "CREATE TABLE AS SELECT" : "WRITE", "Overwrite") with
        {
            Remove = [.. (@base?.Files ?? []).Where(IsTagged)],
            Reads = IsTagged,
            Parameters = new Dictionary<string, string> { ["mode"] = "Overwrite", ["tag"] = $"{key}={string.Join(",", values)}" },
        };

        bool IsTagged(DataFile file) => file.Tags.TryGetValue(key, out var tag) && tag is not null && values.Contains(tag);
    }
}
