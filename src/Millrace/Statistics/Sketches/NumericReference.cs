using Millrace.Statistics.Drift;

namespace Millrace.Statistics.Sketches;

/// <summary>The sketch of a column of numbers: three ways of cutting it into bins, with what the reference has in each.</summary>
public sealed class NumericReference : ReferenceSketch
{
    /// <summary>256: into how many cells of equal share the quantile grid cuts the reference.</summary>
    public const int Cells = 256;

    private NumericBins? _bins;

    /// <summary>The smallest value; null without one.</summary>
    public double? Min { get; init; }

    /// <summary>The greatest value; null without one.</summary>
    public double? Max { get; init; }

    /// <summary>The mean of the values; 0 without one.</summary>
    public double Mean { get; init; }

    /// <summary>The population standard deviation; 0 without a value.</summary>
    public double StandardDeviation { get; init; }

    /// <summary>The inner deciles, rising; fewer than nine where some are equal.</summary>
    public required IReadOnlyList<double> DecileEdges { get; init; }

    /// <summary>The values up to and with each decile, and above the last.</summary>
    public required IReadOnlyList<long> DecileCounts { get; init; }

    /// <summary>The edges of Doane's bins.</summary>
    public required IReadOnlyList<double> DoaneEdges { get; init; }

    /// <summary>The values in each bin [edge, next edge), the last one closed, then those outside: none of the reference.</summary>
    public required IReadOnlyList<long> DoaneCounts { get; init; }

    /// <summary>The quantiles 0/256, 1/256, ..., 256/256, rising, equal ones joined.</summary>
    public required IReadOnlyList<double> QuantileEdges { get; init; }

    /// <summary>The values up to and with each quantile, and above the last.</summary>
    public required IReadOnlyList<long> QuantileCounts { get; init; }

    /// <summary>
    /// For each of these cells the sum of the distances of its values from its upper edge; from the last edge for those above it.
    /// </summary>
    public required IReadOnlyList<double> QuantileSlack { get; init; }

    private protected override bool IsWhole => Bins.IsWhole
        && DecileCounts.Count == DecileEdges.Count + 1 && DoaneCounts.Count == Math.Max(1, DoaneEdges.Count)
        && QuantileCounts.Count == QuantileEdges.Count + 1 && QuantileSlack.Count == QuantileCounts.Count;

    private NumericBins Bins => _bins ??= new NumericBins([.. DecileEdges], [.. DoaneEdges], [.. QuantileEdges]);

    /// <summary>Empty counts that current values are added to, over this sketch's bins.</summary>
    public NumericCounts NewCounts() => new(Bins);

    /// <summary>Measures current values, in any order.</summary>
    public DriftResult Measure(ReadOnlySpan<double> current)
    {
        var counts = NewCounts();
        counts.Add(current);
        return Measure(counts);
    }

    /// <inheritdoc cref="Measure(ReadOnlySpan{double})"/>
    public DriftResult Measure(ReadOnlySpan<float> current)
    {
        var counts = NewCounts();
        counts.Add(current);
        return Measure(counts);
    }

    /// <summary>Measures what was counted.</summary>
    /// <remarks>
    /// The Wasserstein distance is exact but where, within one cell of the quantile grid, the two distribution functions cross each other;
    /// there it is an estimate, off by at most the cell's width times the shares in it.
    /// </remarks>
    /// <exception cref="ArgumentException">The counts were made by another sketch.</exception>
    public DriftResult Measure(NumericCounts current)
    {
        if (!current.Bins.IsSame(Bins))
        {
            throw new ArgumentException(
                "The counts were made over the bins of another sketch. Make them with NewCounts of this one.", nameof(current));
        }

        double? distance = Values == 0 || current.Values == 0 ? null : Bins.Distance(QuantileCounts, QuantileSlack, Values, current);
        double? jensenShannon = Values == 0 || current.Values == 0 ? null
            : ShareDistance.JensenShannon(Drift.Bins.Shares([.. DoaneCounts]), Drift.Bins.Shares(current.Doane));
        double? psi = Rows == 0 || current.Rows == 0 ? null
            : PopulationStability.OfShares(
                Drift.Bins.Shares([.. DecileCounts, MissingRows]), Drift.Bins.Shares([.. current.Deciles, current.MissingRows]));
        return new DriftResult(
            current.Rows,
            current.MissingRows,
            [
                Measured(DriftMeasure.PsiDeciles, psi, PopulationStability.Act),
                Measured(DriftMeasure.Wasserstein, distance, null),
                Measured(
                    DriftMeasure.WassersteinNormed,
                    distance / Math.Max(StandardDeviation, Wasserstein.SmallestDeviation),
                    Wasserstein.Customary),
                Measured(DriftMeasure.JensenShannon, jensenShannon, CategoricalReference.CustomaryJensenShannon),
                Measured(DriftMeasure.MissingShare, current.Rows == 0 ? null : (double)current.MissingRows / current.Rows, null),
            ],
            [],
            null);
    }

    private long Values => Rows - MissingRows;

    internal static NumericReference Make(ReadOnlySpan<double> values, RowChunks? chunks)
    {
        chunks ??= RowChunks.InOrder(values.Length);
        chunks.CheckRows(values.Length);
        var bins = NumericBins.Of(Sample.Sorted(values), out var moments);
        var whole = new NumericCounts(bins);
        whole.Add(values);
        var bare = Make(bins, whole, moments, new SortedDictionary<string, double>(StringComparer.Ordinal));
        var parts = new NumericCounts[chunks.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new NumericCounts(bins);
        for (var row = 0; row < values.Length && parts.Length > 0; row++)
            parts[chunks.OfRows[row]].Add(values[row]);
        return Make(bins, whole, moments, Learn(parts.Select(bare.Measure)));
    }

    private static NumericReference Make(
        NumericBins bins,
        NumericCounts whole,
        (double Mean, double StandardDeviation) moments,
        SortedDictionary<string, double> learnt) => new()
    {
        Rows = whole.Rows,
        MissingRows = whole.MissingRows,
        Min = bins.Quantiles.Length == 0 ? null : bins.Quantiles[0],
        Max = bins.Quantiles.Length == 0 ? null : bins.Quantiles[^1],
        Mean = moments.Mean,
        StandardDeviation = moments.StandardDeviation,
        DecileEdges = bins.Deciles,
        DecileCounts = whole.Deciles,
        DoaneEdges = bins.Doane,
        DoaneCounts = whole.Doane,
        QuantileEdges = bins.Quantiles,
        QuantileCounts = whole.Quantiles,
        QuantileSlack = whole.Slack,
        Learnt = learnt,
        _bins = bins,
    };
}
