namespace Millrace.Sql;

/// <summary>What changed from one analysis of an asset's query to the next.</summary>
/// <param name="Added">Names of columns that only the new query gives, in its order.</param>
/// <param name="Removed">Names of columns that only the old query gives, in its order.</param>
/// <param name="Changed">Names of columns that both give, with another fingerprint, in the new query's order.</param>
/// <param name="RowsChanged">True when other rows can come out: then every column counts as changed for whoever reads it.</param>
public sealed record QueryChange(
    IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Changed, bool RowsChanged)
{
    /// <summary>True when nothing that a reader could notice changed.</summary>
    public bool IsNone => Added.Count == 0 && Removed.Count == 0 && Changed.Count == 0 && !RowsChanged;

    /// <summary>True when columns were added and nothing else: no reader of the old columns is touched.</summary>
    public bool IsOnlyAddition => Added.Count > 0 && Removed.Count == 0 && Changed.Count == 0 && !RowsChanged;

    /// <summary>Compares two analyses by their columns' names, without regard to case, and by their fingerprints.</summary>
    /// <remarks>A renamed column counts as one removed and one added: its readers name it.</remarks>
    public static QueryChange Compare(QueryAnalysis old, QueryAnalysis @new) => new(
        [.. @new.Columns.Where(c => old.Find(c.Name) is null).Select(c => c.Name)],
        [.. old.Columns.Where(c => @new.Find(c.Name) is null).Select(c => c.Name)],
        [.. @new.Columns.Where(c => old.Find(c.Name) is { } before && before.Fingerprint != c.Fingerprint).Select(c => c.Name)],
        old.Rows != @new.Rows);

    /// <summary>Whether a query that reads these columns of the asset is touched by the change.</summary>
    /// <param name="read">How the reader reads the changed asset.</param>
    public bool Touches(ReadRelation read) => RowsChanged
        || (read.IsAll && !IsNone)
        || Changed.Concat(Removed).Any(c => read.Columns.Contains(c, StringComparer.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public bool Equals(QueryChange? other) => other is not null && RowsChanged == other.RowsChanged
        && Added.SequenceEqual(other.Added) && Removed.SequenceEqual(other.Removed) && Changed.SequenceEqual(other.Changed);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Added.Count, Removed.Count, Changed.Count, RowsChanged);
}
