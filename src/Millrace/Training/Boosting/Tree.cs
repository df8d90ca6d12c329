namespace Millrace.Training.Boosting;

/// <summary>One regression tree; node 0 is the root, children stand behind their parent.</summary>
internal sealed class Tree
{
    /// <summary>In the order of their making.</summary>
    public List<TreeNode> Nodes { get; } = [];

    /// <summary>Sets the value of a leaf. Values are floats, because the ONNX file that will be served holds floats.</summary>
    public void SetLeaf(int node, double value) => Nodes[node] = Nodes[node] with { Value = (float)value };

    /// <summary>The leaf that a binned training row falls into.</summary>
    public int LeafOf(BinnedMatrix matrix, int row)
    {
        var at = 0;
        while (!Nodes[at].IsLeaf)
        {
            var node = Nodes[at];
            var bin = matrix.Bin(node.Feature, row);
            at = (bin == BinnedMatrix.Missing ? node.DefaultLeft : bin <= node.Bin) ? node.Left : node.Right;
        }

        return at;
    }
}

/// <summary>A split, or a leaf.</summary>
/// <param name="Feature">The prepared feature; -1 in a leaf.</param>
/// <param name="Bin">Rows up to this bin go left.</param>
/// <param name="Threshold">The same as a value: v &lt;= Threshold goes left.</param>
/// <param name="DefaultLeft">Where a missing value goes.</param>
/// <param name="Value">A leaf's addition to the sum, the learning rate included.</param>
/// <param name="Gain">How much a split lowers the loss, in its units.</param>
/// <param name="Cover">Training rows that came here.</param>
internal readonly record struct TreeNode(
    int Feature, int Bin, float Threshold, bool DefaultLeft, int Left, int Right, float Value, double Gain, int Cover)
{
    public bool IsLeaf => Feature < 0;
}
