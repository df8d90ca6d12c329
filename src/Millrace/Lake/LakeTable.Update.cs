using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base with other values in the rows that meet a condition.</summary>
    /// <remarks>Files without such a row stay as they are, as with <see cref="Delete"/>; the others are written anew.</remarks>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="set">The new value of each column that changes, as SQL over the row before the change.</param>
    /// <param name="predicate">A condition over the columns; null changes every row.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">There is no such column, or the condition is none, or gives another answer each time.</exception>
    public CommitRequest Update(
        DuckConnection connection, Snapshot @base, IReadOnlyDictionary<string, string> set, string? predicate, CommitStamp stamp)
    {
        foreach (var name in set.Keys)
            _ = Known(@base, name);
        var condition = new RowPredicate(connection, @base, predicate ?? "true");
        var staged = new List<StagedFiles>();
        return Guarded(staged, () =>
        {
            var touched = Touched(connection, @base, condition);
            var files = touched.Select(t => t.File).ToList();
            Rewrite(connection, @base, files, rows => $"SELECT {Changed(rows)}", stamp, staged);
            var kept = staged.ToList();
            if (FeedsChanges(@base) && files.Count > 0)
            {
                var before = $"SELECT *, 'update_preimage' AS {ChangeType} FROM ({RowsOf(@base, files)}) WHERE {condition.Text}";
                var after = $"SELECT {Changed($"SELECT * FROM ({RowsOf(@base, files)}) WHERE {condition.Text}", $", 'update_postimage' AS {ChangeType}")}";
                staged.Add(StageChanges(connection, @base, $"{before} UNION ALL BY NAME {after}", stamp));
            }

            var rows = condition.IsOfPartitionsOnly ? kept.Sum(k => k.Rows) : touched.Sum(t => t.Rows);
            return Change(@base, stamp, "UPDATE") with
            {
                Add = [.. kept.SelectMany(k => k.Files)],
                Remove = files,
                Changes = [.. staged.Except(kept).SelectMany(c => c.Files)],
                Parameters = predicate is null ? new Dictionary<string, string>() : new Dictionary<string,
                    string> { ["predicate"] = predicate },
                Metrics = new Dictionary<string, long> { ["numUpdatedRows"] = rows, ["numCopiedRows"] = kept.Sum(k => k.Rows) - rows },
                Reads = condition.MayMatch,
                Staged = [.. staged],
            };
        });

        string Changed(string rows, string more = "")
        {
            var columns = set.Select(s =>
            {
                var column = Known(@base, s.Key);
                return $"CASE WHEN {condition.Text} THEN CAST(({s.Value}) AS {column.Type.Sql}) ELSE {SqlName.Quote(column.Name)} END "
                    + $"AS {SqlName.Quote(column.Name)}";
            });
            return $"* REPLACE ({string.Join(", ", columns)}){more} FROM ({rows})";
        }
    }

    private Column Known(Snapshot table, string column) => table.Schema.Find(column) ?? throw new LakeException(
        $"The table '{Folder}' has no column '{column}'. It has: {string.Join(", ", table.Schema.Names)}.");
}
