namespace Millrace.Lake.Delta;

public sealed partial class Snapshot
{
    /// <summary>The name under which files, statistics and partition values know a column.</summary>
    internal string StoredName(string column) => column;
}
