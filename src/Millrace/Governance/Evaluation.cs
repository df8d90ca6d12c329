using Millrace.Assets.Definitions;
using Millrace.Statistics.Metrics;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Measures predictions against labels by every metric of a task.</summary>
public static class Evaluation
{
    /// <summary>The measure that stands first where there is room for one.</summary>
    public static string MainMetric(LearningTask task) => task == LearningTask.Binary ? "roc_auc" : "mae";

    /// <summary>Every metric of the task over some rows.</summary>
    /// <param name="task">What is predicted.</param>
    /// <param name="labels">The truth, one a row of the whole.</param>
    /// <param name="predictions">One a row of the whole; rows where it is not a number are left out.</param>
    /// <param name="rows">The rows to look at.</param>
    /// <returns>By name; null where a metric is undefined.</returns>
    public static IReadOnlyDictionary<string, double?> Measure(LearningTask task, double[] labels, double[] predictions, IReadOnlyList<int> rows)
    {
        var kept = rows.Where(r => double.IsFinite(predictions[r])).ToList();
        double[] y = [.. kept.Select(r => labels[r])];
        double[] p = [.. kept.Select(r => predictions[r])];
        return ModelMetrics.All.Where(m => m.Task == TaskOf(task)).ToDictionary(m => m.Name, m => y.Length == 0 || !Fits(m, p) ? null : m.Measure(y, p));
    }

    /// <summary>Why a name is no metric of a task, with those that are; null when it is one.</summary>
    public static string? WhyUnknown(string name, LearningTask task)
    {
        var names = ModelMetrics.Names(TaskOf(task));
        return names.Contains(name)
            ? null
            : $"There is no metric '{name}' for the task {(task == LearningTask.Binary ? "binary" : "regression")}.{Suggestion.Sentence(name, names)} Metrics are: {string.Join(", ", names)}.";
    }

    /// <summary>True when the better model has the greater value.</summary>
    public static bool IsGreaterBetter(string metric) => ModelMetrics.Find(metric)!.IsGreaterBetter;

    /// <summary>How much worse a value is than another, relative to it: 0.1 is 10 % worse, below 0 is better. NaN when that says nothing.</summary>
    public static double Loss(string metric, double value, double reference) =>
        reference == 0 ? double.NaN : (IsGreaterBetter(metric) ? reference - value : value - reference) / Math.Abs(reference);

    private static MetricTask TaskOf(LearningTask task) => task == LearningTask.Binary ? MetricTask.Binary : MetricTask.Regression;

    /// <summary>A naive score, such as a count, is no probability.</summary>
    private static bool Fits(Metric metric, double[] predictions) => metric.Need != MetricNeed.Probability || predictions.All(p => p is >= 0 and <= 1);
}
