namespace Millrace.Statistics;

/// <summary>What one column of numbers is asked for again and again.</summary>
internal static class Sample
{
    /// <summary>
    /// 1e300: a number further from 0 than this counts as missing, as the differences and sums of such numbers overflow.
    /// </summary>
    private const double Greatest = 1e300;

    /// <summary>Whether a distance can weigh a value: not NaN, not infinite, not beyond <see cref="Greatest"/>.</summary>
    public static bool IsUsable(double value) => Math.Abs(value) <= Greatest;

    /// <summary>The usable values in rising order.</summary>
    public static double[] Sorted(ReadOnlySpan<double> values)
    {
        var sorted = new double[values.Length];
        var count = 0;
        foreach (var value in values)
        {
            if (IsUsable(value))
                sorted[count++] = value;
        }

        Array.Resize(ref sorted, count);
        Array.Sort(sorted);
        return sorted;
    }

    /// <summary>The quantile by linear interpolation between order statistics, at position (n - 1) q.</summary>
    /// <param name="sorted">At least one value, in rising order.</param>
    /// <param name="q">In [0, 1].</param>
    /// <remarks>Source: definition 7 of Hyndman and Fan, Sample quantiles in statistical packages, 1996.</remarks>
    public static double Quantile(ReadOnlySpan<double> sorted, double q)
    {
        var position = (sorted.Length - 1) * q;
        var below = (int)position;
        return below + 1 >= sorted.Length ? sorted[^1] : sorted[below] + ((sorted[below + 1] - sorted[below]) * (position - below));
    }

    /// <summary>Mean and population standard deviation, in two passes; both 0 for no values.</summary>
    public static (double Mean, double StandardDeviation) Moments(ReadOnlySpan<double> values)
    {
        if (values.Length == 0)
            return (0, 0);
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        var mean = sum / values.Length;
        var squares = 0.0;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        return (mean, Math.Sqrt(squares / values.Length));
    }
}
