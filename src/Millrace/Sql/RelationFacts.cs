using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>What a parent offers to the queries that read it.</summary>
/// <param name="Name">The name that SQL uses: <c>name</c> or <c>schema.name</c>, lower case.</param>
/// <param name="Rows">The fingerprint of what decides which rows there are.</param>
/// <param name="Columns">The columns in order; names are unique without regard to case.</param>
public sealed record RelationFacts(string Name, Fingerprint Rows, IReadOnlyList<ColumnFacts> Columns)
{
    private Dictionary<string, int>? _positions;
    private Fingerprint? _all;

    /// <summary>A copy to be changed with <c>with</c>, which must not take over what was computed from the old facts.</summary>
    private RelationFacts(RelationFacts original) => (Name, Rows, Columns) = (original.Name, original.Rows, original.Columns);

    /// <summary>The fingerprint of all facts together, names and types included: what an unresolved reader depends on.</summary>
    public Fingerprint All => _all ??= Fingerprint.Of(
        [Name, Rows.Text, .. Columns.SelectMany(c => new[] { c.Name, c.Type.Sql, c.Fingerprint.Text })]);

    /// <summary>The position of a column without regard to case, or -1.</summary>
    internal int Find(string name)
    {
        if (_positions is not { } positions)
        {
            positions = new Dictionary<string, int>(Columns.Count, StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < Columns.Count; i++)
                positions.TryAdd(Columns[i].Name, i);
            _positions = positions;
        }

        return positions.GetValueOrDefault(name, -1);
    }

    /// <inheritdoc/>
    public bool Equals(RelationFacts? other) =>
        other is not null && Name == other.Name && Rows == other.Rows && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Rows, Columns.Count);
}
