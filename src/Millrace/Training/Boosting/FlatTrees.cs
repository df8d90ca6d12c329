namespace Millrace.Training.Boosting;

/// <summary>All trees of a model in one array, walked over a row of prepared features.</summary>
/// <remarks>v &lt;= threshold goes left, NaN where the node says. The sum is in double, tree by tree.</remarks>
internal sealed class FlatTrees
{
    private readonly Node[] _nodes;
    private readonly int[] _roots;
    private readonly double _base;

    public FlatTrees(double @base, IReadOnlyList<Tree> trees)
    {
        _base = @base;
        _nodes = new Node[trees.Sum(t => t.Nodes.Count)];
        _roots = new int[trees.Count];
        var at = 0;
        for (var t = 0; t < trees.Count; t++)
        {
            var start = _roots[t] = at;
            foreach (var node in trees[t].Nodes)
                _nodes[at++] = node.IsLeaf
                    ? new Node(node.Value, -1, 0, 0)
                    : new Node(node.Threshold, (node.Feature << 1) | (node.DefaultLeft ? 1 : 0), start + node.Left, start + node.Right);
        }
    }

    /// <param name="row">The prepared features of one row.</param>
    public double Score(ReadOnlySpan<float> row)
    {
        var sum = _base;
        foreach (var root in _roots)
            sum += Walk(root, row);
        return sum;
    }

    /// <summary>The addition of one tree.</summary>
    public float ScoreOne(int tree, ReadOnlySpan<float> row) => Walk(_roots[tree], row);

    private float Walk(int root, ReadOnlySpan<float> row)
    {
        ref readonly var node = ref _nodes[root];
        while (node.Feature >= 0)
        {
            var v = row[node.Feature >> 1];
            var left = v <= node.Threshold || (float.IsNaN(v) && (node.Feature & 1) == 1);
            node = ref _nodes[left ? node.Left : node.Right];
        }

        return node.Threshold;
    }

    /// <param name="Threshold">In a leaf its value.</param>
    /// <param name="Feature">Twice the feature, plus 1 when missing values go left; -1 in a leaf.</param>
    private readonly record struct Node(float Threshold, int Feature, int Left, int Right);
}
