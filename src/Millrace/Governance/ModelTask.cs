using System.Diagnostics;
using System.Globalization;
using Millrace.Assets;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Plans;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Scoring;
using Millrace.Sql;
using Millrace.Tracking;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>What a model's task needs besides its context.</summary>
/// <param name="Plan">The model, bound to its columns.</param>
/// <param name="Views">The views that it reads, directly or through others, those that others read first.</param>
public sealed record ModelSpec(ModelPlan Plan, IReadOnlyList<NamedSql> Views);

/// <summary>Trains a model on the rows that stand, registers the version, and asks its gates.</summary>
/// <remarks>
/// A version is committed by the ledger naming it: the files before that are content-addressed, so a task whose process died is simply done again.
/// A version that a gate refuses is kept in the registry, and no release points at it.
/// </remarks>
public sealed class ModelTask(SqlSessionPool pool, Home home, ModelRegistry registry, TrackingStore tracking, Ledger.Ledger ledger, Func<AssetKey, ModelSpec> models) : ITaskKind
{
    /// <summary>The word in plans and in the ledger.</summary>
    public const string Kind = "model";

    /// <summary>Training reports this often at most; a tree takes milliseconds.</summary>
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public string Name => Kind;

    /// <inheritdoc/>
    public VersionRecord? FindCommitted(TaskRecord task) => null;

    /// <inheritdoc/>
    public TaskOutcome Execute(TaskContext context, CancellationToken cancellationToken)
    {
        var timer = Stopwatch.StartNew();
        var spec = models(context.Asset.Key);
        var number = ledger.NextModelNumber(context.Asset.Key);
        using var session = pool.Rent();
        using var interrupt = cancellationToken.Register(session.Connection.Interrupt);
        TrainingInputs.Define(session, home, context.Inputs, spec.Views);

        context.Report("reading", null);
        var rows = TrainingRows.Read(session.Connection, spec.Plan.Query, cancellationToken);
        if (rows.Label.Length == 0)
            throw new TrainingException($"{spec.Plan.Definition.Data} has no row with a label ({spec.Plan.Query.Label}), so there is nothing to learn from.");
        var recipe = Recipes.Of(spec.Plan, rows);
        var run = tracking.Start(
            context.Asset.Key.Name,
            string.Create(CultureInfo.InvariantCulture, $"{context.Asset.Key.Name}@{number}"),
            recipe.Parameters.Append(KeyValuePair.Create("trainer", recipe.Trainer)).Append(KeyValuePair.Create("seed", recipe.Seed.ToString(CultureInfo.InvariantCulture))).ToDictionary(),
            new Dictionary<string, string> { ["millrace.task"] = context.Task.Id, ["millrace.reason"] = context.Asset.Trained?.Request ?? "" });
        try
        {
            var version = Train(context, spec, session.Connection, rows, recipe, number, run, cancellationToken) with { Milliseconds = timer.ElapsedMilliseconds };
            tracking.End(run, ExperimentRunStatus.Finished, null);
            if (!version.IsRefused)
                return new TaskOutcome.Committed(version);
            var refused = version.Checks.Where(c => !c.Passed).Select(c => $"gate '{c.Id}' says no: {c.Note}");
            return new TaskOutcome.Refused(version, string.Create(CultureInfo.InvariantCulture, $"version {number} is kept and not released: {string.Join("; ", refused)}"));
        }
        catch (Exception e)
        {
            tracking.End(run, cancellationToken.IsCancellationRequested ? ExperimentRunStatus.Killed : ExperimentRunStatus.Failed, e.Message);
            throw;
        }
    }

    private VersionRecord Train(
        TaskContext context, ModelSpec spec, DuckConnection connection, TrainingRows rows, TrainingRecipe recipe, long number, string run, CancellationToken cancellationToken)
    {
        var split = recipe.Split(rows);
        var model = recipe.Follow(rows, Environment.ProcessorCount, Progress(context, recipe, run), cancellationToken);
        var onnx = model.ToOnnx();

        context.Report("judging", null);
        using var scorer = OnnxModel.Open(onnx);
        var predictions = ModelScores.Of(scorer, rows.Features, cancellationToken);
        var parity = Parity.Measure(model, scorer, rows.Features, cancellationToken);
        if (!parity.Holds)
        {
            throw new TrainingException(FormattableString.Invariant(
                $"The ONNX file answers otherwise than the trainer did: {parity.Worst:0.######} apart in row {parity.WorstRow} (from 0), and {parity.Limit} is allowed. The version is not registered."));
        }

        var (champion, incomparable) = new Challenge(registry, connection, spec.Plan, rows, split).Meet(ChampionOf(context), predictions, cancellationToken);
        var evaluation = new EvaluationRecord(
            Evaluation.Measure(recipe.Task, rows.Label, predictions, split.Holdout),
            split.Validation.Length == 0 ? null : Evaluation.Measure(recipe.Task, rows.Label, predictions, split.Validation),
            Evaluation.Measure(recipe.Task, rows.Label, Naive(spec.Plan, rows, split), split.Holdout),
            spec.Plan.Query.Baseline ?? (recipe.Task == LearningTask.Binary ? "the share of positives in training" : "the mean in training"),
            champion,
            Slices(spec.Plan, rows, predictions, split),
            parity.Worst);
        var gates = GateKeeper.Ask(spec.Plan.Definition.Gates, evaluation, incomparable);

        context.Report("registering", null);
        int[] seen = [.. split.Train.Concat(split.Validation).Order()];
        var manifest = new ModelManifest
        {
            Model = context.Asset.Key.Name,
            Version = number,
            Task = recipe.Task,
            Onnx = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(onnx)),
            OnnxBytes = onnx.Length,
            Features = model.Features,
            Training = new TrainingRecord(
                recipe,
                spec.Views,
                [.. context.Inputs.Select(i => new TrainingInput(i.Id.Asset.ToString(), i.Id.Build.Fingerprint.Text, i.Id.Number))],
                rows.Hash(),
                new SplitRows(rows.Unlabelled, split.Train.Length, split.Validation.Length, split.Holdout.Length),
                rows.Times.Length == 0 ? null : seen.Min(r => rows.Times[r]),
                rows.Times.Length == 0 ? null : seen.Max(r => rows.Times[r]),
                model.Iterations),
            Evaluation = evaluation,
            Sketches = ReferenceSketches.Of(rows, predictions, seen),
            Importance = [.. model.Importance.OrderByDescending(i => i.Gain).ThenBy(i => i.Feature, StringComparer.Ordinal)],
            Notes = model.Notes,
            Makers = Recipes.Makers(),
            Run = run,
        };
        var entry = registry.Keep(manifest, onnx);
        Failpoint.Pass("model.kept");
        Log(run, manifest);
        return new VersionRecord
        {
            Id = new AssetVersion(context.Task.Build, number),
            Task = context.Task.Id,
            Fence = context.Fence,
            EntryHash = entry,
            Committed = context.Now,
            Inputs = [.. context.Inputs.Select(i => i.Id)],
            Origin = context.Origin,
            Rows = new RowCounts(rows.Label.Length, rows.Label.Length, 0, rows.Label.Length),
            Checks = gates,
            Makers = new Dictionary<string, string>(manifest.Makers)
            {
                ["definition"] = context.Asset.Definition.Hash, [TrainedKind.GatesMaker] = spec.Plan.Gates.Text, ["onnx"] = manifest.Onnx, ["run"] = run,
            },
        };
    }

    private VersionRecord? ChampionOf(TaskContext context) =>
        context.Standing.Pointers.TryGetValue(context.Asset.Key, out var pointer) ? context.Standing.Version(pointer.Version) : null;

    private Action<IterationMetrics> Progress(TaskContext context, TrainingRecipe recipe, string run)
    {
        var total = recipe.Parameters.TryGetValue("trees", out var trees) ? double.Parse(trees, CultureInfo.InvariantCulture) : 0;
        var waiting = new List<MetricPoint>();
        var last = Stopwatch.StartNew();
        return iteration =>
        {
            if (iteration.ValidationLoss is { } validation)
                waiting.Add(new MetricPoint($"validation_{iteration.Metric}", iteration.Iteration, validation));
            if (iteration.TrainLoss is { } training)
                waiting.Add(new MetricPoint($"training_{iteration.Metric}", iteration.Iteration, training));
            if (last.Elapsed < ReportEvery && iteration.Iteration < total)
                return;
            tracking.Log(run, waiting);
            waiting.Clear();
            last.Restart();
            context.Report("training", total > 0 ? iteration.Iteration / total : null);
        };
    }

    private static double[] Naive(ModelPlan plan, TrainingRows rows, Split split)
    {
        if (plan.Query.Baseline is not null)
            return rows.Baseline;
        var mean = split.Train.Average(r => rows.Label[r]);
        var naive = new double[rows.Label.Length];
        Array.Fill(naive, mean);
        return naive;
    }

    private static List<SliceRecord> Slices(ModelPlan plan, TrainingRows rows, double[] predictions, Split split) =>
        [.. plan.Query.Slices.SelectMany((column, s) => split.Holdout
            .GroupBy(r => rows.Slices[s][r])
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new SliceRecord(column, g.Key, g.Count(), Evaluation.Measure(plan.Definition.Task, rows.Label, predictions, [.. g]))))];

    private void Log(string run, ModelManifest manifest)
    {
        tracking.Log(run, [.. manifest.Evaluation.Metrics.Select(m => new MetricPoint(m.Key, 0, m.Value)), .. (manifest.Evaluation.Validation ?? new Dictionary<string, double?>()).Select(m => new MetricPoint($"validation_{m.Key}", manifest.Training.Iterations, m.Value)),
            .. manifest.Evaluation.Baseline.Select(m => new MetricPoint($"baseline_{m.Key}", 0, m.Value))]);
        tracking.Log(run, new RunArtifact("model.onnx", manifest.Onnx, manifest.OnnxBytes));
    }
}
