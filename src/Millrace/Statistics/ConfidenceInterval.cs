namespace Millrace.Statistics;

/// <summary>Where a value lies at a level of confidence, both ends included.</summary>
/// <param name="Level">In (0, 1), for example 0.95.</param>
public sealed record ConfidenceInterval(double Low, double High, double Level)
{
    /// <summary>The score interval of a proportion.</summary>
    /// <remarks>
    /// Centre (p + z^2 / 2n) / (1 + z^2 / n), half width z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n), with p = successes / n.
    /// Within [0, 1], and open to one side at 0 and n successes. Source: Wilson, Probable inference, 1927.
    /// </remarks>
    /// <param name="level">Default 0.95.</param>
    /// <returns>Null without a trial.</returns>
    /// <exception cref="ArgumentOutOfRangeException">More successes than trials, fewer than none, or a level outside (0, 1).</exception>
    public static ConfidenceInterval? Wilson(long successes, long trials, double level = 0.95)
    {
        CheckLevel(level);
        if (successes < 0 || successes > trials)
        {
            throw new ArgumentOutOfRangeException(
                nameof(successes), $"{successes} successes of {trials} trials. Successes lie between 0 and the trials.");
        }

        if (trials == 0)
            return null;
        double n = trials;
        var (p, z) = (successes / n, SpecialFunctions.NormalQuantileTwoSided(1 - level));
        var centre = p + (z * z / (2 * n));
        var half = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        var scale = 1 + (z * z / n);
        return new ConfidenceInterval(
            successes == 0 ? 0 : (centre - half) / scale, successes == trials ? 1 : (centre + half) / scale, level);
    }

    internal static void CheckLevel(double level)
    {
        if (!(level > 0 && level < 1))
            throw new ArgumentOutOfRangeException(nameof(level), $"The level {level} is not between 0 and 1, for example 0.95.");
    }
}
