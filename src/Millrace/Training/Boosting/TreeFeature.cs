namespace Millrace.Training.Boosting;

/// <summary>How one raw feature becomes a number that trees split on; fitted on training rows.</summary>
/// <remarks>
/// Numbers, whole numbers and flags are taken as they are, NaN stays NaN. A category becomes its rank by the mean label of its training
/// rows, the mean pulled to that of all rows by ten rows' weight, so that one threshold parts categories of low and high label. A
/// missing category, one that training never saw and, beyond the 254 most frequent, every rarer one are NaN: the tree sends them where
/// it learned to send missing values, or with most rows.
/// </remarks>
internal sealed class TreeFeature
{
    private const int MostCategories = 254;
    private const double PriorRows = 10;

    private readonly Dictionary<string, float> _ranks;

    private TreeFeature(int column, IReadOnlyList<string> categories)
    {
        Column = column;
        Categories = categories;
        _ranks = categories.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => (float)p.i, StringComparer.Ordinal);
    }

    /// <summary>The index of the raw feature in the signature.</summary>
    public int Column { get; }

    /// <summary>The categories by rank; empty for numbers.</summary>
    public IReadOnlyList<string> Categories { get; }

    /// <summary>Fits the feature, or returns null with the reason when it has nothing to split on.</summary>
    public static TreeFeature? Fit(
        int column, FeatureColumn values, ReadOnlySpan<int> rows, ReadOnlySpan<double> labels, List<string> notes)
    {
        if (values.Type != FeatureType.Text)
        {
            if (FeatureNotes.Unused(values, rows) is not { } reason)
                return new TreeFeature(column, []);
            notes.Add(reason);
            return null;
        }

        var seen = new Dictionary<string, (int Rows, double Sum)>(StringComparer.Ordinal);
        var all = 0.0;
        for (var i = 0; i < rows.Length; i++)
        {
            var text = values.TextAt(rows[i]);
            var (count, sum) = seen.GetValueOrDefault(text);
            seen[text] = (count + 1, sum + labels[i]);
            all += labels[i];
        }

        if (FeatureNotes.Unused(values.Name, seen.Count, seen.ContainsKey("")) is { } nothing)
        {
            notes.Add(nothing);
            return null;
        }

        seen.Remove("");
        var kept = seen.OrderByDescending(s => s.Value.Rows).ThenBy(s => s.Key, StringComparer.Ordinal).Take(MostCategories).ToList();
        if (kept.Count < seen.Count)
            notes.Add(FeatureNotes.Folded(values.Name, seen.Count, kept.Count));
        var mean = all / rows.Length;
        double Rank((int Rows, double Sum) s) => (s.Sum + (PriorRows * mean)) / (s.Rows + PriorRows);
        var ranked = kept.OrderBy(s => Rank(s.Value)).ThenBy(s => s.Key, StringComparer.Ordinal);
        return new TreeFeature(column, [.. ranked.Select(s => s.Key)]);
    }

    /// <summary>The prepared values of some rows.</summary>
    public void Fill(FeatureColumn values, ReadOnlySpan<int> rows, Span<float> prepared)
    {
        for (var i = 0; i < rows.Length; i++)
            prepared[i] = At(values, rows[i]);
    }

    public float At(FeatureColumn values, int row) => values.Type != FeatureType.Text ? values.NumberAt(row)
        : _ranks.TryGetValue(values.TextAt(row), out var rank) ? rank : float.NaN;
}
