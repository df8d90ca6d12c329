namespace Millrace.Scoring.Trees;

/// <summary>All trees of a model in one array of nodes, walked over rows of prepared features.</summary>
/// <remarks>
/// v &lt;= threshold goes one way and anything else the other; NaN goes where its node says. A row's answer is the sum of its leaves in
/// float, tree by tree from 0, and the base added last: the order of the engine when it computes with one thread, so the bits are the
/// same. Nodes of a tree stand level by level and two children side by side, so that a step is a comparison and an addition, without a
/// jump that the processor would have to guess; four walks go on at once, because each alone would wait for memory at every step.
/// </remarks>
internal sealed class TreeEnsemble
{
    /// <summary>Every tree adds less than this in all, so that no sum is infinite or NaN.</summary>
    private const double MostSum = 1e38;

    private readonly Node[] _nodes;
    private readonly int[] _roots;
    private readonly float _base;

    private TreeEnsemble(Node[] nodes, int[] roots, float @base, int features)
    {
        (_nodes, _roots, _base, Features) = (nodes, roots, @base, features);
    }

    /// <summary>How many features a row has.</summary>
    public int Features { get; }

    /// <summary>How many floats a row takes when it is prepared: NaN, then each feature twice, see <see cref="Prepare"/>.</summary>
    public int Stride => 1 + (2 * Features);

    /// <summary>Reads the trees from the attributes of the operator.</summary>
    /// <param name="features">How many features the operator is given.</param>
    /// <exception cref="FormatException">The operator does what is not done here, or its nodes are no trees.</exception>
    public static TreeEnsemble Read(ReadOnlySpan<byte> file, GraphNode node, int features)
    {
        node.AllowAttributes(
            "n_targets", "aggregate_function", "post_transform", "base_values", "nodes_treeids", "nodes_nodeids", "nodes_featureids",
            "nodes_modes", "nodes_values", "nodes_hitrates", "nodes_truenodeids", "nodes_falsenodeids", "nodes_missing_value_tracks_true",
            "target_treeids", "target_nodeids", "target_ids", "target_weights");
        Refuse(node.Get("n_targets").Int != 1, "several targets");
        Refuse(node.Find("aggregate_function") is { } sum && !Is(file, sum.Text, "SUM"u8), "an aggregate function other than SUM");
        Refuse(node.Find("post_transform") is { } link && !Is(file, link.Text, "NONE"u8), "a transform of its sum");
        var bases = node.Find("base_values")?.Floats ?? [0];
        Refuse(bases.Count != 1 || !float.IsFinite(bases[0]), "base values that are not one number");
        return new TreeReader(file, node, features).Read(bases[0]);
    }

    /// <summary>Writes a value where the nodes that send a missing one to the false side look, and beside it where the others do.</summary>
    /// <param name="row">The row's <see cref="Stride"/> floats.</param>
    public static void Prepare(Span<float> row, int feature, float value)
    {
        row[1 + (2 * feature)] = value;
        row[2 + (2 * feature)] = float.IsNaN(value) ? float.NegativeInfinity : value;
    }

    /// <summary>Sums one row.</summary>
    public float Sum(ReadOnlySpan<float> row)
    {
        var nodes = _nodes.AsSpan();
        var roots = _roots.AsSpan();
        var sum = 0f;
        while (roots.Length >= 4)
        {
            var (a, b, c, d) = (roots[0], roots[1], roots[2], roots[3]);
            for (var moved = true; moved;)
            {
                var (a2, b2, c2, d2) = (Step(nodes, a, row), Step(nodes, b, row), Step(nodes, c, row), Step(nodes, d, row));
                moved = ((a ^ a2) | (b ^ b2) | (c ^ c2) | (d ^ d2)) != 0;
                (a, b, c, d) = (a2, b2, c2, d2);
            }

            sum += nodes[a].Value;
            sum += nodes[b].Value;
            sum += nodes[c].Value;
            sum += nodes[d].Value;
            roots = roots[4..];
        }

        foreach (var root in roots)
            sum += Leaf(nodes, root, row);
        return sum + _base;
    }

    /// <summary>Sums many rows.</summary>
    /// <param name="rows">Each row's <see cref="Stride"/> floats, one row behind the other.</param>
    /// <param name="sums">One a row.</param>
    public void Sum(ReadOnlySpan<float> rows, Span<float> sums)
    {
        var nodes = _nodes.AsSpan();
        sums.Clear();
        foreach (var root in _roots)
        {
            var rest = rows;
            var row = 0;
            for (; row + 4 <= sums.Length; row += 4)
            {
                var first = rest[..Stride];
                var second = rest.Slice(Stride, Stride);
                var third = rest.Slice(2 * Stride, Stride);
                var fourth = rest.Slice(3 * Stride, Stride);
                var (a, b, c, d) = (root, root, root, root);
                for (var moved = true; moved;)
                {
                    var (a2, b2, c2, d2) = (Step(nodes, a, first), Step(nodes, b, second), Step(nodes, c, third), Step(nodes, d, fourth));
                    moved = ((a ^ a2) | (b ^ b2) | (c ^ c2) | (d ^ d2)) != 0;
                    (a, b, c, d) = (a2, b2, c2, d2);
                }

                sums[row] += nodes[a].Value;
                sums[row + 1] += nodes[b].Value;
                sums[row + 2] += nodes[c].Value;
                sums[row + 3] += nodes[d].Value;
                rest = rest[(4 * Stride)..];
            }

            for (; row < sums.Length; row++, rest = rest[Stride..])
                sums[row] += Leaf(nodes, root, rest[..Stride]);
        }

        foreach (ref var sum in sums)
            sum += _base;
    }

    private static float Leaf(ReadOnlySpan<Node> nodes, int at, ReadOnlySpan<float> row)
    {
        for (var next = Step(nodes, at, row); next != at; next = Step(nodes, at, row))
            at = next;
        return nodes[at].Value;
    }

    /// <summary>The child that a row goes to. A leaf leads to itself.</summary>
    private static int Step(ReadOnlySpan<Node> nodes, int at, ReadOnlySpan<float> row)
    {
        ref readonly var node = ref nodes[at];
        return node.Children + (row[node.Slot] <= node.Value ? 1 : 0);
    }

    private static void Refuse(bool isSo, string what)
    {
        if (isSo)
            throw new FormatException($"The trees have {what}.");
    }

    private static bool Is(ReadOnlySpan<byte> file, Part text, ReadOnlySpan<byte> word) =>
        file.Slice(text.Start, text.Length).SequenceEqual(word);

    /// <param name="Value">A split's threshold, a leaf's addition.</param>
    /// <param name="Slot">Which float of a prepared row is compared. In a leaf 0, where NaN stands, which never is less or equal.</param>
    /// <param name="Children">The child for false; that for true stands behind it. In a leaf the leaf.</param>
    private readonly record struct Node(float Value, int Slot, int Children);

    /// <summary>Turns the lists of the operator into nodes, and refuses whatever is not a forest.</summary>
    private readonly ref struct TreeReader(ReadOnlySpan<byte> file, GraphNode node, int features)
    {
        private readonly ReadOnlySpan<byte> _file = file;
        private readonly List<long> _trees = node.Get("nodes_treeids").Ints;
        private readonly List<long> _ids = node.Get("nodes_nodeids").Ints;
        private readonly List<long> _features = node.Get("nodes_featureids").Ints;
        private readonly List<Part> _modes = node.Get("nodes_modes").Texts;
        private readonly List<float> _values = node.Get("nodes_values").Floats;
        private readonly List<long> _true = node.Get("nodes_truenodeids").Ints;
        private readonly List<long> _false = node.Get("nodes_falsenodeids").Ints;
        private readonly List<long>? _missing = node.Find("nodes_missing_value_tracks_true")?.Ints;
        private readonly Dictionary<(long Tree, long Node), float> _leaves = Leaves(node);
        private readonly int _width = features;

        public TreeEnsemble Read(float @base)
        {
            var count = _trees.Count;
            Refuse(count == 0 || _ids.Count != count || _features.Count != count || _modes.Count != count || _values.Count != count
                || _true.Count != count || _false.Count != count || (_missing is { } m && m.Count != count), "lists of different lengths");
            var (nodes, roots, seen, places) = (new Node[count], new List<int>(), new HashSet<long>(), new Dictionary<long, int>());
            var (order, leaves, most) = (new int[count], 0, Math.Abs((double)@base));
            for (int from = 0, to; from < count; from = to)
            {
                places.Clear();
                for (to = from; to < count && _trees[to] == _trees[from]; to++)
                    Refuse(!places.TryAdd(_ids[to], to), "two nodes of one id");
                Refuse(_trees[from] < 0 || !seen.Add(_trees[from]), "nodes that do not stand together");
                roots.Add(from);
                most += Lay(nodes, order.AsSpan(from, to - from), from, places, ref leaves);
            }

            Refuse(leaves != _leaves.Count, "values at nodes that are no leaves");
            Refuse(!(most < MostSum), "values without bound");
            return new TreeEnsemble(nodes, [.. roots], @base, _width);
        }

        /// <summary>Lays the nodes of one tree out level by level, from its first.</summary>
        /// <param name="order">Which node of the file comes to each place of the tree; room to work in.</param>
        /// <param name="places">Where each id is in the file; a node that was reached is taken out.</param>
        /// <returns>The greatest size of a leaf.</returns>
        private double Lay(Node[] nodes, Span<int> order, int start, Dictionary<long, int> places, ref int leaves)
        {
            var (laid, most) = (1, 0.0);
            order[0] = start;
            places.Remove(_ids[start]);
            for (var at = 0; at < laid; at++)
            {
                var n = order[at];
                if (Is(_file, _modes[n], "LEAF"u8))
                {
                    if (!_leaves.TryGetValue((_trees[n], _ids[n]), out var value) || !float.IsFinite(value))
                        throw new FormatException("The trees have a leaf without a finite value.");
                    leaves++;
                    most = Math.Max(most, Math.Abs((double)value));
                    nodes[start + at] = new Node(value, 0, start + at);
                    continue;
                }

                Refuse(!Is(_file, _modes[n], "BRANCH_LEQ"u8), "splits other than BRANCH_LEQ");
                Refuse(_features[n] < 0 || _features[n] >= _width, "a split on a feature that is not given");
                Refuse(float.IsNaN(_values[n]), "a split at NaN");
                if (!places.Remove(_false[n], out var no) || !places.Remove(_true[n], out var yes))
                    throw new FormatException("The trees have a node with a child that is missing or is another node's child too.");
                var missing = _missing?[n] ?? 0;
                Refuse(missing is not (0 or 1), "a side for missing values that is neither 0 nor 1");
                nodes[start + at] = new Node(_values[n], 1 + (2 * (int)_features[n]) + (int)missing, start + laid);
                order[laid++] = no;
                order[laid++] = yes;
            }

            Refuse(laid != order.Length, "nodes that no path leads to");
            return most;
        }

        private static Dictionary<(long Tree, long Node), float> Leaves(GraphNode node)
        {
            var (trees, ids) = (node.Get("target_treeids").Ints, node.Get("target_nodeids").Ints);
            var (targets, weights) = (node.Get("target_ids").Ints, node.Get("target_weights").Floats);
            Refuse(ids.Count != trees.Count || targets.Count != trees.Count || weights.Count != trees.Count, "leaves of different lengths");
            var leaves = new Dictionary<(long, long), float>(trees.Count);
            for (var i = 0; i < trees.Count; i++)
                Refuse(targets[i] != 0 || !leaves.TryAdd((trees[i], ids[i]), weights[i]), "several values in a leaf");
            return leaves;
        }
    }
}
