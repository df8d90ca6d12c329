namespace Millrace.Statistics.Metrics;

/// <summary>The metrics by name, as gates and monitors write them.</summary>
public static class ModelMetrics
{
    private static readonly Metric[] Listed =
    [
        Number("mae", false, "Mean absolute error, in the label's unit, at least 0.",
            (y, f, _) => RegressionMetrics.MeanAbsoluteError(y, f)),
        Number("mse", false, "Mean squared error, in the label's unit squared, at least 0.",
            (y, f, _) => RegressionMetrics.MeanSquaredError(y, f)),
        Number(
            "rmse", false, "Root of the mean squared error, in the label's unit, at least 0.",
            (y, f, _) => Math.Sqrt(RegressionMetrics.MeanSquaredError(y, f))),
        Number("r2", true, "Share of the label's variance that is explained, at most 1; undefined when all labels are equal.",
            (y, f, _) => RegressionMetrics.R2(y, f)),
        Number("explained_variance", true, "As r2, but forgiving a constant bias; undefined when all labels are equal.",
            (y, f, _) => RegressionMetrics.ExplainedVariance(y, f)),
        Number("mape", false,
            "Mean of |error| / |label| over rows whose label is not 0, a share, at least 0; undefined when all labels are 0.",
            (y, f, _) => RegressionMetrics.MeanAbsolutePercentageError(y, f)),
        Number("wape", false, "Sum of |error| over sum of |label|, a share, at least 0; undefined when all labels are 0.",
            (y, f, _) => RegressionMetrics.WeightedAbsolutePercentageError(y, f)),
        Number("median_ae", false, "Median absolute error, in the label's unit, at least 0.",
            (y, f, _) => RegressionMetrics.MedianAbsoluteError(y, f)),
        Number("max_error", false, "Greatest absolute error, in the label's unit, at least 0.",
            (y, f, _) => RegressionMetrics.MaxError(y, f)),
        Number("absolute_bias", false, "Distance of the mean error from 0, in the label's unit, at least 0.",
            (y, f, _) => Math.Abs(RegressionMetrics.Bias(y, f))),
        Class("roc_auc", true,
            "Area under the ROC curve, equal scores counting half, in [0, 1], 0.5 for chance; undefined with one class.",
            MetricNeed.Score, (y, p, _) => RocCurve.Of(y, p).Area),
        Class("average_precision", true,
            "Area under the precision-recall curve as a sum of steps, in (0, 1]; undefined without a positive label.",
            MetricNeed.Score, (y, p, _) => RocCurve.Of(y, p).AveragePrecision),
        Class("log_loss", false, "Mean negative log likelihood in nats, probabilities clipped by 1e-15, at least 0.",
            MetricNeed.Probability, (y, p, _) => BinaryMetrics.LogLoss(y, p)),
        Class("brier", false, "Mean squared distance of probability and label, in [0, 1].",
            MetricNeed.Probability, (y, p, _) => RegressionMetrics.MeanSquaredError(y, p)),
        Class("ece", false, "Expected calibration error over ten bins of equal width, in [0, 1].",
            MetricNeed.Probability, (y, p, _) => BinaryMetrics.ExpectedCalibrationError(y, p)),
        Decision("accuracy", "Share of rows that are right, in [0, 1].", c => c.Accuracy),
        Decision("balanced_accuracy", "Mean of recall and specificity, in [0, 1]; undefined with one class.", c => c.BalancedAccuracy),
        Decision("precision", "Of rows called positive the share that are, in [0, 1]; undefined when none is called so.",
            c => c.Precision),
        Decision("recall", "Of positive rows the share called so, in [0, 1]; undefined without a positive label.", c => c.Recall),
        Decision("specificity", "Of negative rows the share called so, in [0, 1]; undefined without a negative label.",
            c => c.Specificity),
        Decision("f1", "Harmonic mean of precision and recall, in [0, 1]; undefined when nothing is positive nor called so.", c => c.F1),
        Decision("mcc", "Matthews' correlation, in [-1, 1]; undefined when labels or answers have one class.", c => c.MatthewsCorrelation),
        Decision("kappa", "Cohen's kappa, agreement above chance, at most 1; undefined when chance alone agrees always.", c => c.Kappa),
    ];

    private static readonly Dictionary<string, Metric> ByName = Listed.ToDictionary(m => m.Name, StringComparer.Ordinal);

    /// <summary>All: those of regression, then those of binary classification.</summary>
    public static IReadOnlyList<Metric> All => Listed;

    /// <summary>The metric of a name; null for an unknown name, and then <see cref="Names"/> says which there are.</summary>
    public static Metric? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The known names of a task, in the order in which they are listed.</summary>
    public static IReadOnlyList<string> Names(MetricTask task) => [.. Listed.Where(m => m.Task == task).Select(m => m.Name)];

    private static Metric Number(string name, bool isGreaterBetter, string meaning, Metric.Formula formula) =>
        new(name, MetricTask.Regression, isGreaterBetter, meaning, MetricNeed.Value, formula);

    private static Metric Class(string name, bool isGreaterBetter, string meaning, MetricNeed need, Metric.Formula formula) =>
        new(name, MetricTask.Binary, isGreaterBetter, meaning, need, formula);

    private static Metric Decision(string name, string meaning, Func<Confusion, double?> ratio) =>
        new(name, MetricTask.Binary, true, meaning, MetricNeed.Decision, (y, p, threshold) => ratio(Confusion.Of(y, p, threshold)));
}
