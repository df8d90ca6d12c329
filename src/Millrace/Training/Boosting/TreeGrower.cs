using System.Runtime.CompilerServices;

namespace Millrace.Training.Boosting;

/// <summary>Grows one tree after another over the same binned rows: leaf by leaf, always the leaf with the greatest gain.</summary>
/// <remarks>
/// Leaf-wise growth with histograms and the sibling by subtraction: Ke et al., LightGBM, 2017. Work runs in parallel over blocks of
/// features; nothing that is summed depends on the number of threads, and choices are made in the order of features, then of leaves' age.
/// </remarks>
internal sealed unsafe class TreeGrower
{
    private const int RowsWorthThreads = 2_000;

    private readonly BinnedMatrix _matrix;
    private readonly GbdtSettings _settings;
    private readonly int _threads;
    private readonly int[] _rows;
    private readonly int[] _right;
    private readonly long[] _pairs;
    private readonly SplitChoice[] _choices;
    private readonly SplitChoice[] _siblingChoices;
    private readonly Stack<Histogram> _free = [];
    private readonly List<Leaf> _leaves = [];

    public TreeGrower(BinnedMatrix matrix, GbdtSettings settings, int threads)
    {
        (_matrix, _settings, _threads) = (matrix, settings, threads);
        _rows = GC.AllocateUninitializedArray<int>(matrix.Rows, pinned: true);
        _right = new int[matrix.Rows];
        _pairs = GC.AllocateUninitializedArray<long>(matrix.Rows, pinned: true);
        _choices = new SplitChoice[matrix.Features];
        _siblingChoices = new SplitChoice[matrix.Features];
    }

    /// <summary>The leaves of the last tree with their rows.</summary>
    public int Leaves => _leaves.Count;

    /// <summary>The node of a leaf in the last tree.</summary>
    public int NodeOf(int leaf) => _leaves[leaf].Node;

    /// <summary>The rows of a leaf, ascending.</summary>
    public ReadOnlySpan<int> RowsOf(int leaf) => _rows.AsSpan(_leaves[leaf].Start, _leaves[leaf].Count);

    /// <summary>Grows a tree.</summary>
    /// <param name="sample">Whether a row takes part; null for all rows.</param>
    /// <param name="isActive">Whether a feature takes part; null for all.</param>
    /// <returns>A single leaf when no split gains anything.</returns>
    public Tree Grow(Gradients gradients, Func<int, bool>? sample, bool[]? isActive, CancellationToken cancellationToken)
    {
        var tree = new Tree();
        var round = new Round(tree, gradients, isActive);
        foreach (var leaf in _leaves)
            Return(leaf);
        _leaves.Clear();
        _leaves.Add(Root(round, sample));
        while (_leaves.Count < _settings.Leaves)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var best = 0;
            for (var i = 1; i < _leaves.Count; i++)
            {
                if (_leaves[i].Best.Gain > _leaves[best].Best.Gain)
                    best = i;
            }

            if (_leaves[best].Best.Feature < 0)
                break;
            Divide(round, best);
        }

        var search = Search(gradients);
        foreach (var leaf in _leaves)
            tree.SetLeaf(leaf.Node, search.Value(leaf.Sums) * _settings.LearningRate);
        return tree;
    }

    private SplitSearch Search(Gradients gradients) =>
        new(_settings, 1 / gradients.GradientScale, 1 / gradients.HessianScale, gradients.CountBits);

    private Leaf Root(Round round, Func<int, bool>? sample)
    {
        var count = 0;
        for (var row = 0; row < _rows.Length; row++)
        {
            _rows[count] = row;
            count += sample is null || sample(row) ? 1 : 0;
        }

        var (g, h) = (0L, 0L);
        for (var i = 0; i < count; i++)
        {
            var pair = round.Gradients.Pairs[_rows[i]];
            g += (int)pair;
            h += ((pair >> 32) << round.Gradients.CountBits) + 1;
        }

        var leaf = new Leaf(0, 0, count, 0, new LeafSums(g, h));
        round.Tree.Nodes.Add(new TreeNode(-1, 0, 0, false, 0, 0, 0, 0, count));
        if (CanSplit(leaf))
            Evaluate(round, leaf, null, Take());
        return leaf;
    }

    private bool CanSplit(Leaf leaf) =>
        leaf.Count >= 2L * _settings.MinData && leaf.Count >= 2 && (_settings.MaxDepth == 0 || leaf.Depth < _settings.MaxDepth);

    private void Divide(Round round, int index)
    {
        var parent = _leaves[index];
        var choice = parent.Best;
        var nodes = round.Tree.Nodes;
        var cuts = _matrix.Cuts[choice.Feature];
        var lefts = Partition(parent, choice);
        var left = new Leaf(nodes.Count, parent.Start, lefts, parent.Depth + 1, choice.Left);
        var right = new Leaf(nodes.Count + 1, parent.Start + lefts, parent.Count - lefts, parent.Depth + 1, choice.Right);
        var threshold = choice.Bin < cuts.Length ? cuts[choice.Bin] : float.MaxValue;
        nodes[parent.Node] = new TreeNode(
            choice.Feature, choice.Bin, threshold, choice.DefaultLeft, left.Node, right.Node, 0, choice.Gain, parent.Count);
        nodes.Add(new TreeNode(-1, 0, 0, false, 0, 0, 0, 0, left.Count));
        nodes.Add(new TreeNode(-1, 0, 0, false, 0, 0, 0, 0, right.Count));
        _leaves[index] = left;
        _leaves.Add(right);

        var isLast = _leaves.Count == _settings.Leaves;
        var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
        if (isLast || (!CanSplit(small) && !CanSplit(large)))
        {
            Return(parent);
            return;
        }

        large.Histogram = parent.Histogram;
        parent.Histogram = null;
        Evaluate(round, small, large, Take());
    }

    /// <summary>Sums the histogram of a leaf, subtracts it from its sibling's, and searches both.</summary>
    /// <param name="large">The sibling with the histogram of the parent; null at the root.</param>
    private void Evaluate(Round round, Leaf small, Leaf? large, Histogram histogram)
    {
        var gradients = round.Gradients;
        var isWhole = small.Count == _matrix.Rows;
        small.Histogram = histogram;
        if (!isWhole)
        {
            for (var i = 0; i < small.Count; i++)
                _pairs[i] = gradients.Pairs[_rows[small.Start + i]];
        }

        var (searchSmall, searchLarge) = (CanSplit(small), large is not null && CanSplit(large));
        Work.For(small.Count < RowsWorthThreads ? 1 : _threads, _matrix.Blocks, block =>
        {
            fixed (int* rows = _rows)
            fixed (long* pairs = isWhole ? gradients.Pairs : _pairs)
                histogram.Sum(_matrix, block, isWhole ? null : rows + small.Start, pairs, small.Count, gradients.CountBits);
            large?.Histogram!.Subtract(histogram, _matrix, block);
            var search = Search(gradients);
            for (var f = block * BinnedMatrix.Width; f < _matrix.EndOf(block); f++)
            {
                var isActive = round.IsActive?[f] ?? true;
                var bins = _matrix.Cuts[f].Length + 1;
                _choices[f] = isActive && searchSmall ? search.Best(histogram.Feature(f), f, bins, small.Sums) : SplitChoice.None;
                _siblingChoices[f] = isActive && searchLarge
                    ? search.Best(large!.Histogram!.Feature(f), f, bins, large.Sums) : SplitChoice.None;
            }
        });
        small.Best = Greatest(_choices);
        if (large is not null)
            large.Best = Greatest(_siblingChoices);
    }

    private static SplitChoice Greatest(SplitChoice[] choices)
    {
        var best = SplitChoice.None;
        foreach (ref readonly var choice in choices.AsSpan())
        {
            if (choice.Gain > best.Gain)
                best = choice;
        }

        return best;
    }

    /// <summary>Moves the rows that go left to the front, both sides in ascending order; returns how many go left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Partition(Leaf leaf, in SplitChoice choice)
    {
        var bins = _matrix.Column(choice.Feature);
        var (lefts, rights) = (0, 0);
        var missing = choice.DefaultLeft ? 0 : BinnedMatrix.Missing;
        var rows = _rows.AsSpan(leaf.Start, leaf.Count);
        fixed (int* from = rows)
        fixed (int* right = _right)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var row = from[i];
                int bin = bins[row];
                bin = bin == BinnedMatrix.Missing ? missing : bin;
                var goesLeft = bin <= choice.Bin ? 1 : 0;
                from[lefts] = row;
                right[rights] = row;
                lefts += goesLeft;
                rights += 1 - goesLeft;
            }
        }

        _right.AsSpan(0, rights).CopyTo(rows[lefts..]);
        return lefts;
    }

    private Histogram Take() => _free.TryPop(out var histogram) ? histogram : new Histogram(_matrix.Blocks);

    private void Return(Leaf leaf)
    {
        if (leaf.Histogram is { } histogram)
            _free.Push(histogram);
        leaf.Histogram = null;
    }

    /// <summary>What stays the same while one tree grows.</summary>
    private sealed record Round(Tree Tree, Gradients Gradients, bool[]? IsActive);

    private sealed class Leaf(int node, int start, int count, int depth, LeafSums sums)
    {
        public int Node => node;

        public int Start => start;

        public int Count => count;

        public int Depth => depth;

        public LeafSums Sums => sums;

        public SplitChoice Best { get; set; } = SplitChoice.None;

        public Histogram? Histogram { get; set; }
    }
}
