using Millrace.Training.Onnx;

namespace Millrace.Training.Boosting;

/// <summary>A model of boosted trees: a base plus one value a tree.</summary>
internal sealed class BoostedTrees : TrainedModel
{
    private const int RowsAtOnce = 1024;

    private readonly IReadOnlyList<TreeFeature> _prepared;
    private readonly float _base;
    private readonly FlatTrees _flat;

    public BoostedTrees(
        TrainingRequest request, double labelDeviation, Link link, IReadOnlyList<TreeFeature> prepared, double @base,
        IReadOnlyList<Tree> trees, List<string> notes)
        : base(request.Set.Task, GbdtTrainer.Word, [.. request.Set.Features.Select(f => new ModelFeature(f.Name, f.Type))], labelDeviation)
    {
        (_prepared, _base, Trees, Link) = (prepared, (float)@base, trees, link);
        _flat = new FlatTrees(_base, trees);
        Notes = notes;
        Iterations = trees.Count;
        Importance = [.. Features.Select((f, i) => new FeatureImportance(
            f.Name, Splits(i).Sum(n => n.Gain), Splits(i).Count()))];
    }

    /// <summary>In the order of boosting, leaves with the learning rate in them.</summary>
    public IReadOnlyList<Tree> Trees { get; }

    public override IReadOnlyList<string> Categories(int feature) => _prepared.FirstOrDefault(p => p.Column == feature)?.Categories ?? [];

    private protected override void Score(IReadOnlyList<FeatureColumn> columns, Span<double> sums)
    {
        var rows = new float[RowsAtOnce * _prepared.Count];
        for (var from = 0; from < sums.Length; from += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, sums.Length - from);
            for (var f = 0; f < _prepared.Count; f++)
            {
                for (var i = 0; i < count; i++)
                    rows[(i * _prepared.Count) + f] = _prepared[f].At(columns[_prepared[f].Column], from + i);
            }

            for (var i = 0; i < count; i++)
                sums[from + i] = _flat.Score(rows.AsSpan(i * _prepared.Count, _prepared.Count));
        }
    }

    private protected override string Build(OnnxGraph graph)
    {
        if (Trees.Count == 0)
            return ConstantScore.Build(graph, Features[0], _base);
        var used = Trees.SelectMany(t => t.Nodes).Where(n => !n.IsLeaf).Select(n => n.Feature).Distinct().Order().ToList();
        var inputs = used.Select(f => Prepare(graph, _prepared[f])).ToList();
        var matrix = graph.Node("Concat", "/features", inputs, OnnxAttribute.Int("axis", 1));
        var nodes = Trees.SelectMany((tree, t) => tree.Nodes.Select((node, n) => (Tree: (long)t, Id: (long)n, Node: node))).ToList();
        var leaves = nodes.Where(n => n.Node.IsLeaf).ToList();
        IReadOnlyList<long> Ints(Func<(long Tree, long Id, TreeNode Node), long> of) => [.. nodes.Select(of)];
        return graph.Node("TreeEnsembleRegressor", OnnxGraph.Ml, "/sum", [matrix],
            OnnxAttribute.Int("n_targets", 1),
            OnnxAttribute.Text("aggregate_function", "SUM"),
            OnnxAttribute.Text("post_transform", "NONE"),
            OnnxAttribute.Floats("base_values", [_base]),
            OnnxAttribute.Ints("nodes_treeids", Ints(n => n.Tree)),
            OnnxAttribute.Ints("nodes_nodeids", Ints(n => n.Id)),
            OnnxAttribute.Ints("nodes_featureids", Ints(n => n.Node.IsLeaf ? 0 : used.BinarySearch(n.Node.Feature))),
            OnnxAttribute.Texts("nodes_modes", nodes.Select(n => n.Node.IsLeaf ? "LEAF" : "BRANCH_LEQ")),
            OnnxAttribute.Floats("nodes_values", [.. nodes.Select(n => n.Node.Threshold)]),
            OnnxAttribute.Ints("nodes_truenodeids", Ints(n => n.Node.Left)),
            OnnxAttribute.Ints("nodes_falsenodeids", Ints(n => n.Node.Right)),
            OnnxAttribute.Ints("nodes_missing_value_tracks_true", Ints(n => n.Node.DefaultLeft ? 1 : 0)),
            OnnxAttribute.Ints("target_treeids", [.. leaves.Select(n => n.Tree)]),
            OnnxAttribute.Ints("target_nodeids", [.. leaves.Select(n => n.Id)]),
            OnnxAttribute.Ints("target_ids", [.. leaves.Select(_ => 0L)]),
            OnnxAttribute.Floats("target_weights", [.. leaves.Select(n => n.Node.Value)]));
    }

    private IEnumerable<TreeNode> Splits(int feature) =>
        Trees.SelectMany(t => t.Nodes).Where(n => !n.IsLeaf && _prepared[n.Feature].Column == feature);

    private string Prepare(OnnxGraph graph, TreeFeature prepared)
    {
        var feature = Features[prepared.Column];
        return feature.Type switch
        {
            FeatureType.Number => feature.Name,
            FeatureType.Text => graph.Node("LabelEncoder", OnnxGraph.Ml, "/rank/" + feature.Name, [feature.Name],
                OnnxAttribute.Texts("keys_strings", prepared.Categories),
                OnnxAttribute.Floats("values_floats", [.. prepared.Categories.Select((_, i) => (float)i)]),
                OnnxAttribute.Float("default_float", float.NaN)),
            _ => graph.Node("Cast", "/number/" + feature.Name, [feature.Name], OnnxAttribute.Int("to", (long)OnnxElement.Float)),
        };
    }
}
