using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Lake;

namespace Millrace.Checks.Types;

/// <summary><c>not_null: [a, b]</c>: every named column is never NULL. One check a column.</summary>
internal sealed class NotNull : ICheckType
{
    public string Name => "not_null";

    public Key Argument => new(Name, KeyKind.Texts, "Columns that are never NULL.") { Example = "[hour, rides]" };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems) =>
        argument.Item.Texts(Name).Select(c => new NotNullCheck(argument.Id(c), argument.Effect, argument.File, argument.Line, c));
}

/// <summary>One column is never NULL.</summary>
internal sealed record NotNullCheck(string Id, CheckEffect Effect, string File, int Line, string Column) : RowCheck(Id, Effect, File, Line)
{
    public override IReadOnlyList<string> Columns => [Column];

    public override string Rule => $"{Column} is never NULL";

    public override string BreaksSql => $"{SqlName.Quote(Column)} IS NULL";

    public override bool IsProvedBy(Func<string, ColumnStatistics?> statistics) => statistics(Column)?.NullCount == 0;
}
