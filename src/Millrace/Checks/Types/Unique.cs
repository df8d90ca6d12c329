using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks.Types;

/// <summary><c>unique: [a, b]</c>: no two rows of the table have the same values in these columns together. Rows with a NULL among them never count.</summary>
internal sealed class Unique : ICheckType
{
    public string Name => "unique";

    public Key Argument => new(Name, KeyKind.Texts, "Columns that together are different in every row.") { Example = "hour" };

    public IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems)
    {
        if (argument.Item.Texts(Name) is { Count: > 0 } key)
            yield return new UniqueCheck(argument.Id(string.Join(", ", key)), argument.Effect, argument.File, argument.Line, key);
    }
}
