using Millrace.Statistics.Drift;

namespace Millrace.Statistics.Sketches;

/// <summary>The edges of a numeric sketch, as arrays for speed. All are empty for a reference without a value.</summary>
/// <param name="Deciles">Inner edges.</param>
/// <param name="Doane">Outer edges of equal width.</param>
/// <param name="Quantiles">From the smallest to the greatest value of the reference.</param>
internal sealed record NumericBins(double[] Deciles, double[] Doane, double[] Quantiles)
{
    public bool IsWhole => (Doane.Length == 0) == (Quantiles.Length == 0) && IsRising(Deciles) && IsRising(Quantiles) && Doane.Length != 1;

    public static NumericBins Of(double[] sorted, out (double Mean, double StandardDeviation) moments)
    {
        moments = Sample.Moments(sorted);
        if (sorted.Length == 0)
            return new NumericBins([], [], []);
        var quantiles = Enumerable.Range(0, NumericReference.Cells + 1)
            .Select(i => Sample.Quantile(sorted, (double)i / NumericReference.Cells));
        return new NumericBins(Bins.DecileEdgesOfSorted(sorted), Bins.DoaneEdgesOfSorted(sorted), [.. quantiles.Distinct()]);
    }

    public bool IsSame(NumericBins other) => ReferenceEquals(this, other)
        || (Deciles.SequenceEqual(other.Deciles) && Doane.SequenceEqual(other.Doane) && Quantiles.SequenceEqual(other.Quantiles));

    /// <summary>The area between the two distribution functions, cell by cell of the quantile grid.</summary>
    /// <remarks>
    /// In the cell (a, b] the integral of F is F(a) (b - a) + the sum of (b - v) over its values v, over n: exact from count and slack
    /// alone. Its
    /// difference is the area while neither function crosses the other; where they change sides it is at least that, and about the area
    /// between straight lines.
    /// </remarks>
    public double Distance(IReadOnlyList<long> counts, IReadOnlyList<double> slack, long values, NumericCounts current)
    {
        var last = Quantiles.Length;
        var (ours, theirs) = (counts[0], current.Quantiles[0]);
        var area = Math.Abs((slack[0] / values) - (current.Slack[0] / current.Values));
        for (var i = 1; i < last; i++)
        {
            var width = Quantiles[i] - Quantiles[i - 1];
            var before = Gap(ours, theirs);
            ours += counts[i];
            theirs += current.Quantiles[i];
            var after = Gap(ours, theirs);
            var part = Math.Abs((before * width) + (slack[i] / values) - (current.Slack[i] / current.Values));
            if (before * after < 0)
                part = Math.Max(part, width * ((before * before) + (after * after)) / (2 * (Math.Abs(before) + Math.Abs(after))));
            area += part;
        }

        return area + Math.Abs((slack[last] / values) - (current.Slack[last] / current.Values));

        double Gap(long mine, long other) => ((double)mine / values) - ((double)other / current.Values);
    }

    private static bool IsRising(double[] edges) => edges.Zip(edges.Skip(1)).All(p => p.First < p.Second);
}
