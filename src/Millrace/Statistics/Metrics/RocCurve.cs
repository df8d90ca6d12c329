namespace Millrace.Statistics.Metrics;

/// <summary>Rows in falling order of their score, equal scores together: what stands behind ROC and precision-recall curves.</summary>
public sealed class RocCurve
{
    private RocCurve(List<RocPoint> points) => Points = points;

    /// <summary>From (0, 0), above the highest score, to all rows; one point for each different score.</summary>
    public IReadOnlyList<RocPoint> Points { get; }

    private RocPoint All => Points[^1];

    /// <summary>
    /// The area under the ROC curve: the chance that a positive row scores above a negative one, equal scores counting half. In [0, 1].
    /// Undefined with one class.
    /// </summary>
    /// <remarks>
    /// Counted in whole numbers, so that the order of the rows does not matter. Source: Mann and Whitney's U over n+ n-.
    /// </remarks>
    public double? Area
    {
        get
        {
            Int128 twice = 0;
            for (var i = 1; i < Points.Count; i++)
            {
                var (before, at) = (Points[i - 1], Points[i]);
                twice += (Int128)(at.FalsePositives - before.FalsePositives) * (at.TruePositives + before.TruePositives);
            }

            return All.TruePositives == 0 || All.FalsePositives == 0 ? null : (double)twice / 2 / All.TruePositives / All.FalsePositives;
        }
    }

    /// <summary>
    /// Sum over falling scores of (recall gained) times precision, without interpolation. In (0, 1]; undefined without a positive row.
    /// </summary>
    public double? AveragePrecision
    {
        get
        {
            var sum = 0.0;
            for (var i = 1; i < Points.Count; i++)
            {
                var at = Points[i];
                sum += (at.TruePositives - Points[i - 1].TruePositives)
                    * ((double)at.TruePositives / (at.TruePositives + at.FalsePositives));
            }

            return All.TruePositives == 0 ? null : sum / All.TruePositives;
        }
    }

    /// <summary>Sorts the rows.</summary>
    /// <param name="labels">0 or 1.</param>
    /// <param name="scores">As many; not NaN.</param>
    public static RocCurve Of(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        var (keys, items) = (scores.ToArray(), labels.ToArray());
        Array.Sort(keys, items);
        var points = new List<RocPoint> { new(double.PositiveInfinity, 0, 0) };
        var (positives, negatives) = (0L, 0L);
        for (var i = keys.Length - 1; i >= 0; i--)
        {
            if (items[i] == 1)
                positives++;
            else
                negatives++;
            if (i == 0 || keys[i - 1] != keys[i])
                points.Add(new RocPoint(keys[i], positives, negatives));
        }

        return new RocCurve(points);
    }
}

/// <summary>What is called positive from one score on.</summary>
/// <param name="Threshold">The score.</param>
/// <param name="TruePositives">Positive rows at or above it.</param>
/// <param name="FalsePositives">Negative rows at or above it.</param>
public readonly record struct RocPoint(double Threshold, long TruePositives, long FalsePositives);
