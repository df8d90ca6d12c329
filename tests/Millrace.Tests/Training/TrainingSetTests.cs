using Millrace.Training;

namespace Millrace.Tests.Training;

public sealed class TrainingSetTests
{
    private static readonly FeatureColumn X = FeatureColumn.OfNumbers("x", [1, 2, 3]);

    [Fact]
    public void A_label_of_one_class_is_refused() =>
        Refused("The label is 1 in all 3 rows. Binary training needs rows of both classes.", LearningTask.Binary, [X], [1, 1, 1]);

    [Fact]
    public void A_binary_label_other_than_0_and_1_is_refused() =>
        Refused("The label is 2 in row 1 (from 0).", LearningTask.Binary, [X], [1, 2, 0]);

    [Fact]
    public void A_missing_label_is_refused() =>
        Refused("The label is missing (NaN) in row 2 (from 0).", LearningTask.Regression, [X], [1, 2, double.NaN]);

    [Fact]
    public void An_infinite_label_is_refused() =>
        Refused("The label is infinite in row 0 (from 0).", LearningTask.Regression, [X], [double.PositiveInfinity, 2, 3]);

    [Fact]
    public void No_rows_are_refused() =>
        Refused("The training set has no rows.", LearningTask.Regression, [FeatureColumn.OfNumbers("x", [])], []);

    [Fact]
    public void No_features_are_refused() => Refused("The training set has no features.", LearningTask.Regression, [], [1, 2]);

    [Fact]
    public void An_infinity_is_refused_and_counted() => Refused(
        "Feature 'x' is infinite in 2 of 3 rows, first in row 1 (from 0).", LearningTask.Regression,
        [FeatureColumn.OfNumbers("x", [1, float.NegativeInfinity, float.PositiveInfinity])], [1, 2, 3]);

    [Fact]
    public void Two_features_of_one_name_are_refused() =>
        Refused("Two features are named 'x'.", LearningTask.Regression, [X, X], [1, 2, 3]);

    [Fact]
    public void A_feature_named_like_an_output_is_refused() => Refused(
        "A feature is named 'prediction', which is the name of a model's output.", LearningTask.Regression,
        [FeatureColumn.OfNumbers("prediction", [1, 2, 3])], [1, 2, 3]);

    [Fact]
    public void Training_rows_of_one_class_are_refused_even_when_the_set_has_both()
    {
        var set = new TrainingSet(LearningTask.Binary, [X], [0, 0, 1]);
        var error = Assert.Throws<TrainingException>(() => new TrainingRequest(
            set, new Split([0, 1], [2], []), TrainerParameters.Defaults(Examples.Trainer("gbdt")), seed: 1));
        Assert.StartsWith("The label is 0 in all 2 training rows.", error.Message, StringComparison.Ordinal);
    }

    private static void Refused(string message, LearningTask task, FeatureColumn[] features, double[] label)
    {
        var error = Assert.Throws<TrainingException>(() => new TrainingSet(task, features, label));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }
}
