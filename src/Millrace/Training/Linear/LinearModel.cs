using Millrace.Training.Onnx;

namespace Millrace.Training.Linear;

/// <summary>A weighted sum of prepared columns plus an intercept.</summary>
internal sealed class LinearModel : TrainedModel
{
    private readonly IReadOnlyList<LinearFeature> _prepared;
    private readonly float[] _weights;

    /// <param name="weights">One a prepared column, then the intercept.</param>
    public LinearModel(
        TrainingRequest request, string trainer, double labelDeviation, Link link, IReadOnlyList<LinearFeature> prepared, double[] weights,
        int iterations, List<string> notes)
        : base(request.Set.Task, trainer, [.. request.Set.Features.Select(f => new ModelFeature(f.Name, f.Type))], labelDeviation)
    {
        (_prepared, Link, Notes, Iterations) = (prepared, link, notes, iterations);
        _weights = [.. weights.Select(w => (float)w)];
        Importance = [.. Features.Select((f, i) => prepared.FirstOrDefault(p => p.Column == i) is { } p
            ? new FeatureImportance(f.Name, Enumerable.Range(p.Start, p.Width).Sum(c => (double)Math.Abs(_weights[c])), p.Width)
            : new FeatureImportance(f.Name, 0, 0))];
    }

    /// <summary>One a prepared column, then the intercept.</summary>
    public IReadOnlyList<float> Weights => _weights;

    public override IReadOnlyList<string> Categories(int feature) => _prepared.FirstOrDefault(p => p.Column == feature)?.Categories ?? [];

    private protected override void Score(IReadOnlyList<FeatureColumn> columns, Span<double> sums)
    {
        var rows = new int[sums.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = i;
        var design = Design.Of(_prepared, columns, rows);
        var weights = Array.ConvertAll(_weights, w => (double)w);
        for (var i = 0; i < rows.Length; i++)
            sums[i] = design.Dot(i, _prepared.Count == 0 ? weights.AsSpan(^1..) : weights);
    }

    /// <remarks>One-hot columns times their weights are a table from category to weight, so a category costs one lookup.</remarks>
    private protected override string Build(OnnxGraph graph)
    {
        if (_prepared.Count == 0)
            return ConstantScore.Build(graph, Features[0], _weights[^1]);
        var parts = new List<string>();
        var numbers = _prepared.Where(p => !p.IsText).ToList();
        if (numbers.Count > 0)
            parts.AddRange(Numeric(graph, numbers));
        foreach (var text in _prepared.Where(p => p.IsText))
        {
            var name = Features[text.Column].Name;
            parts.Add(graph.Node("LabelEncoder", OnnxGraph.Ml, "/weight/" + name, [name],
                OnnxAttribute.Texts("keys_strings", text.Categories),
                OnnxAttribute.Floats("values_floats", _weights[text.Start..(text.Start + text.Width)]),
                OnnxAttribute.Float("default_float", 0)));
        }

        var sum = parts.Count == 1 ? parts[0] : graph.Node("Sum", "/weighted", parts);
        return graph.Node("Add", "/sum", [sum, graph.Constant("/intercept", [_weights[^1]], 1)]);
    }

    private IEnumerable<string> Numeric(OnnxGraph graph, List<LinearFeature> numbers)
    {
        var inputs = numbers.Select(p => Features[p.Column] is { Type: not FeatureType.Number } feature
            ? graph.Node("Cast", "/number/" + feature.Name, [feature.Name], OnnxAttribute.Int("to", (long)OnnxElement.Float))
            : Features[p.Column].Name).ToList();
        float[] Each(Func<LinearFeature, float> of) => [.. numbers.Select(of)];
        var raw = graph.Node("Concat", "/numbers", inputs, OnnxAttribute.Int("axis", 1));
        var missing = graph.Node("IsNaN", "/missing", [raw]);
        var centred = graph.Node("Sub", "/centred", [raw, graph.Constant("/mean", Each(p => p.Mean), 1, numbers.Count)]);
        var scaled = graph.Node("Mul", "/scaled", [centred, graph.Constant("/scale", Each(p => p.Scale), 1, numbers.Count)]);
        var imputed = graph.Node("Where", "/imputed", [missing, graph.Constant("/zero", [0], 1), scaled]);
        var slopes = graph.Constant("/number_weights", Each(p => _weights[p.Start]), numbers.Count, 1);
        yield return graph.Node("MatMul", "/number_sum", [imputed, slopes]);
        if (!numbers.Any(p => p.HasMissing))
            yield break;
        var ones = graph.Node("Cast", "/missing_ones", [missing], OnnxAttribute.Int("to", (long)OnnxElement.Float));
        var weights = Each(p => p.HasMissing ? _weights[p.Start + 1] : 0);
        yield return graph.Node("MatMul", "/missing_sum", [ones, graph.Constant("/missing_weights", weights, numbers.Count, 1)]);
    }
}
