namespace Millrace.Statistics.Drift;

/// <summary>The two-sample test of Kolmogorov and Smirnov over the finite values of two samples.</summary>
public static class KolmogorovSmirnov
{
    /// <summary>10,000,000: up to this product of the sample sizes p is exact.</summary>
    public const long ExactUpTo = 10_000_000;

    /// <summary>
    /// The greatest distance D between the distribution functions, in [0, 1], with its p-value, exact for small samples.
    /// </summary>
    /// <returns>Null when either sample has no finite value.</returns>
    public static HypothesisTest? Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var (x, y) = (Sample.Sorted(reference), Sample.Sorted(current));
        if (x.Length == 0 || y.Length == 0)
            return null;
        var (n, m, steps) = ((long)x.Length, (long)y.Length, Steps(x, y));
        var statistic = (double)steps / n / m;
        return new HypothesisTest(statistic, n * m <= ExactUpTo ? Exact((int)n, (int)m, steps) : Asymptotic(statistic, n, m));
    }

    /// <summary>The chance of a distance of at least <paramref name="statistic"/> for large samples.</summary>
    /// <remarks>
    /// Kolmogorov's limit 2 sum (-1)^(k-1) exp(-2 k^2 L^2) at L = (e + 0.12 + 0.11 / e) D, e = sqrt(nm / (n + m)).
    /// Source: Stephens, Use of the Kolmogorov-Smirnov statistics without extensive tables, 1970.
    /// </remarks>
    public static double Asymptotic(double statistic, long n, long m)
    {
        var root = Math.Sqrt((double)n * m / (n + m));
        var lambda = (root + 0.12 + (0.11 / root)) * statistic;
        if (lambda < 0.2)
            return 1;
        var sum = 0.0;
        for (var k = 1; k <= 100; k++)
            sum += (k % 2 == 1 ? 2 : -2) * Math.Exp(-2.0 * k * k * lambda * lambda);
        return Math.Clamp(sum, 0, 1);
    }

    /// <summary>The greatest |i m - j n| over the merged samples: D in steps of 1 / (n m), so that no rounding blurs it.</summary>
    private static long Steps(double[] x, double[] y)
    {
        var (i, j, greatest) = (0L, 0L, 0L);
        while (i < x.Length && j < y.Length)
        {
            var at = Math.Min(x[i], y[j]);
            while (i < x.Length && x[i] == at)
                i++;
            while (j < y.Length && y[j] == at)
                j++;
            greatest = Math.Max(greatest, Math.Abs((i * y.Length) - (j * x.Length)));
        }

        return greatest;
    }

    /// <summary>
    /// The chance that a path of n and m steps in random order gets as far from the diagonal, by recursion over its last step.
    /// </summary>
    /// <remarks>
    /// As chances, not as numbers of paths, which would overflow. Source: Hodges, The significance probability of the Smirnov test, 1957.
    /// </remarks>
    private static double Exact(int n, int m, long steps)
    {
        if (steps == 0)
            return 1;
        var row = new double[m + 1];
        for (var r = 0; r <= n; r++)
        {
            for (var q = 0; q <= m; q++)
            {
                if (Math.Abs(((long)r * m) - ((long)q * n)) >= steps)
                    row[q] = 1;
                else if (r + q == 0)
                    row[q] = 0;
                else
                    row[q] = ((r * (r == 0 ? 0 : row[q])) + (q * (q == 0 ? 0 : row[q - 1]))) / (r + q);
            }
        }

        return Math.Clamp(row[m], 0, 1);
    }
}
