using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Checks;

/// <summary>One kind of check that projects can declare.</summary>
public interface ICheckType
{
    /// <summary>The word a project writes, such as <c>not_null</c>.</summary>
    string Name { get; }

    /// <summary>The argument after the word, for reading and for editors: its name is <see cref="Name"/>.</summary>
    Key Argument { get; }

    /// <summary>Reads the argument. What is wrong is reported; what is sound comes back, one check or several.</summary>
    IEnumerable<Check> Read(CheckArgument argument, ICollection<Problem> problems);
}

/// <summary>The argument of one declared check.</summary>
/// <param name="Item">The whole item, read against its shape.</param>
/// <param name="Name">The word of the check.</param>
/// <param name="Label">The id that the author gave, or null.</param>
/// <param name="Effect">What happens when it fails.</param>
public sealed record CheckArgument(Section Item, string Name, string? Label, CheckEffect Effect)
{
    /// <summary>The declaring file.</summary>
    public string File => Item.File;

    /// <summary>The declaring line.</summary>
    public int Line => Item.LineOf(Name);

    /// <summary>The id: the author's, or the word with what it is about.</summary>
    public string Id(string about) => Label ?? $"{Name}({about})";
}
