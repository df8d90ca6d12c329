using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Checks;

/// <summary>The journal of an asset's rows that were kept aside: which run, which check, why, from where, and the row as JSON.</summary>
/// <remarks>
/// It only grows. A commit of it counts once a version of the asset names it; one that none names is undone by the next. A row with a
/// <c>mark</c> is no row that was kept aside: it says of the one with its <c>entry</c> what became of it.
/// </remarks>
public static class Quarantine
{
    /// <summary>The journal's columns.</summary>
    public static Schema Schema { get; } = new(
    [
        new Column("run_id", DataType.String),
        new Column("task_id", DataType.String),
        new Column("check_id", DataType.String),
        new Column("reason", DataType.String),
        new Column("source", DataType.String),
        new Column("line", DataType.Long),
        new Column("row", DataType.String),
        new Column("quarantined_at", DataType.Timestamp),
        new Column("entry", DataType.String),
        new Column("mark", DataType.String),
    ]);

    /// <summary>The word of a mark: the row is one of the table now.</summary>
    public const string Replayed = "replayed";

    /// <summary>The word of a mark: somebody said that the row is not wanted.</summary>
    public const string Dropped = "dropped";

    /// <summary>The name under which queries read the journal of an asset: <c>rides__quarantine</c>.</summary>
    public static string NameOf(AssetKey asset) => asset.Name + "__quarantine";

    /// <summary>The journal at a version that the ledger names, marks too; without one it is empty.</summary>
    public static Relation Read(string folder, long? version)
    {
        if (version is not { } v)
            return Relation.Empty(Schema);
        var journal = new LakeTable(folder).Read(v).ToRelation();
        return journal.Schema.Find("entry") is not null
            ? journal
            : new Relation($"SELECT *, NULL::VARCHAR AS entry, NULL::VARCHAR AS mark FROM ({journal.Sql})", Schema);
    }

    /// <summary>The rows that were kept aside, each with its <c>state</c>: open, replayed or dropped.</summary>
    /// <param name="folder">The journal's folder.</param>
    /// <param name="version">A version that the ledger names; null for no row.</param>
    /// <param name="standing">The tasks whose rows stand: a row that was replayed into a version which was rolled back is open again.</param>
    public static Relation View(string folder, long? version, IReadOnlyCollection<string> standing)
    {
        var journal = Read(folder, version);
        var tasks = string.Join(", ", standing.Select(SqlName.Text).DefaultIfEmpty("NULL"));
        var sql = $"""
            SELECT e.run_id, e.task_id, e.check_id, e.reason, e.source, e.line, e."row", e.quarantined_at, e.entry,
                coalesce(m.mark, 'open') AS state, m.quarantined_at AS settled_at, m.reason AS message
            FROM ({journal.Sql}) AS e
            LEFT JOIN (
                SELECT entry, mark, quarantined_at, reason FROM ({journal.Sql}) WHERE mark = '{Dropped}' OR (mark = '{Replayed}' AND task_id IN ({tasks}))
                QUALIFY row_number() OVER (PARTITION BY entry ORDER BY quarantined_at) = 1) AS m ON m.entry = e.entry
            WHERE e.mark IS NULL
            """;
        return new Relation(sql, new Schema(
        [
            .. Schema.Columns.SkipLast(1), new Column("state", DataType.String), new Column("settled_at", DataType.Timestamp), new Column("message", DataType.String),
        ]));
    }

    /// <summary>Commits rows for a task. Found again by the task's id, it is adopted.</summary>
    /// <param name="connection">Sees what the SELECT reads.</param>
    /// <param name="write">The write that the rows belong to.</param>
    /// <param name="selects">Each gives <c>check_id, reason, source, line, row</c>.</param>
    /// <param name="marks">Gives <c>entry, mark, reason</c>; null for none.</param>
    /// <param name="count">How many rows that is; another number would lose or double some, and is refused.</param>
    /// <returns>The journal's version.</returns>
    internal static long Commit(DuckConnection connection, TableWrite write, IReadOnlyList<string> selects, string? marks, long count)
    {
        var context = write.Context;
        var table = new LakeTable(write.QuarantineFolder);
        var parts = selects.Count == 0 ? [] : new List<string>
        {
            $"""
            SELECT check_id, reason, source, line, "row", {SqlName.Text(context.Task.Id + "#")} || row_number() OVER () AS entry, NULL::VARCHAR AS mark
            FROM ({string.Join("\nUNION ALL\n", selects)})
            """,
        };
        if (marks is not null)
            parts.Add($"SELECT NULL AS check_id, reason, NULL AS source, NULL AS line, NULL AS \"row\", entry, mark FROM ({marks})");
        var rows = $"""
            SELECT {SqlName.Text(context.Task.Run)} AS run_id, {SqlName.Text(context.Task.Id)} AS task_id, check_id, reason, source, line, "row", entry, mark,
                TIMESTAMPTZ {SqlName.Text(context.Now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", System.Globalization.CultureInfo.InvariantCulture))} AS quarantined_at
            FROM ({string.Join("\nUNION ALL BY NAME\n", parts)})
            """;
        var staged = table.Stage(connection, rows, Schema, new StageOptions { Now = context.Now, FailpointPrefix = "quarantine" });
        if (staged.Rows != count)
        {
            staged.Discard();
            throw new InvalidDataException(FormattableString.Invariant(
                $"{count} rows of {context.Asset.Key.Title} go aside, but {staged.Rows} were written to its quarantine. Nothing was committed. Please report this."));
        }

        var stamp = new CommitStamp(context.Task.Id, context.Fence, context.Now)
        {
            Info = new JsonObject { ["task"] = context.Task.Id, ["rows"] = staged.Rows },
            FailpointPrefix = "quarantine",
        };
        var request = table.Append(context.QuarantineBase is { } b ? table.Read(b) : null, staged, stamp);
        try
        {
            var result = table.Commit(request);
            if (result.Adopted)
                table.Discard(request);
            return result.Version;
        }
        catch
        {
            table.Discard(request);
            throw;
        }
    }

    /// <summary>The reason that a quarantined row carries.</summary>
    internal static string Reason(Check check) => $"breaks the rule: {check.Rule}";
}
