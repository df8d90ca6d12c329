using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>One column that a query gives, and where its values come from.</summary>
/// <param name="Name">The name, as the engine gives it for a column with a name of its own or a plain expression.</param>
/// <param name="Fingerprint">
/// Changes exactly when the expression or something that it reads changed. Of the rows speaks <see cref="QueryAnalysis.Rows"/>.
/// </param>
/// <param name="Sources">
/// The parents' columns from which the value is computed, sorted. Window keys, CASE conditions and aggregate filters are among them.
/// </param>
/// <param name="IsResolved">False when the expression could not be followed: then it counts as reading everything.</param>
public sealed record OutputColumn(string Name, Fingerprint Fingerprint, IReadOnlyList<ColumnRef> Sources, bool IsResolved)
{
    /// <inheritdoc/>
    public bool Equals(OutputColumn? other) => other is not null && Name == other.Name && Fingerprint == other.Fingerprint
        && IsResolved == other.IsResolved && Sources.SequenceEqual(other.Sources);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Fingerprint);
}
