using System.Security.Cryptography;
using Millrace.Training;

namespace Millrace.Tests.Training;

public sealed class GbdtTests
{
    private static readonly ITrainer Gbdt = Examples.Trainer("gbdt");

    [Theory]
    [InlineData("squared", 0.15)]
    [InlineData("absolute", 0.2)]
    public void A_law_is_learned_to_its_noise(string loss, double most)
    {
        var model = Examples.Train(Gbdt, Examples.Regression(5000, seed: 1), 2, ("loss", loss));
        var fresh = Examples.Columns(2000, seed: 99);
        var truth = Examples.Law(fresh);
        Assert.InRange(Examples.Rmse(model.Predict(fresh), truth), 0, most);
        var mean = Examples.Train(Examples.Trainer("mean"), Examples.Regression(5000, seed: 1));
        Assert.InRange(Examples.Rmse(mean.Predict(fresh), truth), 1, 5);
    }

    [Fact]
    public void A_rate_is_learned_by_poisson()
    {
        var columns = Examples.Columns(5000, seed: 1);
        var chance = new Random(5);
        double Count(double rate)
        {
            var (n, product) = (0, chance.NextDouble());
            for (; product > Math.Exp(-rate); n++)
                product *= chance.NextDouble();
            return n;
        }

        var set = new TrainingSet(LearningTask.Regression, columns, [.. Examples.Law(columns).Select(v => Count(Math.Exp(v / 3)))]);
        var model = Examples.Train(Gbdt, set, 2, ("loss", "poisson"));
        var fresh = Examples.Columns(2000, seed: 99);
        Assert.InRange(Examples.Rmse(model.Predict(fresh), [.. Examples.Law(fresh).Select(v => Math.Exp(v / 3))]), 0, 0.7);
        Assert.All(model.Predict(fresh), p => Assert.True(p > 0));
    }

    [Fact]
    public void Poisson_refuses_a_negative_label()
    {
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 2])], [1, -1]);
        var error = Assert.Throws<TrainingException>(() => Examples.TrainAll(Gbdt, set, ("loss", "poisson")));
        Assert.StartsWith(
            "The loss 'poisson' takes labels of 0 and above; training row 1 (from 0) has -1.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Probabilities_rank_and_are_calibrated()
    {
        var model = Examples.Train(Gbdt, Examples.Binary(8000, seed: 1));
        var fresh = Examples.Columns(2000, seed: 99);
        var truth = Examples.Law(fresh).Select(v => 1 / (1 + Math.Exp(2.5 - v))).ToList();
        Assert.InRange(Examples.Rmse(model.Predict(fresh), truth), 0, 0.08);
    }

    [Theory]
    [InlineData(LearningTask.Regression, "squared")]
    [InlineData(LearningTask.Regression, "absolute")]
    [InlineData(LearningTask.Regression, "poisson")]
    [InlineData(LearningTask.Binary, "squared")]
    public void One_two_and_three_threads_give_the_same_bytes(LearningTask task, string loss)
    {
        var set = Examples.Of(task, 25_000, seed: 3);
        if (loss == "poisson")
            set = new TrainingSet(task, set.Features, [.. set.LabelValues.Select(y => Math.Max(0, Math.Round(y)))]);
        var files = new[] { 1, 2, 3 }.Select(threads => Convert.ToHexString(SHA256.HashData(Examples.Train(
            Gbdt, set, threads, ("loss", loss), ("row_sample", "0.8"), ("column_sample", "0.7"), ("trees", "20")).ToOnnx()))).ToList();
        Assert.Equal(files[0], files[1]);
        Assert.Equal(files[0], files[2]);
    }

    [Fact]
    public void Early_stopping_keeps_the_trees_of_the_best_validation_loss()
    {
        var losses = new List<double>();
        var set = Examples.Regression(600, seed: 1);
        var split = new Split([.. Enumerable.Range(0, 400)], [.. Enumerable.Range(400, 200)], []);
        var request = new TrainingRequest(set, split, TrainerParameters.Of(Gbdt, ("early_stopping", "10")), 1)
        {
            OnIteration = m => losses.Add(m.ValidationLoss!.Value),
        };
        var model = Gbdt.Train(request, TestContext.Current.CancellationToken);
        Assert.Equal(losses.IndexOf(losses.Min()) + 1, model.Iterations);
        Assert.Equal(model.Iterations + 10, losses.Count);
        var validation = set.Features.Select(f => f.Take(split.Validation)).ToList();
        Assert.Equal(losses.Min(), Examples.Rmse(model.Predict(validation), [.. split.Validation.Select(i => set.LabelValues[i])]), 9);
    }

    [Fact]
    public void A_leaf_never_holds_fewer_rows_than_min_data()
    {
        // 19 rows of 100 differ: too few for a leaf of 20, so that nothing can be split off.
        var x = Enumerable.Range(0, 100).Select(i => i < 19 ? 1f : 0f).ToArray();
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", x)], [.. x.Select(v => (double)v * 10)]);
        Assert.Equal(0, Examples.TrainAll(Gbdt, set, ("min_data", "20")).Iterations);
        Assert.NotEqual(0, Examples.TrainAll(Gbdt, set, ("min_data", "19")).Iterations);
    }

    [Fact]
    public void One_split_gives_the_values_worked_by_hand()
    {
        // Mean 4; left rows -3 -2 -1 from it: -2 on average, right +2; half of it is learned by one tree of rate 0.5.
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 2, 3, 10, 11, 12])], [1, 2, 3, 5, 6, 7]);
        var model = Examples.TrainAll(Gbdt, set, ("trees", "1"), ("leaves", "2"), ("min_data", "1"), ("learning_rate", "0.5"));
        Assert.Equal([3, 3, 3, 5, 5, 5], model.Predict(set.Features).Select(p => Math.Round(p, 6)));
        Assert.Equal(3, model.Predict([FeatureColumn.OfNumbers("x", [6.5f])])[0], 6);
        Assert.Equal(5, model.Predict([FeatureColumn.OfNumbers("x", [6.500001f])])[0], 6);
        // G = -6 and 6 over 3 rows each: 36/3 + 36/3 - 0.
        Assert.Equal(24, model.Importance[0].Gain, 5);
    }

    [Fact]
    public void A_constant_and_an_empty_feature_are_left_unused_with_a_note()
    {
        var set = Examples.Regression(500, seed: 1);
        var more = new TrainingSet(LearningTask.Regression,
        [
            .. set.Features, FeatureColumn.OfNumbers("same", [.. Enumerable.Repeat(3f, 500)]),
            FeatureColumn.OfNumbers("empty", [.. Enumerable.Repeat(float.NaN, 500)]),
            FeatureColumn.OfTexts("blank", new string?[500]), FeatureColumn.OfTexts("one", [.. Enumerable.Repeat("a", 500)]),
        ], [.. set.LabelValues]);
        foreach (var trainer in Trainers.All.Where(t => t.Tasks.Contains(LearningTask.Regression) && t.Name != "mean"))
        {
            var model = Examples.Train(trainer, more);
            Assert.Equal(
            [
                "Feature 'same' is the same in all training rows; the model does not use it.",
                "Feature 'empty' has no value in any training row; the model does not use it.",
                "Feature 'blank' has no value in any training row; the model does not use it.",
                "Feature 'one' is the same in all training rows; the model does not use it.",
            ], model.Notes);
            Assert.All(model.Importance.Skip(5), i => Assert.Equal(0, i.Gain));
            Assert.Equal(9, model.Features.Count);
        }
    }

    [Fact]
    public void Features_without_any_use_make_a_constant_model_with_a_note()
    {
        var set = new TrainingSet(LearningTask.Regression, [FeatureColumn.OfNumbers("x", [1, 1, 1])], [1, 2, 6]);
        var model = Examples.TrainAll(Gbdt, set);
        Assert.Equal(3, model.Predict(set.Features)[0], 6);
        Assert.Equal("No split improves on a constant; the model answers every row alike.", model.Notes[^1]);
    }

    [Fact]
    public void Importance_finds_the_features_of_the_law()
    {
        var importance = Examples.Train(Gbdt, Examples.Regression(5000, seed: 1)).Importance.ToDictionary(i => i.Feature, i => i.Gain);
        Assert.All(new[] { "x", "steps", "open", "colour" }, f => Assert.True(importance[f] > 20 * importance["noise"], f));
    }

    [Fact]
    public void A_cancelled_training_stops()
    {
        using var source = new CancellationTokenSource();
        var request = new TrainingRequest(
            Examples.Regression(500, 1), new Split([.. Enumerable.Range(0, 400)], [], []), TrainerParameters.Defaults(Gbdt), 1)
        {
            OnIteration = m => source.Cancel(),
        };
        Assert.Throws<OperationCanceledException>(() => Gbdt.Train(request, source.Token));
    }

    /// <remarks>The bytes were written by another process. Whoever changes them on purpose raises the trainer's revision and writes the
    /// new hash here.</remarks>
    [Fact]
    public void The_same_makers_give_the_bytes_that_another_process_wrote()
    {
        var binary = Examples.Train(Gbdt, Examples.Binary(3000, seed: 5), 2, ("row_sample", "0.9"), ("trees", "30"));
        Assert.Equal("381D1FA9C84EEF49", Convert.ToHexString(SHA256.HashData(binary.ToOnnx()))[..16]);
    }
}
