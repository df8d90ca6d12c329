using System.Security.Cryptography;
using Millrace.Training;

namespace Millrace.Tests.Training;

public sealed class LinearTests
{
    private static readonly ITrainer Ridge = Examples.Trainer("ridge");
    private static readonly ITrainer Logistic = Examples.Trainer("logistic");

    [Fact]
    public void Without_l2_a_line_is_found_exactly()
    {
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 2, 3, 4])], [3, 5, 7, 9]);
        var predictions = Examples.TrainAll(Ridge, set, ("l2", "0")).Predict([FeatureColumn.OfNumbers("x", [10, -1])]);
        Assert.Equal(21, predictions[0], 5);
        Assert.Equal(-1, predictions[1], 5);
    }

    [Fact]
    public void An_l2_as_large_as_the_rows_halves_the_slope()
    {
        // With z of deviation 1 the weight is sum z (y - mean) / (n + l2): n = l2 = 4 gives half of the slope 1, through the mean 2.5.
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 2, 3, 4])], [1, 2, 3, 4]);
        var predictions = Examples.TrainAll(Ridge, set, ("l2", "4")).Predict(set.Features);
        Assert.Equal([1.75, 2.25, 2.75, 3.25], predictions.Select(p => Math.Round(p, 6)));
    }

    [Fact]
    public void A_missing_number_is_imputed_by_the_mean_and_told_apart()
    {
        // Values 1 and 3 lie on a line through (2, 20), and missing rows are 5 above it.
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 3, float.NaN, float.NaN])], [10, 30, 25, 25]);
        var predictions = Examples.TrainAll(Ridge, set, ("l2", "0")).Predict(set.Features);
        Assert.Equal([10, 30, 25, 25], predictions.Select(p => Math.Round(p, 5)));
    }

    [Fact]
    public void Columns_that_depend_on_each_other_need_l2()
    {
        var set = new TrainingSet(LearningTask.Regression,
            [FeatureColumn.OfNumbers("x", [1, 2, 3, 4]), FeatureColumn.OfNumbers("twice", [2, 4, 6, 8])], [1, 2, 3, 5]);
        var error = Assert.Throws<TrainingException>(() => Examples.TrainAll(Ridge, set, ("l2", "0")));
        Assert.EndsWith("Set l2 above 0.", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Examples.TrainAll(Ridge, set, ("l2", "0.001")).Importance.Count(i => i.Gain > 0));
    }

    [Fact]
    public void A_flag_gives_the_share_of_each_group()
    {
        // 1 of 4 closed rows and 3 of 4 open ones are positive; without l2 the model is saturated.
        var open = new[] { false, false, false, false, true, true, true, true };
        var set = new TrainingSet(LearningTask.Binary, [FeatureColumn.OfFlags("open", open)], [1, 0, 0, 0, 1, 1, 1, 0]);
        var predictions = Examples.TrainAll(Logistic, set, ("l2", "0")).Predict(set.Features);
        Assert.Equal(0.25, predictions[0], 6);
        Assert.Equal(0.75, predictions[7], 6);
    }

    [Fact]
    public void Classes_that_one_line_parts_stay_finite_with_l2()
    {
        var set = new TrainingSet(LearningTask.Binary, [FeatureColumn.OfNumbers("x", [1, 2, 3, 4])], [0, 0, 1, 1]);
        var predictions = Examples.TrainAll(Logistic, set).Predict(set.Features);
        Assert.True(predictions[0] < predictions[1] && predictions[1] < 0.5 && predictions[2] > 0.5);
    }

    /// <remarks>
    /// scikit-learn 1.2.1: x and u standardised by their population deviation;
    /// LogisticRegression(C=0.5, solver="newton-cg", tol=1e-14), its L-BFGS stops 6e-6 short; Ridge(alpha=1.5, solver="cholesky") over
    /// both and c one-hot.
    /// </remarks>
    [Fact]
    public void Both_agree_with_scikit_learn()
    {
        var x = FeatureColumn.OfNumbers("x", [1, 2, 3, 4, 5, 6, 7, 8]);
        var u = FeatureColumn.OfNumbers("u", [3, 1, 4, 1, 5, 9, 2, 6]);
        var c = FeatureColumn.OfTexts("c", ["a", "b", "a", "c", "b", "a", "c", "c"]);
        var classes = new TrainingSet(LearningTask.Binary, [x, u], [0, 0, 1, 0, 1, 0, 1, 1]);
        double[] probabilities =
            [0.2991288522, 0.348758768, 0.4106450513, 0.4646591584, 0.5321682085, 0.5985197316, 0.6433653335, 0.7027548966];
        var logistic = Examples.TrainAll(Logistic, classes, ("l2", "2")).Predict(classes.Features);
        Assert.All(probabilities.Zip(logistic), p => Assert.Equal(p.First, p.Second, 1e-6));

        var numbers = new TrainingSet(LearningTask.Regression, [x, u, c], [1, 2, 2, 5, 4, 3, 9, 8]);
        double[] answers =
            [0.9806401487, 2.5090351419, 2.3487473237, 5.4285242238, 4.0098799077, 3.6290656907, 7.5909481852, 7.5031593777];
        var ridge = Examples.TrainAll(Ridge, numbers, ("l2", "1.5")).Predict(numbers.Features);
        Assert.All(answers.Zip(ridge), a => Assert.Equal(a.First, a.Second, 1e-6));
    }

    [Fact]
    public void An_unseen_category_adds_nothing()
    {
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfTexts("c", ["a", "a", "b", "b"])], [1, 1, 3, 3]);
        var model = Examples.TrainAll(Ridge, set, ("l2", "0.0001"));
        var predictions = model.Predict([FeatureColumn.OfTexts("c", ["a", "b", "new", null])]);
        Assert.Equal(1, predictions[0], 3);
        Assert.Equal(3, predictions[1], 3);
        Assert.Equal(2, predictions[2], 3);
        Assert.Equal(predictions[2], predictions[3]);
    }

    [Theory]
    [InlineData("ridge", LearningTask.Regression)]
    [InlineData("logistic", LearningTask.Binary)]
    public void One_two_and_three_threads_give_the_same_bytes(string name, LearningTask task)
    {
        var set = Examples.Of(task, 40_000, seed: 3);
        string Hash(int threads) => Convert.ToHexString(SHA256.HashData(Examples.Train(Examples.Trainer(name), set, threads).ToOnnx()));
        var files = new[] { 1, 2, 3 }.Select(Hash).ToList();
        Assert.Equal(files[0], files[1]);
        Assert.Equal(files[0], files[2]);
    }
}
