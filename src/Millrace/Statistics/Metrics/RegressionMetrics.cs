namespace Millrace.Statistics.Metrics;

/// <summary>Formulas over labels y and predictions f of the same rows; n is at least 1 and each value finite.</summary>
internal static class RegressionMetrics
{
    /// <summary>Mean of |y - f|.</summary>
    public static double MeanAbsoluteError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
            sum += Math.Abs(labels[i] - predictions[i]);
        return sum / labels.Length;
    }

    /// <summary>Mean of (y - f)^2.</summary>
    public static double MeanSquaredError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        SquaredErrors(labels, predictions) / labels.Length;

    /// <summary>1 - sum (y - f)^2 / sum (y - mean y)^2; undefined when all labels are equal.</summary>
    public static double? R2(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        IsConstant(labels) ? null : 1 - (SquaredErrors(labels, predictions) / SquaredErrors(labels, Sample.Moments(labels).Mean));

    /// <summary>1 - variance (y - f) / variance y; undefined when all labels are equal. Forgives a constant bias.</summary>
    public static double? ExplainedVariance(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        if (IsConstant(labels))
            return null;
        var errors = Errors(labels, predictions);
        return 1 - (SquaredErrors(errors, Sample.Moments(errors).Mean) / SquaredErrors(labels, Sample.Moments(labels).Mean));
    }

    /// <summary>Mean of |y - f| / |y| over the rows whose label is not 0; undefined when all are 0.</summary>
    public static double? MeanAbsolutePercentageError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var (sum, rows) = (0.0, 0);
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] == 0)
                continue;
            sum += Math.Abs((labels[i] - predictions[i]) / labels[i]);
            rows++;
        }

        return rows == 0 ? null : sum / rows;
    }

    /// <summary>Sum of |y - f| / sum of |y|; undefined when all labels are 0.</summary>
    public static double? WeightedAbsolutePercentageError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var total = 0.0;
        foreach (var label in labels)
            total += Math.Abs(label);
        return total == 0 ? null : MeanAbsoluteError(labels, predictions) * labels.Length / total;
    }

    /// <summary>Median of |y - f|; of an even number the mean of the middle two.</summary>
    public static double MedianAbsoluteError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        Sample.Quantile(SortedErrors(labels, predictions), 0.5);

    /// <summary>The greatest |y - f|.</summary>
    public static double MaxError(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) => SortedErrors(labels, predictions)[^1];

    /// <summary>Mean of (f - y), positive when the model predicts too much.</summary>
    public static double Bias(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions) =>
        Sample.Moments(Errors(predictions, labels)).Mean;

    /// <summary>Mean of q (y - f) where y is above f, else (1 - q) (f - y): the loss that the quantile q minimises.</summary>
    public static double PinballLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, double quantile)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var error = labels[i] - predictions[i];
            sum += error >= 0 ? quantile * error : (quantile - 1) * error;
        }

        return sum / labels.Length;
    }

    private static bool IsConstant(ReadOnlySpan<double> labels) => !labels.ContainsAnyExcept(labels[0]);

    private static double[] Errors(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var errors = new double[labels.Length];
        for (var i = 0; i < errors.Length; i++)
            errors[i] = labels[i] - predictions[i];
        return errors;
    }

    private static double[] SortedErrors(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var errors = Errors(labels, predictions);
        for (var i = 0; i < errors.Length; i++)
            errors[i] = Math.Abs(errors[i]);
        Array.Sort(errors);
        return errors;
    }

    private static double SquaredErrors(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
            sum += (labels[i] - predictions[i]) * (labels[i] - predictions[i]);
        return sum;
    }

    private static double SquaredErrors(ReadOnlySpan<double> labels, double mean)
    {
        var sum = 0.0;
        foreach (var label in labels)
            sum += (label - mean) * (label - mean);
        return sum;
    }
}
