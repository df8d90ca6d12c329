using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks.Types;

/// <summary><c>expression: casual + registered = cnt</c>: a SQL condition that no row makes false. NULL passes.</summary>
internal sealed class Expression : ICheckType
{
    public string Name => "expression";

    public Key Argument => new(Name, KeyKind.Text, "A SQL condition over the columns that holds for every row.") { Example = "casual + registered = cnt" };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Text(Name) is { } sql)
            yield return new ExpressionCheck(argument.Id(sql), argument.Effect, argument.File, argument.Line, sql);
    }
}

/// <summary>A condition in SQL.</summary>
internal sealed record ExpressionCheck(string Id, CheckEffect Effect, string File, int Line, string Sql) : RowCheck(Id, Effect, File, Line)
{
    public override IReadOnlyList<string> Columns => [];

    public override string Rule => Sql;

    public override string BreaksSql => $"({Sql}) IS FALSE";
}
