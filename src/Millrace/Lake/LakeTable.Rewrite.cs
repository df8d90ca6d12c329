using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

/// <summary>What verbs share that take rows out of files or change them: the files are written anew without or with other rows.</summary>
public sealed partial class LakeTable
{
    /// <summary>The column that says of a row which file it comes from.</summary>
    private const string FileNumber = "_millrace_file";

    private const string ChangeType = "_change_type";

    private static bool FeedsChanges(Snapshot table) => TableProtocol.IsOn(table.Configuration, "delta.enableChangeDataFeed");

    private string RowsOf(Snapshot table, IReadOnlyList<DataFile> files) =>
        FileRelation.Of(Folder, table.Stored, table.PartitionColumns, files).Sql;

    private string NumberedRowsOf(Snapshot table, IReadOnlyList<DataFile> files) =>
        FileRelation.Numbered(Folder, table.Stored, table.PartitionColumns, files, FileNumber);

    /// <summary>The files that hold rows which meet the condition, and how many; others are left alone.</summary>
    private List<(DataFile File, long Rows)> Touched(DuckConnection connection, Snapshot table, RowPredicate predicate)
    {
        if (predicate.IsOfPartitionsOnly)
            return [.. predicate.Matching(table.Files).Select(f => (f, f.LiveRows ?? -1))];
        var candidates = table.Files.Where(predicate.MayMatch).ToList();
        if (candidates.Count == 0)
            return [];
        var counts = $"SELECT {FileNumber}, count(*) FROM ({NumberedRowsOf(table, candidates)}) WHERE {predicate.Text} GROUP BY ALL "
            + $"ORDER BY ALL";
        return [.. connection.Query(counts).Rows().Select(r => (candidates[(int)(long)r[0]!], (long)r[1]!))];
    }

    /// <summary>Stages what is left of files, or becomes of them, one pass for all files of equal tags.</summary>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="table">The version that the files belong to.</param>
    /// <param name="files">The files.</param>
    /// <param name="select">The SELECT of what is to be written, from the relation of the files.</param>
    /// <param name="stamp">For time and failpoint.</param>
    /// <param name="into">Takes what was staged, so that the caller can drop it when something fails later.</param>
    private void Rewrite(
        DuckConnection connection, Snapshot table, IReadOnlyList<DataFile> files, Func<string, string> select, CommitStamp stamp,
            List<StagedFiles> into)
    {
        foreach (var alike in files.GroupBy(TagText))
        {
            var group = alike.ToList();
            into.Add(Stage(connection, select(RowsOf(table, group)), table.Schema, OptionsOf(table, stamp) with { Tags = group[0].Tags }));
        }
    }

    private static StageOptions OptionsOf(Snapshot table, CommitStamp stamp) =>
        new() { Now = stamp.Now, FailpointPrefix = stamp.FailpointPrefix, For = table };

    /// <summary>Stages change data: the table's columns, and <c>_change_type</c>.</summary>
    private StagedFiles StageChanges(DuckConnection connection, Snapshot table, string select, CommitStamp stamp) =>
        Stage(
            connection, select, new Schema([.. table.Schema.Columns.Select(c => c with { IsNullable = true }),
                new Column(ChangeType, DataType.String)]),
            OptionsOf(table, stamp) with { IsChangeData = true });

    private static string ColumnList(Schema schema, string? alias = null) =>
        string.Join(", ", schema.Names.Select(n => (alias is null ? "" : alias + ".") + SqlName.Quote(n)));

    /// <summary>Runs a verb's staging; what it staged is dropped when it fails.</summary>
    private static T Guarded<T>(List<StagedFiles> staged, Func<T> verb)
    {
        try
        {
            return verb();
        }
        catch
        {
            staged.ForEach(s => s.Discard());
            throw;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
