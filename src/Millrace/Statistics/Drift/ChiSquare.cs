namespace Millrace.Statistics.Drift;

/// <summary>Pearson's test over counts of the same levels.</summary>
public static class ChiSquare
{
    /// <summary>
    /// Against the reference as the expected distribution, scaled to the current size; k - 1 degrees of freedom over k levels.
    /// </summary>
    /// <remarks>Levels that neither sample has are left out. Source: Pearson, On the criterion, 1900.</remarks>
    /// <returns>Null when either sample is empty; an infinite statistic without a p-value when the current one has a level that the
    /// reference lacks.</returns>
    public static HypothesisTest? GoodnessOfFit(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (old, now) = (Total(reference), Total(current));
        CheckLevels(reference, current);
        if (old == 0 || now == 0)
            return null;
        var (statistic, levels) = (0.0, 0);
        for (var i = 0; i < reference.Length; i++)
        {
            if (reference[i] == 0 && current[i] == 0)
                continue;
            if (reference[i] == 0)
                return new HypothesisTest(double.PositiveInfinity, null);
            var expected = (double)reference[i] * now / old;
            statistic += (current[i] - expected) * (current[i] - expected) / expected;
            levels++;
        }

        return new HypothesisTest(statistic, Tail(statistic, levels - 1));
    }

    /// <summary>Both samples as rows of one table, neither being the truth; k - 1 degrees of freedom, without Yates' correction.</summary>
    /// <returns>Null when either sample is empty.</returns>
    public static HypothesisTest? Contingency(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var (old, now) = (Total(reference), Total(current));
        CheckLevels(reference, current);
        if (old == 0 || now == 0)
            return null;
        var (statistic, levels) = (0.0, 0);
        for (var i = 0; i < reference.Length; i++)
        {
            double both = reference[i] + current[i];
            if (both == 0)
                continue;
            var (ofOld, ofNow) = (both * old / (old + now), both * now / (old + now));
            statistic += ((reference[i] - ofOld) * (reference[i] - ofOld) / ofOld) + ((current[i] - ofNow) * (current[i] - ofNow) / ofNow);
            levels++;
        }

        return new HypothesisTest(statistic, Tail(statistic, levels - 1));
    }

    private static double Tail(double statistic, int freedom) => freedom == 0 ? 1 : SpecialFunctions.GammaQ(freedom / 2.0, statistic / 2);

    private static long Total(ReadOnlySpan<long> counts)
    {
        var total = 0L;
        foreach (var count in counts)
            total += count >= 0 ? count : throw new ArgumentException($"A count of {count}. Counts are at least 0.", nameof(counts));
        return total;
    }

    private static void CheckLevels(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (reference.Length != current.Length)
        {
            throw new ArgumentException(
                $"The reference has {reference.Length} levels and the current sample {current.Length}. Count the levels of both in both.",
                nameof(current));
        }
    }
}
