namespace Millrace.Statistics.Drift;

/// <summary>Tests of one yes-or-no column: how many of so many rows in the reference, and how many now.</summary>
public static class ProportionTest
{
    /// <summary>The two-sided z test with the pooled share: z = (r - c) / sqrt(p (1 - p) (1/n + 1/m)).</summary>
    /// <returns>Null when either sample is empty; z = 0 and p = 1 when both are all yes or all no.</returns>
    public static HypothesisTest? Z(long referenceYes, long referenceRows, long currentYes, long currentRows)
    {
        Check(referenceYes, referenceRows);
        Check(currentYes, currentRows);
        if (referenceRows == 0 || currentRows == 0)
            return null;
        var pooled = (double)(referenceYes + currentYes) / (referenceRows + currentRows);
        var deviation = Math.Sqrt(pooled * (1 - pooled) * ((1.0 / referenceRows) + (1.0 / currentRows)));
        if (deviation == 0)
            return new HypothesisTest(0, 1);
        var z = (((double)referenceYes / referenceRows) - ((double)currentYes / currentRows)) / deviation;
        return new HypothesisTest(z, SpecialFunctions.NormalTwoSided(z));
    }

    /// <summary>
    /// Fisher's exact test, two-sided: the chance of a table with the same margins that is at most as likely as this one.
    /// </summary>
    /// <remarks>
    /// The statistic is the odds ratio, infinite over a zero, 1 when all rows are yes or all no. Source: Fisher, Statistical Methods for
    /// Research Workers, 1934.
    /// </remarks>
    /// <returns>Null when either sample is empty.</returns>
    public static HypothesisTest? FisherExact(long referenceYes, long referenceRows, long currentYes, long currentRows)
    {
        Check(referenceYes, referenceRows);
        Check(currentYes, currentRows);
        if (referenceRows == 0 || currentRows == 0)
            return null;
        var yes = referenceYes + currentYes;
        var seen = LogChance(referenceYes);
        var sum = 0.0;
        for (var k = Math.Max(0, yes - currentRows); k <= Math.Min(yes, referenceRows); k++)
        {
            // Tables that are equally likely may differ by rounding.
            if (LogChance(k) <= seen + 1e-9)
                sum += Math.Exp(LogChance(k));
        }

        if (yes == 0 || yes == referenceRows + currentRows)
            return new HypothesisTest(1, 1);
        var odds = (double)referenceYes * (currentRows - currentYes) / ((double)currentYes * (referenceRows - referenceYes));
        return new HypothesisTest(odds, Math.Min(1, sum));

        double LogChance(long k) =>
            LogChoose(referenceRows, k) + LogChoose(currentRows, yes - k) - LogChoose(referenceRows + currentRows, yes);
    }

    private static double LogChoose(long n, long k) =>
        SpecialFunctions.LogGamma(n + 1) - SpecialFunctions.LogGamma(k + 1) - SpecialFunctions.LogGamma(n - k + 1);

    private static void Check(long yes, long rows)
    {
        if (yes < 0 || yes > rows)
            throw new ArgumentOutOfRangeException(nameof(yes), $"{yes} of {rows} rows. The number of yes lies between 0 and the rows.");
    }
}
