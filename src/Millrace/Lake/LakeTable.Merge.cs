using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;

namespace Millrace.Lake;

public sealed partial class LakeTable
{
    private const string MergeSource = "_millrace_source";
    private const string MergeMatched = "_millrace_matched";
    private const string Present = "_millrace_present";

    /// <summary>The base with the rows of a source merged in by key: rows in both are changed or taken out, rows that only the source has
    /// come
    /// in.</summary>
    /// <remarks>
    /// The source is computed once, aside. Files whose key statistics leave no room for any of its keys are not opened; of the others the
    /// keys are read, and only files in which a row changes are written anew.
    /// </remarks>
    /// <param name="connection">Reads and writes; it must see what the source reads.</param>
    /// <param name="base">The version to build on.</param>
    /// <param name="source">One SELECT. Its columns of the table's names are cast to the table's types; others may serve
    /// conditions.</param>
    /// <param name="options">By which keys, and what becomes of the rows.</param>
    /// <param name="stamp">Who commits, and when.</param>
    /// <exception cref="LakeException">Two rows of the source have one key, or a key is NULL; a key is no column of both; or a condition
    /// cannot be read. Nothing is left behind.</exception>
    public CommitRequest Merge(DuckConnection connection, Snapshot @base, string source, MergeOptions options, CommitStamp stamp)
    {
        var keys = options.Keys.Count > 0 ? options.Keys.Select(k => Known(@base, k)).ToList() : throw new LakeException(
            $"A merge into the table '{Folder}' needs a key: the columns by which a row of the source and one of the table are the same.");
        var staged = new List<StagedFiles>();
        try
        {
            var columns = TakeSource(connection, @base, source, keys);
            return Guarded(staged, () => new Merging(this, connection, @base, keys, columns, options, stamp, staged).Request());
        }
        finally
        {
            connection.Execute($"DROP TABLE IF EXISTS {MergeMatched}; DROP TABLE IF EXISTS {MergeSource}");
        }
    }

    /// <summary>Computes the source once and looks at its keys.</summary>
    /// <returns>The table's columns that it has.</returns>
    private List<Column> TakeSource(DuckConnection connection, Snapshot table, string source, List<Column> keys)
    {
        var names = connection.Query($"SELECT column_name FROM (DESCRIBE SELECT * FROM (\n{source}\n))").Rows().Select(r =>
            (string)r[0]!).ToList();
        var select = names.Select(n => table.Schema.Find(n) is { } c
            ? $"CAST({SqlName.Quote(n)} AS {c.Type.Sql}) AS {SqlName.Quote(c.Name)}" : SqlName.Quote(n));
        if (keys.FirstOrDefault(k => !names.Contains(k.Name, StringComparer.OrdinalIgnoreCase)) is { } lacking)
            throw new LakeException($"The source of the merge into the table '{Folder}' has no column '{lacking.Name}', which is a key. "
                + $"It has: "
                + $"{string.Join(", ", names)}.");
        connection.Execute($"CREATE OR REPLACE TEMP TABLE {MergeSource} AS SELECT {string.Join(", ", select)}, true AS {Present} FROM "
            + $"(\n{source}\n)");

        var list = string.Join(", ", keys.Select(k => SqlName.Quote(k.Name)));
        var nothing = string.Join(" OR ", keys.Select(k => $"{SqlName.Quote(k.Name)} IS NULL"));
        if (connection.Query($"SELECT r::VARCHAR FROM (SELECT COLUMNS(* EXCLUDE {Present}) FROM {MergeSource} WHERE {nothing} LIMIT 1) "
            + $"r").Scalar() is string row)
            throw new LakeException($"The source of the merge into the table '{Folder}' has a row whose key ({list}) is NULL: {row}. "
                + $"Such a row "
                + "matches none, so that each load would bring it in again. Give it a key, or leave it out.");
        var twice = connection.Query($"SELECT struct_pack({list})::VARCHAR || ' (' || count(*) || ' rows)' FROM {MergeSource} GROUP BY "
            + $"{list} HAVING count(*) > 1 LIMIT 1");
        if (twice.Scalar() is string key)
            throw new LakeException($"The source of the merge into the table '{Folder}' has several rows of one key: {key}. Which of "
                + $"them wins "
                + $"would be chance. Keep one, for example with QUALIFY row_number() OVER (PARTITION BY {list} ORDER BY ... DESC) = 1.");
        return [.. table.Schema.Columns.Where(c => names.Contains(c.Name, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>One merge at work.</summary>
    private sealed class Merging(
        LakeTable table, DuckConnection connection, Snapshot basis, List<Column> keys, List<Column> given, MergeOptions options,
            CommitStamp stamp,
        List<StagedFiles> staged)
    {
        private readonly string _on = string.Join(" AND ", keys.Select(k => $"t.{SqlName.Quote(k.Name)} = s.{SqlName.Quote(k.Name)}"));

        private readonly string _delete = options.DeleteWhen is { } when ? $"coalesce(({when}), false)" : "false";

        private readonly string _update = options.UpdatesMatched ? $"coalesce(({options.UpdateWhen ?? "true"}), false)" : "false";

        private readonly string _orphan = options.DeletesUnmatchedBySource ? $"coalesce(({options.DeleteBySourceWhen ?? "true"}), false)"
            : "false";

        /// <summary>What becomes of a row of the table: <c>d</c>, <c>u</c>, or NULL for nothing.</summary>
        private string Action => $"CASE WHEN s.{Present} THEN CASE WHEN {_delete} THEN 'd' WHEN {_update} THEN 'u' END WHEN {_orphan} "
            + $"THEN 'd' END";

        public CommitRequest Request()
        {
            var prune = new KeyPruner(connection, basis, keys, MergeSource);
            var candidates = options.DeletesUnmatchedBySource ? basis.Files : prune.Candidates();
            var touched = Match(candidates);
            var files = touched.Select(t => t.File).ToList();
            var rewritten = touched.Where(t => t.File.LiveRows != t.Deleted).Select(t => t.File).ToList();
            table.Rewrite(connection, basis, rewritten, rows => Rewritten(rows), stamp, staged);
            var copied = staged.Sum(s => s.Rows);
            var inserted = 0L;
            if (options.InsertsUnmatched && connection.Query($"SELECT 1 FROM ({Inserted}) LIMIT 1").Scalar() is not null)
            {
                staged.Add(table.Stage(connection, Inserted, basis.Schema, OptionsOf(basis, stamp)));
                inserted = staged[^1].Rows;
            }

            var kept = staged.ToList();
            if (FeedsChanges(basis) && kept.Count + files.Count > 0)
                staged.Add(table.StageChanges(connection, basis, Changes(files), stamp));
            var (deleted, updated) = (touched.Sum(t => t.Deleted), touched.Sum(t => t.Updated));
            return Change(basis, stamp, "MERGE") with
            {
                Add = [.. kept.SelectMany(k => k.Files)],
                Remove = files,
                Changes = [.. staged.Except(kept).SelectMany(c => c.Files)],
                Parameters = new Dictionary<string, string> { ["predicate"] = _on },
                Metrics = new Dictionary<string, long>
                {
                    ["numTargetRowsInserted"] = inserted, ["numTargetRowsUpdated"] = updated, ["numTargetRowsDeleted"] = deleted,
                    ["numTargetRowsCopied"] = copied - updated, ["numTargetFilesRemoved"] = files.Count,
                },
                Reads = options.DeletesUnmatchedBySource ? _ => true : prune.MayHold,
                Staged = [.. staged],
            };
        }

        /// <summary>Finds the rows of the table that the source has too, and the files in which one changes.</summary>
        private List<(DataFile File, long Deleted, long Updated)> Match(IReadOnlyList<DataFile> candidates)
        {
            if (candidates.Count == 0)
            {
                connection.Execute($"CREATE OR REPLACE TEMP TABLE {MergeMatched} (source BIGINT)");
                return [];
            }

            var rows = table.NumberedRowsOf(basis, candidates);
            var join = options.DeletesUnmatchedBySource ? "LEFT JOIN" : "JOIN";
            connection.Execute($"""
                CREATE OR REPLACE TEMP TABLE {MergeMatched} AS SELECT * FROM (SELECT t.{FileNumber} AS file, s._millrace_row AS source, {Action} AS action
                FROM ({rows}) AS t {join} (SELECT *, rowid AS _millrace_row FROM {MergeSource}) AS s ON {_on})
                WHERE source IS NOT NULL OR action IS NOT NULL
                """);
            var counts = $"""
                SELECT file, count(*) FILTER (WHERE action = 'd'), count(*) FILTER (WHERE action = 'u')
                FROM {MergeMatched} WHERE action IS NOT NULL GROUP BY file ORDER BY file
                """;
            return [.. connection.Query(counts).Rows().Select(r => (candidates[(int)(long)r[0]!], (long)r[1]!, (long)r[2]!))];
        }

        private string Joined(string rows) => $"({rows}) AS t LEFT JOIN {MergeSource} AS s ON {_on}";

        private string Rewritten(string rows) =>
            $"SELECT {string.Join(", ", basis.Schema.Columns.Select(After))} FROM {Joined(rows)} WHERE ({Action}) IS DISTINCT FROM 'd'";

        /// <summary>A column of a row after the merge.</summary>
        private string After(Column column)
        {
            var name = SqlName.Quote(column.Name);
            return NewValue(column) is { } value
                ? $"CASE WHEN ({Action}) = 'u' THEN CAST(({value}) AS {column.Type.Sql}) ELSE t.{name} END AS {name}" : $"t.{name}";
        }

        private string? NewValue(Column column)
        {
            if (options.Set is { } set)
                return set.FirstOrDefault(s => s.Key.Equals(column.Name, StringComparison.OrdinalIgnoreCase)).Value;
            return given.Contains(column) && !keys.Contains(column) ? "s." + SqlName.Quote(column.Name) : null;
        }

        private string Inserted =>
            $"SELECT {string.Join(", ", basis.Schema.Columns.Select(c => given.Contains(c) ? "s." + SqlName.Quote(c.Name) : $"NULL::{c.Type.Sql} AS {SqlName.Quote(c.Name)}"))} "
            + $"FROM {MergeSource} AS s WHERE s.rowid NOT IN (SELECT source FROM {MergeMatched} WHERE source IS NOT NULL) AND "
            + $"({options.InsertWhen ?? "true"})";

        private string Changes(List<DataFile> files)
        {
            var parts = new List<string>();
            if (options.InsertsUnmatched)
                parts.Add($"SELECT *, 'insert' AS {ChangeType} FROM ({Inserted})");
            if (files.Count > 0)
            {
                var joined = Joined(table.RowsOf(basis, files));
                parts.Add($"SELECT t.*, CASE ({Action}) WHEN 'd' THEN 'delete' ELSE 'update_preimage' END AS {ChangeType} FROM {joined} "
                    + $"WHERE ({Action}) IS NOT NULL");
                parts.Add($"SELECT {string.Join(", ", basis.Schema.Columns.Select(After))}, 'update_postimage' AS {ChangeType} FROM "
                    + $"{joined} WHERE ({Action}) = 'u'");
            }

            return parts.Count > 0 ? string.Join(" UNION ALL BY NAME ", parts)
                : $"SELECT *, '' AS {ChangeType} FROM ({Sql.Relation.Empty(basis.Schema).Sql})";
        }
    }
}
