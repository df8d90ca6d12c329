namespace Millrace.Training.Boosting;

/// <summary>Gradient-boosted regression trees on histograms of exact sums, with early stopping on the validation rows.</summary>
/// <remarks>Friedman, Greedy function approximation: a gradient boosting machine, 2001; growth and histograms as in Ke et al.,
/// LightGBM, 2017.</remarks>
internal sealed class GbdtTrainer : ITrainer
{
    public const string Word = "gbdt";

    private const int RowStream = 0x10000;
    private const int ColumnStream = 0x20000000;

    public string Name => Word;

    public int Revision => 1;

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Regression, LearningTask.Binary];

    public IReadOnlyList<ParameterSpec> Parameters { get; } =
    [
        ParameterSpec.Whole("trees", 300, 1, 10_000, "The most trees; early stopping keeps fewer."),
        ParameterSpec.Number("learning_rate", 0.1, 1e-4, 1, "How much of each tree is taken."),
        ParameterSpec.Whole("leaves", 31, 2, 4096, "The most leaves of a tree."),
        ParameterSpec.Whole("max_depth", 0, 0, 64, "The most splits on a way from root to leaf; 0 for no limit."),
        ParameterSpec.Whole("min_data", 20, 1, 1_000_000, "The fewest training rows of a leaf."),
        ParameterSpec.Number("l2", 0, 0, 1e9, "Pulls the values of leaves to 0."),
        ParameterSpec.Number("row_sample", 1, 0.01, 1, "The share of rows that each tree sees, drawn anew for each."),
        ParameterSpec.Number("column_sample", 1, 0.01, 1, "The share of features that each tree sees, drawn anew for each."),
        ParameterSpec.Whole(
            "early_stopping", 20, 0, 10_000,
            "Stops after so many trees without a better validation loss and keeps the best; 0 for never."),
        ParameterSpec.Whole("bins", 255, 2, 255, "The most bins of a feature."),
        new("loss", "squared", "What a regression lowers; a binary model lowers log-loss.") { Words = ["squared", "absolute", "poisson"] },
    ];

    public TrainedModel Train(TrainingRequest request, CancellationToken cancellationToken)
    {
        var rows = request.Split.Train;
        if (rows.Length > Gradients.MostRows)
            throw new TrainingException(
                FormattableString.Invariant($"Boosted trees take up to {Gradients.MostRows} training rows; there are {rows.Length}."));
        var settings = GbdtSettings.From(request.Parameters);
        var loss = Loss.Of(request.Set.Task, request.Parameters.Word("loss"));
        var labels = Labels(request, rows);
        var (_, deviation) = LabelSummary.Of(request);
        var notes = new List<string>();
        var features = Fit(request, labels, notes);
        var @base = (double)(float)loss.Base(labels);
        var trees = features.Count == 0 ? [] : Boost(request, settings, loss, features, labels, @base, cancellationToken);
        if (trees.Count == 0)
            notes.Add("No split improves on a constant; the model answers every row alike.");
        return new BoostedTrees(request, deviation, loss.Link, features, @base, trees, notes);
    }

    private static double[] Labels(TrainingRequest request, int[] rows)
    {
        var labels = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            labels[i] = request.Set.Label[rows[i]];
        return labels;
    }

    private static List<TreeFeature> Fit(TrainingRequest request, double[] labels, List<string> notes)
    {
        var columns = request.Set.Features;
        var (fitted, said) = (new TreeFeature?[columns.Count], new List<string>[columns.Count]);
        Work.For(
            request.Threads, columns.Count, i => fitted[i] = TreeFeature.Fit(i, columns[i], request.Split.Train, labels, said[i] = []));
        notes.AddRange(said.SelectMany(s => s));
        return [.. fitted.OfType<TreeFeature>()];
    }

    private static List<Tree> Boost(
        TrainingRequest request, GbdtSettings settings, Loss loss, List<TreeFeature> features, double[] labels, double @base,
        CancellationToken cancellationToken)
    {
        var (columns, rows, threads) = (request.Set.Features, request.Split.Train, request.Threads);
        var matrix = BinnedMatrix.Build(
            rows.Length, features.Count, settings.Bins, threads,
            (f, values) => features[f].Fill(columns[features[f].Column], rows, values));
        var gradients = new Gradients(loss, rows.Length, threads);
        var grower = new TreeGrower(matrix, settings, threads);
        var validation = new ValidationRows(request, features, @base);
        var sums = new double[rows.Length];
        sums.AsSpan().Fill(@base);
        var trees = new List<Tree>();
        var stop = new EarlyStop(validation.Any ? settings.EarlyStopping : 0);

        for (var round = 0; round < settings.Trees; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!gradients.Compute(sums, labels))
                break;
            var (sample, isActive) = (Sample(settings, request.Seed, round), Active(settings, request.Seed, round, features.Count));
            var tree = grower.Grow(gradients, sample, isActive, cancellationToken);
            if (tree.Nodes.Count == 1)
            {
                // A sample may have nothing to split where the next one has; all rows will not change.
                if (sample is null && isActive is null)
                    break;
                continue;
            }

            if (loss.RefitsLeaves)
                Refit(tree, grower, sums, labels, settings.LearningRate);
            Add(tree, grower, matrix, sample, sums, threads);
            trees.Add(tree);
            var validationLoss = validation.Any ? validation.Add(tree, loss) : (double?)null;
            request.OnIteration?.Invoke(new IterationMetrics(
                trees.Count, loss.Metric, validation.Any ? null : loss.Measure(sums, labels), validationLoss));
            if (validationLoss is { } value && stop.IsOver(trees.Count, value))
                break;
        }

        return stop.Best is { } best ? trees[..best] : trees;
    }

    private static Func<int, bool>? Sample(GbdtSettings settings, long seed, int round) =>
        settings.RowSample >= 1 ? null : row => CounterRandom.Fraction(seed, RowStream + round, row) < settings.RowSample;

    private static bool[]? Active(GbdtSettings settings, long seed, int round, int features)
    {
        var count = Math.Max(1, (int)Math.Round(settings.ColumnSample * features));
        if (count >= features)
            return null;
        var active = new bool[features];
        foreach (var feature in Enumerable.Range(0, features).OrderBy(f => CounterRandom.At(seed, ColumnStream + round, f)).Take(count))
            active[feature] = true;
        return active;
    }

    private static void Refit(Tree tree, TreeGrower grower, double[] sums, double[] labels, double learningRate)
    {
        for (var leaf = 0; leaf < grower.Leaves; leaf++)
        {
            var rows = grower.RowsOf(leaf);
            var remainders = new double[rows.Length];
            for (var i = 0; i < rows.Length; i++)
                remainders[i] = labels[rows[i]] - sums[rows[i]];
            tree.SetLeaf(grower.NodeOf(leaf), AbsoluteLoss.Median(remainders) * learningRate);
        }
    }

    private static void Add(Tree tree, TreeGrower grower, BinnedMatrix matrix, Func<int, bool>? sample, double[] sums, int threads)
    {
        Work.For(sums.Length < 20_000 ? 1 : threads, grower.Leaves, leaf =>
        {
            var value = tree.Nodes[grower.NodeOf(leaf)].Value;
            foreach (var row in grower.RowsOf(leaf))
                sums[row] += value;
        });
        if (sample is null)
            return;
        Work.OverRows(threads, sums.Length, (from, to) =>
        {
            for (var row = from; row < to; row++)
            {
                if (!sample(row))
                    sums[row] += tree.Nodes[tree.LeafOf(matrix, row)].Value;
            }
        });
    }
}
