using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Lake;

namespace Millrace.Checks.Types;

/// <summary><c>between: {column: c, min: 0, max: 10}</c>: values lie between two bounds, both inclusive; one may be left out. NULL passes; NaN is above every number.</summary>
internal sealed class Between : ICheckType
{
    private static readonly Shape Bounds = new(
        "between check",
        "Values of a column lie between two bounds, both inclusive.",
        new Key("column", KeyKind.Text, "The column.") { IsRequired = true, Example = "rides" },
        new Key("min", KeyKind.Text, "The lowest value allowed: a number, or a date or time as text.") { Example = 0 },
        new Key("max", KeyKind.Text, "The highest value allowed: a number, or a date or time as text.") { Example = 5000 });

    public string Name => "between";

    public Key Argument => new(Name, KeyKind.Map, Bounds.Description) { Shape = Bounds };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Map(Name) is not { } map || map.Text("column") is not { } column)
            yield break;

        var (min, max) = (map.Text("min"), map.Text("max"));
        if (min is null && max is null)
            map.Report("missing-key", "Check 'between' has neither 'min' nor 'max'. Give one or both, for example {column: rides, min: 0}.");
        else if (Number(min) is { } low && Number(max) is { } high && low.CompareTo(high) > 0)
            map.Report("empty-range", $"Check 'between' has min {min} above max {max}: no value would pass.", "min");
        else
            yield return new BetweenCheck(argument.Id(column), argument.Effect, argument.File, argument.Line, column, min, max);
    }

    internal static ExactNumber? Number(string? text) => ExactNumber.Parse(text);
}

/// <summary>Values of one column lie between bounds; a bound that is no number compares as the column's type reads its text.</summary>
internal sealed record BetweenCheck(string Id, CheckEffect Effect, string File, int Line, string Column, string? Min, string? Max) : RowCheck(Id, Effect, File, Line)
{
    public override IReadOnlyList<string> Columns => [Column];

    public override string Rule => (Min, Max) switch
    {
        ({ } min, { } max) => $"{Column} lies between {min} and {max}",
        ({ } min, null) => $"{Column} is at least {min}",
        _ => $"{Column} is at most {Max}",
    };

    public override string BreaksSql => string.Join(
        " OR ",
        new[] { Min is null ? null : $"{SqlName.Quote(Column)} < {Literal(Min)}", Max is null ? null : $"{SqlName.Quote(Column)} > {Literal(Max)}" }.OfType<string>());

    public override IReadOnlyList<string> Texts => [.. new[] { Min, Max }.OfType<string>().Where(b => Between.Number(b) is null)];

    public override bool IsProvedBy(Func<string, ColumnStatistics?> statistics)
    {
        // Bounds are compared as numbers only, digit by digit, since a double has too few for a BIGINT; dates and texts are left to the scan.
        if (statistics(Column) is not { Min: { } least, Max: { } greatest } || Between.Number(least) is not { } low || Between.Number(greatest) is not { } high)
            return false;
        return (Min is null || Between.Number(Min) is { } min && min.CompareTo(low) <= 0)
            && (Max is null || Between.Number(Max) is { } max && high.CompareTo(max) <= 0);
    }

    private static string Literal(string bound) => Between.Number(bound) is not null ? bound : SqlName.Text(bound);
}
