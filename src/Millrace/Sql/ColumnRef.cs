namespace Millrace.Sql;

/// <summary>A column of a parent relation: <c>sales.orders</c> and <c>amount</c>.</summary>
public readonly record struct ColumnRef(string Relation, string Column) : IComparable<ColumnRef>
{
    /// <inheritdoc/>
    public int CompareTo(ColumnRef other)
    {
        var byRelation = string.CompareOrdinal(Relation, other.Relation);
        return byRelation != 0 ? byRelation : string.CompareOrdinal(Column, other.Column);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Relation}.{Column}";
}
