using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Project;

/// <summary>Reads which assets are meant: <c>hourly</c>, <c>+hourly</c> (with all it stands on), <c>hourly+</c> (with all that stands on it).</summary>
/// <remarks>
/// Numbers limit the depth (<c>1+hourly+2</c>); <c>*</c> and <c>?</c> stand for letters; <c>source:rides</c> names a kind. A space joins, a comma
/// takes what both sides have.
/// </remarks>
public static partial class AssetSelector
{
    /// <summary>The assets that a text selects.</summary>
    /// <exception cref="EngineException">A part selects nothing.</exception>
    public static IReadOnlySet<AssetKey> Select(Graph graph, string text)
    {
        var selected = new HashSet<AssetKey>();
        foreach (var part in text.Split([' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            selected.UnionWith(part.Split(',').Select(p => One(graph, p)).Aggregate((a, b) => [.. a.Intersect(b)]));
        return selected.Count > 0 ? selected : throw new EngineException($"'{text}' selects no asset. Assets are: {Names(graph)}.") { IsMistake = true };
    }

    private static HashSet<AssetKey> One(Graph graph, string part)
    {
        var match = Form().Match(part);
        if (!match.Success)
            throw new EngineException($"'{part}' is no selection. Write a name with optional +, such as hourly, +hourly, hourly+ or 1+hourly.") { IsMistake = true };

        var kind = match.Groups["kind"].Value;
        var name = match.Groups["name"].Value;
        var pattern = new Regex("^" + Regex.Escape(name).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant);
        var hits = graph.Order.Where(k => pattern.IsMatch(k.Name) && (kind.Length == 0 || k.Kind.Word() == kind)).ToHashSet();
        if (hits.Count == 0)
            throw new EngineException($"'{part}' selects no asset.{Suggestion.Sentence(name, graph.Order.Select(k => k.Name))} Assets are: {Names(graph)}.") { IsMistake = true };

        var result = new HashSet<AssetKey>(hits);
        if (match.Groups["up"].Success)
            result.UnionWith(hits.SelectMany(k => graph.Ancestors(k, Depth(match.Groups["updepth"].Value))));
        if (match.Groups["down"].Success)
            result.UnionWith(hits.SelectMany(k => graph.Descendants(k, Depth(match.Groups["downdepth"].Value))));
        return result;
    }

    private static int Depth(string text) => text.Length == 0 ? int.MaxValue : int.Parse(text, CultureInfo.InvariantCulture);

    private static string Names(Graph graph) => string.Join(", ", graph.Order.Select(k => k.Name));

    [GeneratedRegex(@"^(?<up>(?<updepth>\d{0,4})\+)?((?<kind>[a-z]+):)?(?<name>[a-z0-9_.*?]+)(?<down>\+(?<downdepth>\d{0,4}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
