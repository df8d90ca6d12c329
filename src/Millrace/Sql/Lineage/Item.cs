namespace Millrace.Sql.Lineage;

/// <summary>One entry of a select list, walked.</summary>
internal sealed class Item
{
    public required Cell Cell { get; init; }

    /// <summary>The name after AS; empty when there is none.</summary>
    public string Alias { get; init; } = "";

    /// <summary>True for a plain reference to a column.</summary>
    public bool IsColumn { get; init; }

    public bool HasAggregate { get; init; }

    public bool HasUnnest { get; init; }

    /// <summary>Where a plain reference of this scope points, so that an alias of it hashes as the reference does.</summary>
    public Place? Place { get; init; }
}

/// <summary>A column among the relations of a scope.</summary>
internal readonly record struct Place(int Relation, Cell Cell);
