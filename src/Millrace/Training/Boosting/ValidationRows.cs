namespace Millrace.Training.Boosting;

/// <summary>The validation rows, prepared, with the sum of the trees so far.</summary>
internal sealed class ValidationRows
{
    private readonly float[] _prepared;
    private readonly double[] _labels;
    private readonly double[] _sums;
    private readonly int _features;
    private readonly int _threads;

    public ValidationRows(TrainingRequest request, IReadOnlyList<TreeFeature> features, double @base)
    {
        var rows = request.Split.Validation;
        (_features, _threads) = (features.Count, request.Threads);
        _labels = [.. rows.Select(r => request.Set.Label[r])];
        _sums = new double[rows.Length];
        _sums.AsSpan().Fill(@base);
        _prepared = new float[checked(rows.Length * features.Count)];
        for (var f = 0; f < features.Count; f++)
        {
            for (var i = 0; i < rows.Length; i++)
                _prepared[(i * _features) + f] = features[f].At(request.Set.Features[features[f].Column], rows[i]);
        }
    }

    public bool Any => _labels.Length > 0;

    /// <summary>Adds a tree and measures the loss over all rows.</summary>
    public double Add(Tree tree, Loss loss)
    {
        var flat = new FlatTrees(0, [tree]);
        Work.OverRows(_threads, _sums.Length, (from, to) =>
        {
            for (var i = from; i < to; i++)
                _sums[i] += flat.ScoreOne(0, _prepared.AsSpan(i * _features, _features));
        });
        return loss.Measure(_sums, _labels);
    }
}
