namespace Millrace.Training.Linear;

/// <summary>The prepared columns of some rows, sparse: per row the columns that are not always 0.</summary>
internal sealed class Design
{
    /// <summary>The most prepared columns: their products are held as a square matrix.</summary>
    public const int MostColumns = 4096;

    private readonly int[] _columns;
    private readonly float[] _values;
    private readonly int[] _ends;

    private Design(int[] columns, float[] values, int[] ends, int width) =>
        (_columns, _values, _ends, Width) = (columns, values, ends, width);

    /// <summary>The number of prepared columns.</summary>
    public int Width { get; }

    public int Rows => _ends.Length;

    public static List<LinearFeature> Fit(TrainingRequest request, List<string> notes)
    {
        var features = new List<LinearFeature>();
        var start = 0;
        for (var i = 0; i < request.Set.Features.Count; i++)
        {
            if (LinearFeature.Fit(i, start, request.Set.Features[i], request.Split.Train, notes) is not { } feature)
                continue;
            features.Add(feature);
            start += feature.Width;
        }

        return start <= MostColumns ? features : throw new TrainingException(FormattableString.Invariant(
            $"The features make {start} columns, categories counted singly; linear trainers take up to {MostColumns}. ")
            + "Leave out features with many categories, or use 'gbdt'.");
    }

    /// <param name="columns">In the signature's order.</param>
    /// <param name="rows">Rows of the columns.</param>
    public static Design Of(IReadOnlyList<LinearFeature> features, IReadOnlyList<FeatureColumn> columns, ReadOnlySpan<int> rows)
    {
        var most = features.Sum(f => f.IsText ? 1L : f.Width);
        var (places, values, ends) = (new int[checked(rows.Length * most)], new float[rows.Length * most], new int[rows.Length]);
        var at = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            foreach (var feature in features)
            {
                var column = columns[feature.Column];
                if (feature.IsText)
                {
                    if (feature.Place(column.TextAt(rows[i])) is >= 0 and var place)
                        (places[at], values[at++]) = (place, 1);
                    continue;
                }

                var x = column.NumberAt(rows[i]);
                if (!float.IsNaN(x))
                    (places[at], values[at++]) = (feature.Start, feature.Scaled(x));
                else if (feature.HasMissing)
                    (places[at], values[at++]) = (feature.Start + 1, 1);
            }

            ends[i] = at;
        }

        return new Design(places, values, ends, features.Count == 0 ? 0 : features[^1].Start + features[^1].Width);
    }

    /// <summary>The columns of a row that are not 0, ascending.</summary>
    public ReadOnlySpan<int> Columns(int row) => _columns.AsSpan(Start(row).._ends[row]);

    /// <summary>Their values.</summary>
    public ReadOnlySpan<float> Values(int row) => _values.AsSpan(Start(row).._ends[row]);

    /// <param name="weights">One a column, then the intercept.</param>
    public double Dot(int row, ReadOnlySpan<double> weights)
    {
        var sum = weights[Width];
        for (var i = Start(row); i < _ends[row]; i++)
            sum += weights[_columns[i]] * _values[i];
        return sum;
    }

    private int Start(int row) => row == 0 ? 0 : _ends[row - 1];
}
