using Millrace.Assets;
using Millrace.Checks;

namespace Millrace.Project;

/// <summary>One step of lineage: a column, or a whole asset, that another is computed from.</summary>
/// <param name="From"><c>asset</c> or <c>asset.column</c> upstream.</param>
/// <param name="To"><c>asset</c> or <c>asset.column</c> downstream.</param>
public sealed record LineageEdge(string From, string To);

/// <summary>Where something comes from and where it goes.</summary>
/// <param name="Title">What was asked.</param>
/// <param name="Upstream">Steps that lead to it, nearest first.</param>
/// <param name="Downstream">Steps that lead away from it, nearest first.</param>
/// <param name="IsResolved">False when some step could only be followed as "everything".</param>
public sealed record LineageView(string Title, IReadOnlyList<LineageEdge> Upstream, IReadOnlyList<LineageEdge> Downstream, bool IsResolved);

/// <summary>Walks lineage through the tables of a project.</summary>
internal static class Lineage
{
    /// <summary>Lineage of an asset, or of one of its columns, to the sources and to the last readers.</summary>
    public static LineageView Of(CompiledProject project, CompiledAsset asset, string? column) => column is null
        ? new LineageView(
            asset.Wanted.Key.Name,
            AssetSteps(asset.Wanted.Key, k => project.Graph.Parents(k), (from, to) => new LineageEdge(to.Name, from.Name)),
            AssetSteps(asset.Wanted.Key, k => project.Graph.Children(k), (from, to) => new LineageEdge(from.Name, to.Name)),
            project.Assets.Values.All(a => a.Lineage?.IsResolved != false))
        : OfColumn(project, (asset.Wanted.Key.Name, column));

    /// <summary>What breaks a check on lineage, in words; empty when it is proved.</summary>
    public static IReadOnlyList<string> Offenders(CompiledProject project, CompiledAsset asset, NotDerivedFromCheck check)
    {
        var forbidden = check.Sources.Select(s => (s.Asset, Column: s.Column.ToLowerInvariant())).ToHashSet();
        var offenders = new List<string>();
        foreach (var column in check.Among.Count > 0 ? check.Among : [.. asset.Wanted.Schema.Names])
        {
            var isResolved = true;
            var path = Path(project, (asset.Wanted.Key.Name, column), forbidden, [], ref isResolved);
            if (path is not null)
                offenders.Add($"{column} derives from it: {string.Join(" <- ", path.Select(p => $"{p.Asset}.{p.Column}"))}");
            else if (!isResolved)
                offenders.Add($"the lineage of {column} cannot be resolved, which is no proof");
        }

        return offenders;
    }

    private static LineageView OfColumn(CompiledProject project, (string Asset, string Column) start)
    {
        var isResolved = true;
        var upstream = new List<LineageEdge>();
        var seen = new HashSet<(string, string)> { start };
        var queue = new Queue<(string Asset, string Column)>([start]);
        while (queue.TryDequeue(out var at))
        {
            foreach (var source in Sources(project, at, ref isResolved))
            {
                upstream.Add(new LineageEdge($"{source.Asset}.{source.Column}", $"{at.Asset}.{at.Column}"));
                if (seen.Add(source))
                    queue.Enqueue(source);
            }
        }

        var downstream = new List<LineageEdge>();
        queue = new Queue<(string Asset, string Column)>([start]);
        seen = [start];
        while (queue.TryDequeue(out var at))
        {
            foreach (var child in project.Graph.Children(project.Find(at.Asset)!.Wanted.Key).Select(k => project.Assets[k]))
            {
                foreach (var column in child.Wanted.Schema.Names)
                {
                    (string Asset, string Column) to = (child.Wanted.Key.Name, column);
                    if (!Sources(project, to, ref isResolved).Any(s => s.Asset == at.Asset && s.Column.Equals(at.Column, StringComparison.OrdinalIgnoreCase)))
                        continue;
                    downstream.Add(new LineageEdge($"{at.Asset}.{at.Column}", $"{to.Asset}.{to.Column}"));
                    if (seen.Add(to))
                        queue.Enqueue(to);
                }
            }
        }

        return new LineageView($"{start.Asset}.{start.Column}", upstream, downstream, isResolved);
    }

    private static List<(string Asset, string Column)>? Path(
        CompiledProject project, (string Asset, string Column) at, HashSet<(string, string)> forbidden, HashSet<(string, string)> seen, ref bool isResolved)
    {
        if (!seen.Add((at.Asset, at.Column.ToLowerInvariant())))
            return null;
        foreach (var source in Sources(project, at, ref isResolved))
        {
            if (forbidden.Contains((source.Asset, source.Column.ToLowerInvariant())))
                return [at, source];
            if (Path(project, source, forbidden, seen, ref isResolved) is { } rest)
                return [at, .. rest];
        }

        return null;
    }

    private static IReadOnlyList<(string Asset, string Column)> Sources(CompiledProject project, (string Asset, string Column) at, ref bool isResolved)
    {
        if (project.Find(at.Asset)?.Lineage is not { } lineage || lineage.Find(at.Column) is not { } column)
            return [];
        isResolved &= column.IsResolved;
        return [.. column.Sources.Select(s => (s.Relation, s.Column))];
    }

    private static List<LineageEdge> AssetSteps(AssetKey start, Func<AssetKey, IReadOnlyList<AssetKey>> next, Func<AssetKey, AssetKey, LineageEdge> edge)
    {
        var steps = new List<LineageEdge>();
        var seen = new HashSet<AssetKey> { start };
        var queue = new Queue<AssetKey>([start]);
        while (queue.TryDequeue(out var at))
        {
            foreach (var other in next(at))
            {
                steps.Add(edge(at, other));
                if (seen.Add(other))
                    queue.Enqueue(other);
            }
        }

        return steps;
    }
}
