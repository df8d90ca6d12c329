namespace Millrace.Statistics.Metrics;

/// <summary>One measure of predictions against labels.</summary>
public sealed class Metric
{
    private readonly Formula _formula;

    internal Metric(string name, MetricTask task, bool isGreaterBetter, string meaning, MetricNeed need, Formula formula) =>
        (Name, Task, IsGreaterBetter, Meaning, Need, _formula) = (name, task, isGreaterBetter, meaning, need, formula);

    internal delegate double? Formula(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, double threshold);

    /// <summary>The word that projects write, for example <c>rmse</c>.</summary>
    public string Name { get; }

    /// <summary>The task whose models it measures.</summary>
    public MetricTask Task { get; }

    /// <summary>True when the better model has the greater value.</summary>
    public bool IsGreaterBetter { get; }

    /// <summary>One sentence: what it is, its unit, its range, when it is undefined.</summary>
    public string Meaning { get; }

    /// <summary>What the predictions must be.</summary>
    public MetricNeed Need { get; }

    /// <summary>Measures predictions against labels of the same rows, in any order.</summary>
    /// <param name="labels">Finite; 0 or 1 for <see cref="MetricTask.Binary"/>.</param>
    /// <param name="predictions">Finite; in [0, 1] where <see cref="Need"/> asks for a probability.</param>
    /// <param name="threshold">The score from which a row counts as positive; used where <see cref="Need"/> asks for a decision. Default
    /// 0.5.</param>
    /// <returns>Null where the metric is undefined: always on no rows, and where <see cref="Meaning"/> says so.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or a row holds a value that the metric cannot take; the message names the
    /// row.</exception>
    public double? Measure(ReadOnlySpan<double> labels, ReadOnlySpan<double> predictions, double threshold = 0.5)
    {
        if (labels.Length != predictions.Length)
        {
            throw new ArgumentException(
                $"'{Name}' was given {labels.Length} labels and {predictions.Length} predictions. Each row has one of both.",
                nameof(predictions));
        }

        for (var row = 0; row < labels.Length; row++)
        {
            if (!double.IsFinite(labels[row]) || (Task == MetricTask.Binary && labels[row] is not (0 or 1)))
            {
                throw new ArgumentException(
                    $"'{Name}': the label of row {row} is {labels[row]}. Labels are {(Task == MetricTask.Binary ? "0 or 1" : "finite")}.",
                    nameof(labels));
            }

            if (!double.IsFinite(predictions[row]) || (Need == MetricNeed.Probability && predictions[row] is < 0 or > 1))
            {
                throw new ArgumentException(
                    $"'{Name}': the prediction of row {row} is {predictions[row]}. "
                    + $"Predictions are {(Need == MetricNeed.Probability ? "probabilities in [0, 1]" : "finite")}.",
                    nameof(predictions));
            }
        }

        return labels.Length == 0 ? null : _formula(labels, predictions, threshold);
    }

    /// <summary>Whether a value is strictly better than another. Any value is better than undefined; undefined is never better.</summary>
    public bool IsBetter(double? value, double? than) =>
        value is { } v && (than is not { } t || (IsGreaterBetter ? v > t : v < t));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
