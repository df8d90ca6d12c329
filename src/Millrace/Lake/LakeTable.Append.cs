using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base with the staged rows after its own.</summary>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest Append(Snapshot? @base, StagedFiles staged, CommitStamp stamp) =>
        Request(@base, staged, stamp, @base is null ? "CREATE TABLE AS SELECT" : "WRITE", "Append");

    private static CommitRequest Request(Snapshot? @base, StagedFiles staged, CommitStamp stamp, string operation, string mode) => new()
    {
        Base = @base?.Version,
        BaseEntryHash = @base?.EntryHash,
        Schema = staged.Schema,
        Add = staged.Files,
        Operation = operation,
        Parameters = new Dictionary<string, string> { ["mode"] = mode },
        AppId = stamp.AppId,
        TxnVersion = stamp.TxnVersion,
        Now = stamp.Now,
        Info = stamp.Info,
        FailpointPrefix = stamp.FailpointPrefix,
        Staged = [staged],
    };
}
