using Millrace.Assets;
using Millrace.Lake.Delta;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base with the staged rows after its own.</summary>
    /// <param name="base">The version to build on; null for a new or emptied table.</param>
    /// <param name="staged">The new rows.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">The rows are partitioned otherwise than the base; or, with <see cref="CommitMode.Rebase"/>, they
    /// have
    /// a column that the base has not, or has with another type.</exception>
    public CommitRequest Append(Snapshot? @base, StagedFiles staged, CommitStamp stamp)
    {
        if (@base is not null)
            CheckPartitions(@base, staged);
        var request = Request(@base, staged, stamp, @base is null ? "CREATE TABLE AS SELECT" : "WRITE", "Append");
        return @base is null || stamp.Mode == CommitMode.Restore ? request : request with { Schema = Fitting(@base, staged.Schema) };
    }

    private static CommitRequest Request(Snapshot? @base, StagedFiles staged, CommitStamp stamp, string operation, string mode) => new()
    {
        Base = @base?.Version,
        BaseEntryHash = @base?.EntryHash,
        From = @base,
        Mode = stamp.Mode,
        Schema = staged.Schema,
        PartitionColumns = staged.PartitionColumns,
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

    /// <summary>A change of the base that writes no rows, or whose rows its verb stages.</summary>
    private static CommitRequest Change(Snapshot @base, CommitStamp stamp, string operation) => new()
    {
        Base = @base.Version,
        BaseEntryHash = @base.EntryHash,
        From = @base,
        Mode = stamp.Mode,
        Schema = @base.Schema,
        Operation = operation,
        AppId = stamp.AppId,
        TxnVersion = stamp.TxnVersion,
        Now = stamp.Now,
        Info = stamp.Info,
        FailpointPrefix = stamp.FailpointPrefix,
    };

    private static void CheckPartitions(Snapshot @base, StagedFiles staged)
    {
        if (!@base.PartitionColumns.SequenceEqual(staged.PartitionColumns, StringComparer.OrdinalIgnoreCase))
            throw new LakeException(
                $"The table '{@base.Folder}' is partitioned by {Words(@base.PartitionColumns)}, and the rows were staged by "
                + $"{Words(staged.PartitionColumns)}. Stage them with StageOptions.For set to the version that they join.");
        CheckMapping(@base, staged);

        static string Words(IReadOnlyList<string> columns) => columns.Count > 0 ? string.Join(", ", columns) : "nothing";
    }

    private static void CheckMapping(Snapshot @base, StagedFiles staged)
    {
        if (IsMapped(@base) && staged.Mapping != @base.Metadata.SchemaString)
            throw new LakeException($"The files of the table '{@base.Folder}' know columns by other names (column mapping), and the "
                + $"rows were staged "
                + "without these, or before the columns changed. Stage them with StageOptions.For set to the version that they join.");
    }

    /// <summary>The base's columns, if rows with the staged ones can stand among its rows.</summary>
    private static Schema Fitting(Snapshot @base, Schema staged)
    {
        foreach (var column in staged.Columns)
        {
            if (@base.Schema.Find(column.Name) is not { } known || known.Name != column.Name)
                throw new LakeException($"The table '{@base.Folder}' has no column '{column.Name}'. It has: "
                    + $"{string.Join(", ", @base.Schema.Names)}. Add the column first.");
            if (known.Type != column.Type)
                throw new LakeException($"The column '{column.Name}' of the table '{@base.Folder}' is {known.Type}, and the new rows have "
                    + $"{column.Type} there. Stage them as {known.Type}, or widen the column first.");
        }

        return @base.Schema.Columns.FirstOrDefault(c => !c.IsNullable && staged.Find(c.Name) is null) is { } missing
            ? throw new LakeException($"The column {missing} of the table '{@base.Folder}' must not be NULL, and the new rows have no such "
                + "column.")
            : @base.Schema;
    }
}
