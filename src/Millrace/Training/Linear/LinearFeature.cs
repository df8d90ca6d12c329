namespace Millrace.Training.Linear;

/// <summary>How one raw feature becomes prepared columns of a linear model; fitted on training rows.</summary>
/// <remarks>
/// A number becomes (x - mean) * (1 / standard deviation), computed in floats; a missing one is imputed by the mean, which is 0 then.
/// Where numbers were missing in training a second column is 1 for a missing value and else 0. A category becomes one column a category
/// (one-hot), a missing one is a category of its own when training had it. A category that training never saw is 0 in all of them, and
/// so are, beyond the 254 most frequent, the rarer ones.
/// </remarks>
internal sealed class LinearFeature
{
    private const int MostCategories = 254;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    private LinearFeature(int column, int start, bool isText) => (Column, Start, IsText) = (column, start, isText);

    /// <summary>The index of the raw feature in the signature.</summary>
    public int Column { get; }

    /// <summary>The index of its first prepared column.</summary>
    public int Start { get; }

    public bool IsText { get; }

    /// <summary>How many prepared columns it has.</summary>
    public int Width => IsText ? Categories.Count : HasMissing ? 2 : 1;

    /// <summary>Of a number: what is subtracted.</summary>
    public float Mean { get; private init; }

    /// <summary>Of a number: what the rest is multiplied with.</summary>
    public float Scale { get; private init; }

    /// <summary>Of a number: whether its second column says that it is missing.</summary>
    public bool HasMissing { get; private init; }

    /// <summary>Of a text, in the order of the columns; the empty text is a missing one.</summary>
    public IReadOnlyList<string> Categories { get; private set; } = [];

    /// <summary>Fits the feature, or returns null with the reason when it does not vary.</summary>
    public static LinearFeature? Fit(int column, int start, FeatureColumn values, ReadOnlySpan<int> rows, List<string> notes) =>
        values.Type == FeatureType.Text ? FitText(column, start, values, rows, notes) : FitNumber(column, start, values, rows, notes);

    /// <summary>The prepared column of a category, or -1.</summary>
    public int Place(string text) => _places.TryGetValue(text, out var place) ? Start + place : -1;

    /// <summary>The prepared value of a number that is not missing.</summary>
    public float Scaled(float x) => (x - Mean) * Scale;

    private static LinearFeature? FitNumber(int column, int start, FeatureColumn values, ReadOnlySpan<int> rows, List<string> notes)
    {
        if (FeatureNotes.Unused(values, rows) is { } reason)
        {
            notes.Add(reason);
            return null;
        }

        var (sum, count) = (0.0, 0);
        foreach (var row in rows)
        {
            var x = values.NumberAt(row);
            if (float.IsNaN(x))
                continue;
            sum += x;
            count++;
        }

        var mean = sum / count;
        var squares = 0.0;
        foreach (var row in rows)
        {
            var x = values.NumberAt(row);
            squares += float.IsNaN(x) ? 0 : (x - mean) * (x - mean);
        }

        // A number that is constant where it is present varies only by being missing.
        var deviation = Math.Sqrt(squares / count);
        return new LinearFeature(column, start, isText: false)
        {
            Mean = (float)mean,
            Scale = deviation > 0 ? (float)Math.Min(1 / deviation, float.MaxValue) : 0,
            HasMissing = count < rows.Length,
        };
    }

    private static LinearFeature? FitText(int column, int start, FeatureColumn values, ReadOnlySpan<int> rows, List<string> notes)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var text = values.TextAt(row);
            seen[text] = seen.GetValueOrDefault(text) + 1;
        }

        if (FeatureNotes.Unused(values.Name, seen.Count, seen.ContainsKey("")) is { } nothing)
        {
            notes.Add(nothing);
            return null;
        }

        var frequent = seen.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Take(MostCategories);
        var kept = frequent.Select(s => s.Key).Order(StringComparer.Ordinal).ToList();
        if (kept.Count < seen.Count)
            notes.Add(FeatureNotes.Folded(values.Name, seen.Count, kept.Count));
        var feature = new LinearFeature(column, start, isText: true) { Categories = kept };
        for (var i = 0; i < kept.Count; i++)
            feature._places[kept[i]] = i;
        return feature;
    }
}
