using Millrace.Assets;

namespace Millrace.Sql;

/// <summary>What a query gives and what it reads, column by column.</summary>
/// <remarks>Two analyses with equal fingerprints give equal rows from equal parents, whatever the text looks like.</remarks>
public sealed partial record QueryAnalysis
{
    /// <summary>The columns given, in order. Empty when even their number could not be resolved and nobody named them.</summary>
    public required IReadOnlyList<OutputColumn> Columns { get; init; }

    /// <summary>The fingerprint of everything that can change which rows come out, how often, or which ones a LIMIT keeps.</summary>
    public required Fingerprint Rows { get; init; }

    /// <summary>The parents' columns that decide the rows, sorted: filters, join keys, group keys, and the filters of subqueries.</summary>
    public required IReadOnlyList<ColumnRef> RowSources { get; init; }

    /// <summary>Every parent named by the text, sorted by name, with the columns read of it.</summary>
    public required IReadOnlyList<ReadRelation> Reads { get; init; }

    /// <summary>True when the rows and every column could be followed to the parents.</summary>
    public required bool IsResolved { get; init; }

    /// <summary>The column of this name without regard to case, or null.</summary>
    public OutputColumn? Find(string name) => Columns.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public bool Equals(QueryAnalysis? other) => other is not null && Rows == other.Rows && IsResolved == other.IsResolved
        && Columns.SequenceEqual(other.Columns) && RowSources.SequenceEqual(other.RowSources) && Reads.SequenceEqual(other.Reads);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rows, Columns.Count);
}
