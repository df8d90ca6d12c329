namespace Millrace.Statistics.Drift;

/// <summary>Distances between shares of the same bins or levels: each in [0, 1], summing to 1. All are the same both ways.</summary>
public static class ShareDistance
{
    /// <summary>
    /// The Jensen-Shannon distance with the natural logarithm: the root of the mean of the two divergences to the middle of both.
    /// In [0, 0.8326], the root of ln 2; divide by it for base 2, see <see cref="JensenShannonBase2"/>.
    /// </summary>
    /// <remarks>Source: Endres and Schindelin, A new metric for probability distributions, 2003.</remarks>
    public static double JensenShannon(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        CheckBins(reference, current);
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var (r, c) = (reference[i], current[i]);
            var middle = (r + c) / 2;
            sum += (r > 0 ? r * Math.Log(r / middle) : 0) + (c > 0 ? c * Math.Log(c / middle) : 0);
        }

        // Rounding can leave a sum of equal shares a hair below zero.
        return Math.Sqrt(Math.Max(0, sum / 2));
    }

    /// <summary>The Jensen-Shannon distance with logarithms of base 2, in [0, 1].</summary>
    public static double JensenShannonBase2(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        JensenShannon(reference, current) / Math.Sqrt(Math.Log(2));

    /// <summary>Half the sum of |r - c|, in [0, 1]: the greatest difference of the chance of any set of levels.</summary>
    public static double TotalVariation(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        CheckBins(reference, current);
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
            sum += Math.Abs(reference[i] - current[i]);
        return sum / 2;
    }

    /// <summary>The greatest |r - c|, in [0, 1].</summary>
    public static double LInfinity(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        CheckBins(reference, current);
        var greatest = 0.0;
        for (var i = 0; i < reference.Length; i++)
            greatest = Math.Max(greatest, Math.Abs(reference[i] - current[i]));
        return greatest;
    }

    /// <summary>Hellinger's distance, the root of half the sum of (sqrt r - sqrt c)^2, in [0, 1].</summary>
    public static double Hellinger(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        CheckBins(reference, current);
        var sum = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var difference = Math.Sqrt(reference[i]) - Math.Sqrt(current[i]);
            sum += difference * difference;
        }

        return Math.Sqrt(sum / 2);
    }

    internal static void CheckBins(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (reference.Length != current.Length)
        {
            throw new ArgumentException(
                $"The reference has {reference.Length} bins and the current sample {current.Length}. Bin both with the reference's edges.",
                nameof(current));
        }
    }
}
