namespace Millrace.Statistics.Metrics;

/// <summary>How often a yes or no was right: counts of rows by what was said and what was true.</summary>
/// <remarks>A ratio whose denominator is 0 is undefined, and null here; some libraries say 0.</remarks>
public sealed record Confusion(long TrueNegatives, long FalsePositives, long FalseNegatives, long TruePositives)
{
    /// <summary>All rows.</summary>
    public long Rows => TrueNegatives + FalsePositives + FalseNegatives + TruePositives;

    /// <summary>The share of rows that were right.</summary>
    public double? Accuracy => Ratio(TrueNegatives + TruePositives, Rows);

    /// <summary>Of the rows called positive, the share that are; undefined when none was called so.</summary>
    public double? Precision => Ratio(TruePositives, TruePositives + FalsePositives);

    /// <summary>Of the positive rows, the share called so; undefined when there are none.</summary>
    public double? Recall => Ratio(TruePositives, TruePositives + FalseNegatives);

    /// <summary>Of the negative rows, the share called so; undefined when there are none.</summary>
    public double? Specificity => Ratio(TrueNegatives, TrueNegatives + FalsePositives);

    /// <summary>
    /// 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; undefined when nothing is positive and nothing was called so.
    /// </summary>
    public double? F1 => Ratio(2 * TruePositives, (2 * TruePositives) + FalsePositives + FalseNegatives);

    /// <summary>The mean of recall and specificity; undefined with one class.</summary>
    public double? BalancedAccuracy => (Recall + Specificity) / 2;

    /// <summary>Matthews' correlation of what was said and what was true, in [-1, 1]; undefined when either has one class.</summary>
    public double? MatthewsCorrelation
    {
        get
        {
            var product = (double)(TruePositives + FalsePositives) * (TruePositives + FalseNegatives)
                * (TrueNegatives + FalsePositives) * (TrueNegatives + FalseNegatives);
            return product == 0 ? null
                : (((double)TruePositives * TrueNegatives) - ((double)FalsePositives * FalseNegatives)) / Math.Sqrt(product);
        }
    }

    /// <summary>Cohen's kappa: agreement above what chance gives, at most 1; undefined when chance alone agrees always.</summary>
    public double? Kappa
    {
        get
        {
            if (Rows == 0)
                return null;
            double n = Rows;
            var chance = (((TruePositives + FalsePositives) / n) * ((TruePositives + FalseNegatives) / n))
                + (((TrueNegatives + FalsePositives) / n) * ((TrueNegatives + FalseNegatives) / n));
            return chance == 1 ? null : (Accuracy - chance) / (1 - chance);
        }
    }

    /// <summary>Counts rows, positive from <paramref name="threshold"/> on.</summary>
    /// <param name="labels">0 or 1.</param>
    public static Confusion Of(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores, double threshold = 0.5)
    {
        Span<long> counts = stackalloc long[4];
        for (var i = 0; i < labels.Length; i++)
            counts[(labels[i] == 1 ? 2 : 0) + (scores[i] >= threshold ? 1 : 0)]++;
        return new Confusion(counts[0], counts[1], counts[2], counts[3]);
    }

    private static double? Ratio(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
