using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    /// <summary>The base without the rows that meet a condition.</summary>
    /// <remarks>
    /// Files that cannot hold such a row by their statistics are not opened; those that hold none stay as they are; one that holds nothing
    /// else goes out as it is; the others are written anew. A condition on partition columns alone opens no file.
    /// </remarks>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="predicate">A condition over the columns in the engine's SQL; null takes every row out.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">The condition is none, or gives another answer each time.</exception>
    public CommitRequest Delete(DuckConnection connection, Snapshot @base, string? predicate, CommitStamp stamp)
    {
        if (predicate is null)
            return Change(@base, stamp, "DELETE")
                with { Remove = [.. @base.Files], Reads = _ => true, Metrics = Deleted(@base.RowCount ?? 0, 0) };

        var condition = new RowPredicate(connection, @base, predicate);
        var staged = new List<StagedFiles>();
        return Guarded(staged, () => Without(connection, @base, condition, stamp, staged, null));
    }

    /// <summary>The base without the rows that meet the condition; with change data when the table feeds changes.</summary>
    /// <param name="connection">Reads and writes.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="condition">Which rows go.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <param name="staged">Takes what was staged.</param>
    /// <param name="inserted">Rows that come in with the same commit, for the change data.</param>
    private CommitRequest Without(
        DuckConnection connection, Snapshot @base, RowPredicate condition, CommitStamp stamp, List<StagedFiles> staged, string? inserted)
    {
        var touched = Touched(connection, @base, condition);
        var partly = condition.IsOfPartitionsOnly ? [] : touched.Where(t => t.File.LiveRows != t.Rows).Select(t => t.File).ToList();
        Rewrite(connection, @base, partly, rows => $"SELECT * FROM ({rows}) WHERE ({condition.Text}) IS NOT TRUE", stamp, staged);
        var kept = staged.ToList();

        // Files that only come and go are their own change data; as soon as rows are copied, readers must be told which were.
        if (FeedsChanges(@base) && partly.Count > 0)
        {
            var gone = $"SELECT *, 'delete' AS {ChangeType} FROM ({RowsOf(@base, [.. touched.Select(t => t.File)])}) WHERE "
                + $"{condition.Text}";
            staged.Add(StageChanges(connection, @base, inserted is null ? gone
                : $"{gone} UNION ALL BY NAME SELECT *, 'insert' AS {ChangeType} FROM ({inserted})", stamp));
        }

        return Change(@base, stamp, "DELETE") with
        {
            Add = [.. kept.SelectMany(k => k.Files)],
            Remove = [.. touched.Select(t => t.File)],
            Changes = [.. staged.Except(kept).SelectMany(c => c.Files)],
            Parameters = new Dictionary<string, string> { ["predicate"] = condition.Text },
            Metrics = Deleted(touched.Sum(t => Math.Max(t.Rows, 0)), kept.Sum(k => k.Rows)),
            Reads = condition.MayMatch,
            Staged = [.. staged],
        };
    }

    private static Dictionary<string, long> Deleted(long rows, long copied) =>
        new() { ["numDeletedRows"] = rows, ["numCopiedRows"] = copied };
}
