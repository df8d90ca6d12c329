using Millrace.Assets;
using Millrace.Checks;
using Millrace.Lake;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Runs;
using Millrace.Sql;

namespace Millrace.Transforms;

/// <summary>What a table's task needs besides its context.</summary>
/// <param name="Definition">The table.</param>
/// <param name="Checks">Its checks.</param>
/// <param name="Variables">The project's variables as SQL literals.</param>
/// <param name="Views">The views that it reads, directly or through others, those that others read first.</param>
public sealed record TableSpec(
    TableDefinition Definition, IReadOnlyList<Check> Checks, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<(TableDefinition View, Schema Schema)> Views);

/// <summary>Computes a table from its SQL: the whole of it, or the intervals that its parents touched.</summary>
public sealed class TableTask(SqlSessionPool pool, Home home, Func<AssetKey, TableSpec> tables) : ITaskKind
{
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>A task that reads less is over before anyone could read how far it is.</summary>
    private const long ProgressFrom = 8 << 20;

    /// <summary>The word in plans and in the ledger.</summary>
    public const string Kind = "table";

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public VersionRecord? FindCommitted(TaskRecord task) => WritePath.FindCommitted(home.TableFolder(task.Build), task);

    /// <inheritdoc/>
    public TaskOutcome Execute(TaskContext context, CancellationToken cancellationToken)
    {
        var spec = tables(context.Asset.Key);
        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);

        var inputs = context.Inputs.Select(i => (i.Id.Asset.Name, Snapshot: new LakeTable(home.TableFolder(i.Id.Build)).Read(i.Id.Number, i.EntryHash))).ToList();
        var views = spec.Views.Select(v => (v.View.Key.Name, new Relation(new SqlText(v.View.Sql).Bind(Literals(spec, context, null)), v.Schema)));
        using var progress = inputs.Sum(i => i.Snapshot.Files.Sum(f => f.Size)) >= ProgressFrom ? Watch(session, context) : null;

        var isIncremental = spec.Definition.Kind == TableKind.Incremental;
        var outcome = WritePath.Write(session.Connection, new TableWrite
        {
            Context = context,
            Folder = home.TableFolder(context.Asset.Build),
            QuarantineFolder = home.QuarantineFolder(context.Asset.Key),
            Schema = context.Asset.Schema,
            Rows = session.Over(
                isIncremental ? IncrementalRows(spec, context) : new SqlText(spec.Definition.Sql).Bind(Literals(spec, context, null)),
                [.. inputs.Select(i => (i.Name, i.Snapshot.ToRelation())), .. views]),
            Checks = isIncremental ? [new InsideIntervals(spec.Definition, context.Task.Intervals), .. spec.Checks] : spec.Checks,
            Placement = isIncremental ? new Placement.Replace(context.Task.Intervals) : new Placement.Overwrite(),
            TimeColumn = spec.Definition.TimeColumn,
            Unit = spec.Definition.Interval,
        });
        if (outcome is TaskOutcome.Committed { Version.QuarantineVersion: null })
            session.EndTidily();
        return outcome;
    }

    /// <summary>The SQL once for each interval; without an interval, bound to an empty moment and without rows.</summary>
    private static string IncrementalRows(TableSpec spec, TaskContext context)
    {
        var sql = new SqlText(spec.Definition.Sql);
        var intervals = context.Task.Intervals;
        if (intervals.IsEmpty)
            return $"SELECT * FROM ({sql.Bind(Literals(spec, context, new Interval(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1))))}) WHERE false";
        return string.Join("\nUNION ALL\n", intervals.Select(i => $"SELECT * FROM ({sql.Bind(Literals(spec, context, i))})"));
    }

    private static Dictionary<string, string> Literals(TableSpec spec, TaskContext context, Interval? interval)
    {
        var literals = new Dictionary<string, string>(spec.Variables) { ["as_of"] = SqlText.Literal(context.AsOf) };
        if (interval is { } i)
            (literals["start"], literals["end"]) = (SqlText.Literal(i.Start), SqlText.Literal(i.End));
        return literals;
    }

    private static Timer Watch(SqlSession session, TaskContext context)
    {
        session.CountProgress();
        return new Timer(_ => Report(session.Connection, context), null, ProgressEvery, ProgressEvery);
    }

    private static void Report(DuckConnection connection, TaskContext context)
    {
        try
        {
            if (connection.Progress is { Percentage: >= 0 } progress)
                context.Report("computing", progress.Percentage / 100);
        }
        catch (ObjectDisposedException)
        {
            // The task ended between the timer's tick and this line.
        }
    }

    /// <summary>The table's SQL keeps to <c>@start</c> and <c>@end</c>: a row outside would be there twice after the next run.</summary>
    private sealed record InsideIntervals(TableDefinition Definition, IntervalSet Intervals)
        : RowCheck("inside_interval", CheckEffect.Block, Definition.File, Definition.SqlLine)
    {
        public override IReadOnlyList<string> Columns => [Definition.TimeColumn!];

        public override string Rule => $"{Definition.TimeColumn} lies in the interval that was asked for, from @start up to and without @end";

        public override string BreaksSql
        {
            get
            {
                var time = SqlName.Quote(Definition.TimeColumn!);
                var inside = string.Join(" OR ", Intervals.Select(i => $"({time} >= {SqlText.Literal(i.Start)} AND {time} < {SqlText.Literal(i.End)})"));
                return inside.Length == 0 ? "true" : $"({inside}) IS NOT TRUE";
            }
        }
    }
}
