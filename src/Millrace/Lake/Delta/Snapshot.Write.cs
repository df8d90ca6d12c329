namespace Millrace.Lake.Delta;

public sealed partial class Snapshot
{
    /// <summary>The name under which statistics and partition values know a column.</summary>
    internal string StoredName(string column) => Stored.Find(column)?.LogName ?? column;
}
