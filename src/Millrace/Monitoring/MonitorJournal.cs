using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Monitoring;

/// <summary>A journal of measures: a Delta table that only grows, whose versions the ledger names.</summary>
/// <remarks>
/// A window is measured again when predictions or labels of it, or the rule, have changed since: <c>measured_from</c> is a hash of these. Readers take the
/// rows with the latest <c>measured_at</c>.
/// </remarks>
public sealed class MonitorJournal(string name, Schema schema, string folder, Ledger.Ledger ledger)
{
    private readonly LakeTable _table = new(folder);

    /// <summary>The columns of <see cref="DriftOf"/>: one row a feature (and one for the prediction) of a window.</summary>
    public static Schema DriftSchema { get; } = new(
    [
        new Column("measured_at", DataType.Timestamp), new Column("environment", DataType.String), new Column("model", DataType.String),
        new Column("model_version", DataType.Long), new Column("window_start", DataType.Timestamp), new Column("window_end", DataType.Timestamp),
        new Column("rows", DataType.Long), new Column("feature", DataType.String), new Column("missing_share", DataType.Double),
        new Column("new_levels", DataType.String), new Column("psi", DataType.Double), new Column("psi_learnt", DataType.Double),
        new Column("distance", DataType.String), new Column("distance_value", DataType.Double), new Column("distance_customary", DataType.Double),
        new Column("distance_learnt", DataType.Double), new Column("is_drifted", DataType.Boolean), new Column("measured_from", DataType.String),
    ]);

    /// <summary>The columns of <see cref="PerformanceOf"/>: one row a metric of a window.</summary>
    public static Schema PerformanceSchema { get; } = new(
    [
        new Column("measured_at", DataType.Timestamp), new Column("environment", DataType.String), new Column("model", DataType.String),
        new Column("model_version", DataType.Long), new Column("window_start", DataType.Timestamp), new Column("window_end", DataType.Timestamp),
        new Column("rows", DataType.Long), new Column("labelled", DataType.Long), new Column("metric", DataType.String), new Column("value", DataType.Double),
        new Column("low", DataType.Double), new Column("high", DataType.Double), new Column("holdout_value", DataType.Double), new Column("loss", DataType.Double),
        new Column("is_worse", DataType.Boolean), new Column("measured_from", DataType.String),
    ]);

    /// <summary>The journal's name, under which queries read it.</summary>
    public string Name => name;

    /// <summary>Its columns.</summary>
    public Schema Schema => schema;

    /// <summary>The name of an endpoint's drift journal, such as <c>demand__drift</c>.</summary>
    public static string DriftOf(string endpoint) => endpoint + "__drift";

    /// <summary>The name of an endpoint's performance journal, such as <c>demand__performance</c>.</summary>
    public static string PerformanceOf(string endpoint) => endpoint + "__performance";

    /// <summary>Everything that was measured.</summary>
    public Relation Read() => ledger.Journal(name) is { } version ? _table.Read(version.Number, version.EntryHash).ToRelation() : Relation.Empty(schema);

    /// <summary>Adds rows in one commit.</summary>
    /// <param name="connection">Any.</param>
    /// <param name="rows">Each with one SQL literal a column.</param>
    /// <param name="now">The commit's time.</param>
    public void Append(DuckConnection connection, IReadOnlyList<IReadOnlyList<string>> rows, DateTimeOffset now)
    {
        if (rows.Count == 0)
            return;
        var columns = string.Join(", ", schema.Columns.Select((c, i) => FormattableString.Invariant($"c{i}::{c.Type.Sql} AS {SqlName.Quote(c.Name)}")));
        var names = string.Join(", ", schema.Columns.Select((_, i) => FormattableString.Invariant($"c{i}")));
        var select = $"SELECT {columns} FROM (VALUES {string.Join(", ", rows.Select(r => $"({string.Join(", ", r)})"))}) AS v({names})";
        var standing = ledger.Journal(name);
        var staged = _table.Stage(connection, select, schema, new StageOptions { Now = now, FailpointPrefix = "monitor" });

        // A commit that the ledger does not name is restored over by the next, so it may not be adopted: each has an id of its own.
        var stamp = new CommitStamp($"{name}/{Guid.NewGuid():N}", 0, now) { Info = new JsonObject { ["rows"] = staged.Rows }, FailpointPrefix = "monitor" };
        var request = _table.Append(standing is null ? null : _table.Read(standing.Number, standing.EntryHash), staged, stamp);
        try
        {
            var result = _table.Commit(request);
            ledger.CommitJournal(new JournalVersion(name, result.Version, result.EntryHash, result.Time, staged.Rows));
        }
        catch
        {
            _table.Discard(request);
            throw;
        }
    }
}
