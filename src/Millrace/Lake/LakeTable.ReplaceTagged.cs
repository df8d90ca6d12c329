using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base without the files that carry a tag, and the staged rows: a batch that is loaded again takes the place of what it
    /// loaded before.</summary>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows; to be replaceable again, staged with the same tag.</param>
    /// <param name="key">The tag's name, see <see cref="StageOptions.Tags"/>.</param>
    /// <param name="value">The tag's value.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest ReplaceTagged(Snapshot? @base, StagedFiles staged, string key, string value, CommitStamp stamp) =>
        Request(@base, staged, stamp, @base is null ? "CREATE TABLE AS SELECT" : "WRITE", "Overwrite") with
        {
            Remove = [.. (@base?.Files ?? []).Where(f => f.Tags.TryGetValue(key, out var tag) && tag == value)],
            Parameters = new Dictionary<string, string> { ["mode"] = "Overwrite", ["tag"] = $"{key}={value}" },
        };
}
