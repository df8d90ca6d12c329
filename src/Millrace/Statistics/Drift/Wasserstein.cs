namespace Millrace.Statistics.Drift;

/// <summary>The Wasserstein-1 or earth mover's distance: how far values must move on average for one sample to become the other.</summary>
/// <remarks>
/// The area between the two distribution functions, in the unit of the values. Source: Ramdas et al., On Wasserstein two-sample testing,
/// 2017.
/// </remarks>
public static class Wasserstein
{
    /// <summary>
    /// 0.001: a smaller standard deviation of the reference counts as this, so that a constant column has a finite distance.
    /// </summary>
    public const double SmallestDeviation = 0.001;

    /// <summary>0.1: the customary threshold of the distance in standard deviations of the reference.</summary>
    public const double Customary = 0.1;

    /// <summary>The distance between the finite values of two samples; null when either has none.</summary>
    public static double? Distance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var (x, y) = (Sample.Sorted(reference), Sample.Sorted(current));
        if (x.Length == 0 || y.Length == 0)
            return null;
        var (i, j, sum) = (0, 0, 0.0);
        var at = Math.Min(x[0], y[0]);
        while (i < x.Length || j < y.Length)
        {
            var next = j == y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            sum += (next - at) * Math.Abs(((double)i / x.Length) - ((double)j / y.Length));
            at = next;
            while (i < x.Length && x[i] == at)
                i++;
            while (j < y.Length && y[j] == at)
                j++;
        }

        return sum;
    }

    /// <summary>
    /// The distance over the reference's population standard deviation, or over <see cref="SmallestDeviation"/>; null when either has no
    /// value.
    /// </summary>
    public static double? Normalised(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Distance(reference, current) / Math.Max(Sample.Moments(Sample.Sorted(reference)).StandardDeviation, SmallestDeviation);
}
