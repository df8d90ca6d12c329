using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The staged rows instead of all rows of the base. The columns may be others than the base's.</summary>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest Overwrite(Snapshot? @base, StagedFiles staged, CommitStamp stamp)
    {
        if (@base is not null)
            CheckMapping(@base, staged);
        return Request(@base, staged, stamp, @base is null ? "CREATE TABLE AS SELECT" : "WRITE", "Overwrite") with { RemovesAll = true };
    }
}
