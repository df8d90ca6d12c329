using System.Globalization;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const string RestoreWord = "RESTORE";

    /// <summary>The rows and columns of an older version again, as a new version after the base.</summary>
    /// <param name="base">The version to build on.</param>
    /// <param name="older">What to go back to. Its files must still be there.</param>
    /// <param name="stamp">Who commits, and when.</param>
    public CommitRequest Restore(Snapshot @base, Snapshot older, CommitStamp stamp) => new()
    {
        Base = @base.Version,
        BaseEntryHash = @base.EntryHash,
        Mode = stamp.Mode,
        Schema = older.Schema,
        SchemaString = older.Metadata.SchemaString,
        PartitionColumns = older.PartitionColumns,
        Configuration = older.Configuration,
        Add = older.Files,
        RemovesAll = true,
        Operation = RestoreWord,
        Parameters = new Dictionary<string, string> { ["version"] = older.Version.ToString(CultureInfo.InvariantCulture) },
        AppId = stamp.AppId,
        TxnVersion = stamp.TxnVersion,
        Now = stamp.Now,
        Info = stamp.Info,
        FailpointPrefix = stamp.FailpointPrefix,
    };
}
