namespace Millrace.Assets;

/// <summary>Which asset reads which: a directed graph without cycles, in one fixed order.</summary>
public sealed class Graph
{
    private readonly Dictionary<AssetKey, IReadOnlyList<AssetKey>> _parents;
    private readonly Dictionary<AssetKey, List<AssetKey>> _children = [];

    private Graph(Dictionary<AssetKey, IReadOnlyList<AssetKey>> parents, IReadOnlyList<AssetKey> order)
    {
        _parents = parents;
        Order = order;
        foreach (var key in order)
        {
            _children.TryAdd(key, []);
            foreach (var parent in parents[key])
                _children[parent].Add(key);
        }
    }

    /// <summary>Every asset, parents before children; among those that could come next the smallest key comes first.</summary>
    public IReadOnlyList<AssetKey> Order { get; }

    /// <summary>Builds the graph from each asset's parents. Parents that are no assets of the graph are left out.</summary>
    /// <param name="parents">The parents of every asset.</param>
    /// <param name="cycle">When false is returned: one cycle, first asset repeated at the end. Otherwise empty.</param>
    /// <param name="graph">The graph when true is returned.</param>
    public static bool TryCreate(IReadOnlyDictionary<AssetKey, IReadOnlyList<AssetKey>> parents, out Graph graph, out IReadOnlyList<AssetKey> cycle)
    {
        var known = parents.ToDictionary(p => p.Key, p => (IReadOnlyList<AssetKey>)[.. p.Value.Where(parents.ContainsKey).Distinct().Order()]);
        var waiting = known.ToDictionary(p => p.Key, p => p.Value.Count);
        var children = known.Keys.ToDictionary(k => k, _ => new List<AssetKey>());
        foreach (var (key, list) in known)
        {
            foreach (var parent in list)
                children[parent].Add(key);
        }

        var ready = new SortedSet<AssetKey>(waiting.Where(w => w.Value == 0).Select(w => w.Key));
        var order = new List<AssetKey>(known.Count);
        while (ready.Count > 0)
        {
            var next = ready.Min;
            ready.Remove(next);
            order.Add(next);
            foreach (var child in children[next])
            {
                if (--waiting[child] == 0)
                    ready.Add(child);
            }
        }

        if (order.Count < known.Count)
        {
            cycle = FindCycle(known, waiting.Where(w => w.Value > 0).Select(w => w.Key).Min());
            graph = null!;
            return false;
        }

        cycle = [];
        graph = new Graph(known, order);
        return true;
    }

    /// <summary>The assets that this one reads.</summary>
    public IReadOnlyList<AssetKey> Parents(AssetKey key) => _parents[key];

    /// <summary>The assets that read this one.</summary>
    public IReadOnlyList<AssetKey> Children(AssetKey key) => _children[key];

    /// <summary>All that this asset stands on, without itself, up to a depth.</summary>
    public IReadOnlySet<AssetKey> Ancestors(AssetKey key, int depth = int.MaxValue) => Reach(key, k => _parents[k], depth);

    /// <summary>All that stands on this asset, without itself, up to a depth.</summary>
    public IReadOnlySet<AssetKey> Descendants(AssetKey key, int depth = int.MaxValue) => Reach(key, k => _children[k], depth);

    private static HashSet<AssetKey> Reach(AssetKey from, Func<AssetKey, IReadOnlyList<AssetKey>> next, int depth)
    {
        var seen = new HashSet<AssetKey>();
        IReadOnlyList<AssetKey> border = [from];
        for (var step = 0; step < depth && border.Count > 0; step++)
            border = [.. border.SelectMany(next).Where(seen.Add)];
        return seen;
    }

    private static List<AssetKey> FindCycle(Dictionary<AssetKey, IReadOnlyList<AssetKey>> parents, AssetKey start)
    {
        // Walking to parents from a node that Kahn's algorithm left over must come back to a node of the walk.
        var left = new HashSet<AssetKey>();
        var path = new List<AssetKey>();
        bool Walk(AssetKey key)
        {
            var at = path.IndexOf(key);
            if (at >= 0)
            {
                path.RemoveRange(0, at);
                path.Add(key);
                return true;
            }

            if (!left.Add(key))
                return false;
            path.Add(key);
            if (parents[key].Any(Walk))
                return true;
            path.RemoveAt(path.Count - 1);
            return false;
        }

        foreach (var key in parents.Keys.Order().Prepend(start))
        {
            if (Walk(key))
                break;
        }

        path.Reverse();
        return path;
    }
}
