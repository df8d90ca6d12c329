using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Checks;

/// <summary>The journal of an asset's rows that were kept aside: which run, which check, why, from where, and the row as JSON.</summary>
/// <remarks>It only grows. A commit of it counts once a version of the asset names it; one that none names is undone by the next.</remarks>
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
    ]);

    /// <summary>The name under which queries read the journal of an asset: <c>rides__quarantine</c>.</summary>
    public static string NameOf(AssetKey asset) => asset.Name + "__quarantine";

    /// <summary>The journal at a version that the ledger names; without one it is empty.</summary>
    public static Relation Read(string folder, long? version) =>
        version is { } v ? new LakeTable(folder).Read(v).ToRelation() : Relation.Empty(Schema);

    /// <summary>Commits rows for a task. Found again by the task's id, it is adopted.</summary>
    /// <param name="connection">Sees what the SELECT reads.</param>
    /// <param name="write">The write that the rows belong to.</param>
    /// <param name="select">Gives <c>check_id, reason, source, line, row</c>.</param>
    /// <param name="count">How many rows that is; another number would lose or double some, and is refused.</param>
    /// <returns>The journal's version.</returns>
    internal static long Commit(DuckConnection connection, TableWrite write, string select, long count)
    {
        var context = write.Context;
        var table = new LakeTable(write.QuarantineFolder);
        var rows = $"""
            SELECT {SqlName.Text(context.Task.Run)} AS run_id, {SqlName.Text(context.Task.Id)} AS task_id, check_id, reason, source, line, "row",
                TIMESTAMPTZ {SqlName.Text(context.Now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", System.Globalization.CultureInfo.InvariantCulture))} AS quarantined_at
            FROM ({select})
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
