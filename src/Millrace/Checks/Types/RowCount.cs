using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks.Types;

/// <summary><c>row_count: {min: 1, max: 1000}</c>: the rows of the table after the commit, both bounds inclusive; one may be left out.</summary>
internal sealed class RowCount : ICheckType
{
    private static readonly Shape Bounds = new(
        "row_count check",
        "The number of rows of the table lies between two bounds, both inclusive.",
        new Key("min", KeyKind.Integer, "The least number of rows.") { Minimum = 0, Example = 1 },
        new Key("max", KeyKind.Integer, "The greatest number of rows.") { Minimum = 0, Example = 100000 });

    public string Name => "row_count";

    public Key Argument => new(Name, KeyKind.Map, Bounds.Description) { Shape = Bounds };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Map(Name) is not { } map)
            yield break;

        var (min, max) = (map.Integer("min"), map.Integer("max"));
        if (min is null && max is null)
            map.Report("missing-key", "Check 'row_count' has neither 'min' nor 'max'. Give one or both, for example {min: 1}.");
        else if (min > max)
            map.Report("empty-range", FormattableString.Invariant($"Check 'row_count' has min {min} above max {max}: no table would pass."), "min");
        else if (argument.Effect == CheckEffect.Quarantine)
            argument.Item.Report("no-rows-to-quarantine", "Check 'row_count' looks at the whole table and has no rows to quarantine. Use on_fail: warn or block.", "on_fail");
        else
            yield return new RowCountCheck(argument.Label ?? Name, argument.Effect, argument.File, argument.Line, min, max);
    }
}
