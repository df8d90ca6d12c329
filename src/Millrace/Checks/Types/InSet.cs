using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks.Types;

/// <summary><c>in_set: {column: c, values: [a, b]}</c>: every value is one of the listed. NULL passes.</summary>
internal sealed class InSet : ICheckType
{
    private static readonly Shape Members = new(
        "in_set check",
        "Every value of a column is one of the listed.",
        new Key("column", KeyKind.Text, "The column.") { IsRequired = true, Example = "season" },
        new Key("values", KeyKind.Texts, "The values allowed.") { IsRequired = true, Example = "[1, 2, 3, 4]" });

    public string Name => "in_set";

    public Key Argument => new(Name, KeyKind.Map, Members.Description) { Shape = Members };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Map(Name) is not { } map || map.Text("column") is not { } column)
            yield break;
        if (map.Texts("values") is { Count: > 0 } values)
            yield return new InSetCheck(argument.Id(column), argument.Effect, argument.File, argument.Line, column, values);
        else if (map.Node("values") is not null)
            map.Report("empty-set", "Check 'in_set' lists no values, so that no value would pass. List at least one.", "values");
    }
}

/// <summary>Values of one column are among the listed; a listed text compares as the column's type reads it.</summary>
internal sealed record InSetCheck(string Id, CheckEffect Effect, string File, int Line, string Column, IReadOnlyList<string> Values) : RowCheck(Id, Effect, File, Line)
{
    public override IReadOnlyList<string> Columns => [Column];

    public override string Rule => $"{Column} is one of {string.Join(", ", Values)}";

    public override IReadOnlyList<string> Texts => Values;

    public override string BreaksSql => $"{SqlName.Quote(Column)} NOT IN ({string.Join(", ", Values.Select(SqlName.Text))})";
}
