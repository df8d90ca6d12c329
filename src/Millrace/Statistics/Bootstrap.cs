using Millrace.Statistics.Metrics;

namespace Millrace.Statistics;

/// <summary>How sure a metric is, by measuring it again on samples drawn from its own rows.</summary>
public static class Bootstrap
{
    /// <summary>The percentile interval of a metric over rows drawn with replacement.</summary>
    /// <remarks>
    /// Each resample has as many rows as came in. Those on which the metric is undefined are left out.
    /// Costs <paramref name="resamples"/> times the metric. The same seed gives the same interval.
    /// Source: Efron, Bootstrap methods, 1979.
    /// </remarks>
    /// <param name="seed">Decides each draw.</param>
    /// <param name="resamples">At least 1; default 1,000.</param>
    /// <param name="level">In (0, 1); default 0.95.</param>
    /// <param name="threshold">The score from which a row counts as positive, for metrics that need one; default 0.5.</param>
    /// <returns>Null when the metric is undefined on the rows, or on more than half of the resamples.</returns>
    /// <exception cref="ArgumentException">The rows are not what the metric needs.</exception>
    public static ConfidenceInterval? Interval(
        Metric metric, ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, ulong seed,
        int resamples = 1000, double level = 0.95, double threshold = 0.5)
    {
        ConfidenceInterval.CheckLevel(level);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        if (metric.Measure(labels, predictions, threshold) is null)
            return null;
        var chance = new SeededChance(seed);
        var (drawnLabels, drawnPredictions) = (new double[labels.Length], new double[labels.Length]);
        var found = new List<double>(resamples);
        for (var i = 0; i < resamples; i++)
        {
            for (var row = 0; row < drawnLabels.Length; row++)
            {
                var drawn = chance.Below(labels.Length);
                (drawnLabels[row], drawnPredictions[row]) = (labels[drawn], predictions[drawn]);
            }

            if (metric.Measure(drawnLabels, drawnPredictions, threshold) is { } value)
                found.Add(value);
        }

        if (found.Count * 2 < resamples)
            return null;
        var sorted = found.Order().ToArray();
        return new ConfidenceInterval(Sample.Quantile(sorted, (1 - level) / 2), Sample.Quantile(sorted, (1 + level) / 2), level);
    }
}
