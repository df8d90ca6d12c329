using System.Globalization;

namespace Millrace.Training;

/// <summary>The rows to learn from: raw features and their label, in a total order that the caller fixed.</summary>
/// <remarks>
/// The order of the rows is part of what makes a model: equal rows in equal order give equal bytes. What is refused here: no rows, no
/// features, two features of one name or of the name of an output, a label that is not a finite number, a binary label other than 0 and
/// 1 or of one class only, and an infinite feature. An infinity is refused rather than read as missing, because it comes from a
/// division by zero or an overflow that its author should see. What is accepted with a note, and left unused: a feature without any
/// value and one that is constant, see <see cref="TrainedModel.Notes"/>.
/// </remarks>
public sealed class TrainingSet
{
    private static readonly string[] Outputs = [ModelOutput.Prediction, ModelOutput.Probability, ModelOutput.Label];

    /// <param name="features">At least one, of equal length, names unique.</param>
    /// <param name="label">One a row. Regression: any finite number. Binary: 1 for the positive class, 0 for the other.</param>
    /// <exception cref="TrainingException">The data cannot be learned from.</exception>
    public TrainingSet(LearningTask task, IReadOnlyList<FeatureColumn> features, double[] label)
    {
        Task = task;
        Features = features;
        Label = label;
        CheckShape();
        CheckLabel();
        foreach (var feature in features)
            CheckFinite(feature);
    }

    public LearningTask Task { get; }

    public IReadOnlyList<FeatureColumn> Features { get; }

    /// <summary>One a row, finite.</summary>
    public IReadOnlyList<double> LabelValues => Label;

    /// <summary>The number of rows, at least 1.</summary>
    public int Rows => Label.Length;

    internal double[] Label { get; }

    /// <exception cref="TrainingException">All rows carry one class.</exception>
    internal static void RefuseOneClass(LearningTask task, int positives, int rows, string which)
    {
        if (task == LearningTask.Binary && (positives == 0 || positives == rows))
            throw new TrainingException(
                Text($"The label is {(positives == 0 ? 0 : 1)} in all {rows} {which}. Binary training needs rows of both classes."));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void CheckShape()
    {
        if (Features.Count == 0)
            throw new TrainingException(
                "The training set has no features. Name at least one column besides the key, the label and the time.");
        if (Rows == 0)
            throw new TrainingException("The training set has no rows.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var feature in Features)
        {
            if (feature.Count != Rows)
                throw new ArgumentException(Text($"Feature '{feature.Name}' has {feature.Count} rows and the label {Rows}."));
            if (!names.Add(feature.Name))
                throw new TrainingException($"Two features are named '{feature.Name}'.");
            if (Outputs.Contains(feature.Name, StringComparer.Ordinal))
                throw new TrainingException(
                    $"A feature is named '{feature.Name}', which is the name of a model's output. "
                    + $"Rename the column; taken are: {string.Join(", ", Outputs)}.");
        }
    }

    private void CheckLabel()
    {
        var positives = 0;
        for (var i = 0; i < Label.Length; i++)
        {
            if (!double.IsFinite(Label[i]))
            {
                var what = double.IsNaN(Label[i]) ? "missing (NaN)" : "infinite";
                throw new TrainingException(Text($"The label is {what} in row {i} (from 0). Leave out rows without a label."));
            }

            if (Task == LearningTask.Binary && Label[i] is not (0 or 1))
                throw new TrainingException(Text(
                    $"The label is {Label[i]} in row {i} (from 0). A binary label is 1 for the positive class and 0 for the other."));
            positives += Label[i] == 1 ? 1 : 0;
        }

        RefuseOneClass(Task, positives, Rows, "rows");
    }

    private void CheckFinite(FeatureColumn feature)
    {
        if (feature.Type != FeatureType.Number)
            return;
        var values = feature.Numbers.Span;
        var (first, count) = (-1, 0);
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsInfinity(values[i]))
                continue;
            first = first < 0 ? i : first;
            count++;
        }

        if (count > 0)
            throw new TrainingException(
                Text($"Feature '{feature.Name}' is infinite in {count} of {Rows} rows, first in row {first} (from 0). ")
                + "A finite number or NULL would work; numbers beyond 3.4e38 are infinite as a 32-bit float.");
    }
}
