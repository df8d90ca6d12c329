namespace Millrace.Sql;

/// <summary>A parent, and which of its columns a query reads at all: for values, for rows or for order.</summary>
/// <param name="Relation">The parent's name.</param>
/// <param name="Columns">The columns read, sorted; empty where only the rows count, as in <c>count(*)</c>.</param>
/// <param name="IsAll">True when the reading could not be resolved: every column counts as read, later ones too.</param>
public sealed record ReadRelation(string Relation, IReadOnlyList<string> Columns, bool IsAll)
{
    /// <inheritdoc/>
    public bool Equals(ReadRelation? other) =>
        other is not null && Relation == other.Relation && IsAll == other.IsAll && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Relation, IsAll, Columns.Count);
}
