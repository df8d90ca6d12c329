namespace Millrace.Statistics.Drift;

/// <summary>
/// How numbers are cut into bins before shares are compared. NaN, infinities and numbers beyond 1e300 are left out everywhere.
/// </summary>
public static class Bins
{
    /// <summary>
    /// The nine inner edges of ten bins with equal shares, by linear quantiles; equal edges are joined, so that there may be fewer.
    /// </summary>
    /// <param name="values">At least one finite value, in any order.</param>
    public static double[] DecileEdges(ReadOnlySpan<double> values) => DecileEdgesOfSorted(Sample.Sorted(values));

    /// <summary>Edges of bins of equal width over the range of all values, ceil(log2 n + 1) of them; one bin when all are equal.</summary>
    /// <remarks>Source: Sturges, The choice of a class interval, 1926.</remarks>
    /// <param name="values">At least one finite value, in any order.</param>
    public static double[] SturgesEdges(ReadOnlySpan<double> values)
    {
        var sorted = Sample.Sorted(values);
        return EqualWidth(sorted, Math.Log2(sorted.Length) + 1);
    }

    /// <summary>Edges of bins of equal width over the range of all values, more of them the more skewed the values are.</summary>
    /// <remarks>
    /// ceil(1 + log2 n + log2(1 + |g| / s)) bins, with g the skewness and s = sqrt(6 (n - 2) / ((n + 1)(n + 3))); one bin for fewer than
    /// three
    /// or only equal values. Source: Doane, Aesthetic frequency classifications, 1976.
    /// </remarks>
    /// <param name="values">At least one finite value, in any order.</param>
    public static double[] DoaneEdges(ReadOnlySpan<double> values) => DoaneEdgesOfSorted(Sample.Sorted(values));

    /// <summary>
    /// Counts values by inner edges e: bin 0 is up to and with e[0], bin i is (e[i-1], e[i]], the last is above all edges.
    /// </summary>
    /// <returns>One count more than there are edges.</returns>
    public static long[] CountBetween(ReadOnlySpan<double> values, ReadOnlySpan<double> innerEdges)
    {
        var counts = new long[innerEdges.Length + 1];
        foreach (var value in values)
        {
            if (Sample.IsUsable(value))
                counts[AtOrAbove(innerEdges, value)]++;
        }

        return counts;
    }

    /// <summary>
    /// Counts values by outer edges e: bin i is [e[i], e[i+1]), the last one closed; one bin more counts what lies outside.
    /// </summary>
    /// <returns>As many counts as there are edges.</returns>
    public static long[] CountInside(ReadOnlySpan<double> values, ReadOnlySpan<double> edges)
    {
        var counts = new long[edges.Length];
        foreach (var value in values)
        {
            if (Sample.IsUsable(value))
                counts[Inside(edges, value)]++;
        }

        return counts;
    }

    /// <summary>Each count over their sum; zeros when the sum is 0.</summary>
    public static double[] Shares(ReadOnlySpan<long> counts)
    {
        var total = 0L;
        foreach (var count in counts)
            total += count;
        var shares = new double[counts.Length];
        for (var i = 0; i < shares.Length && total > 0; i++)
            shares[i] = (double)counts[i] / total;
        return shares;
    }

    internal static double[] DecileEdgesOfSorted(double[] sorted) =>
        [.. Enumerable.Range(1, 9).Select(i => Sample.Quantile(sorted, i / 10.0)).Distinct()];

    internal static double[] DoaneEdgesOfSorted(double[] sorted)
    {
        var n = (double)sorted.Length;
        var (mean, sd) = Sample.Moments(sorted);
        if (n < 3 || sd == 0)
            return EqualWidth(sorted, 1);
        var cubes = 0.0;
        foreach (var value in sorted)
            cubes += Math.Pow((value - mean) / sd, 3);
        var spread = Math.Sqrt(6 * (n - 2) / ((n + 1) * (n + 3)));
        return EqualWidth(sorted, 1 + Math.Log2(n) + Math.Log2(1 + (Math.Abs(cubes / n) / spread)));
    }

    /// <summary>The first inner edge at or above a value; their number when there is none.</summary>
    internal static int AtOrAbove(ReadOnlySpan<double> edges, double value)
    {
        var (low, high) = (0, edges.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (edges[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>The bin of a finite value between outer edges; the last number is for what lies outside.</summary>
    internal static int Inside(ReadOnlySpan<double> edges, double value)
    {
        var outside = edges.Length - 1;
        if (value < edges[0] || value > edges[^1])
            return outside;

        // The width tells the bin but for rounding at its edges.
        var bin = Math.Clamp((int)((value - edges[0]) / (edges[^1] - edges[0]) * outside), 0, outside - 1);
        if (value < edges[bin])
            return bin - 1;
        return bin + 1 < outside && value >= edges[bin + 1] ? bin + 1 : bin;
    }

    private static double[] EqualWidth(double[] sorted, double bins)
    {
        var (low, high) = (sorted[0], sorted[^1]);
        if (low == high)
            return [low, high];
        var edges = new double[(int)Math.Ceiling(bins) + 1];
        for (var i = 0; i < edges.Length; i++)
            edges[i] = low + ((high - low) * i / (edges.Length - 1));
        edges[^1] = high;
        return edges;
    }
}
