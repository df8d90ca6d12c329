using Millrace.Assets;

namespace Millrace.Sql.Lineage;

/// <summary>One column of a relation while a query is walked: the hash of its value, and what it is computed from.</summary>
internal sealed class Cell(string name)
{
    public string Name { get; } = name;

    public required UInt128 Hash { get; init; }

    /// <summary>What the value is computed from.</summary>
    public SourceSet Values { get; init; } = SourceSet.Empty;

    /// <summary>What decides the rows of subqueries inside the expression.</summary>
    public SourceSet Indirect { get; init; } = SourceSet.Empty;

    public bool IsUnresolved { get; init; }

    /// <summary>The type, where it is known for certain.</summary>
    public DataType? Type { get; init; }

    /// <summary>True when the value is certainly a list.</summary>
    public bool IsList { get; init; }

    public Cell Renamed(string name) => name == Name ? this : With(name, Hash);

    public Cell With(string name, UInt128 hash) => new(name)
    {
        Hash = hash, Values = Values, Indirect = Indirect, IsUnresolved = IsUnresolved, Type = Type, IsList = IsList,
    };
}
