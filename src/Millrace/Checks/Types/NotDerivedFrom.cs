using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks.Types;

/// <summary>
/// <c>not_derived_from: {columns: [a], sources: [rides.casual]}</c>: proves by column lineage that no value of the columns (default: all) is
/// computed from the sources, through however many tables. Lineage that cannot be resolved is no proof, and fails.
/// </summary>
internal sealed class NotDerivedFrom : ICheckType
{
    private static readonly Shape Lineage = new(
        "not_derived_from check",
        "No value of the columns is computed from the sources, through however many tables.",
        new Key("columns", KeyKind.Texts, "The columns of this asset that must not derive; all when left out.") { Example = "[rides_lag_24h]" },
        new Key("sources", KeyKind.Texts, "Columns upstream, as asset.column.") { IsRequired = true, Example = "[rides.casual, rides.registered]" });

    public string Name => "not_derived_from";

    public Key Argument => new(Name, KeyKind.Map, Lineage.Description) { Shape = Lineage };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Map(Name) is not { } map)
            yield break;
        if (argument.Effect == CheckEffect.Quarantine)
        {
            argument.Item.Report("no-rows-to-quarantine", "Check 'not_derived_from' looks at lineage and has no rows to quarantine. Use on_fail: warn or block.", "on_fail");
            yield break;
        }

        var sources = new List<(string Asset, string Column)>();
        foreach (var source in map.Texts("sources"))
        {
            var dot = source.LastIndexOf('.');
            if (dot > 0 && dot < source.Length - 1)
                sources.Add((source[..dot], source[(dot + 1)..]));
            else
                map.Report("bad-reference", $"'{source}' names no column. Write asset.column, for example rides.casual.", "sources");
        }

        if (sources.Count > 0)
        {
            yield return new NotDerivedFromCheck(
                argument.Id(string.Join(", ", sources.Select(s => $"{s.Asset}.{s.Column}"))), argument.Effect, argument.File, argument.Line, map.Texts("columns"), sources);
        }
    }
}
