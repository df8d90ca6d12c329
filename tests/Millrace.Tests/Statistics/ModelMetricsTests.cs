using Millrace.Statistics;
using Millrace.Statistics.Metrics;

namespace Millrace.Tests.Statistics;

public sealed class ModelMetricsTests
{
    [Fact]
    public void Each_metric_is_undefined_on_no_rows_and_finite_on_some()
    {
        foreach (var metric in ModelMetrics.All)
        {
            Assert.Null(metric.Measure([], []));
            Assert.True(double.IsFinite(metric.Measure([1, 0, 1, 0], [0.9, 0.6, 0.4, 0.2])!.Value), metric.Name);
            Assert.Same(metric, ModelMetrics.Find(metric.Name));
        }

        Assert.Null(ModelMetrics.Find("RMSE"));
        Assert.Contains("rmse", ModelMetrics.Names(MetricTask.Regression));
        Assert.DoesNotContain("rmse", ModelMetrics.Names(MetricTask.Binary));
    }

    [Theory]
    [InlineData("roc_auc")]
    [InlineData("average_precision")]
    [InlineData("balanced_accuracy")]
    [InlineData("recall")]
    [InlineData("precision")]
    [InlineData("f1")]
    [InlineData("mcc")]
    [InlineData("kappa")]
    public void With_one_class_only_nothing_is_made_up(string name) =>
        Assert.Null(ModelMetrics.Find(name)!.Measure([0, 0, 0], [0.1, 0.2, 0.3]));

    [Theory]
    [InlineData("r2")]
    [InlineData("explained_variance")]
    public void Equal_labels_have_no_variance_to_explain(string name) =>
        Assert.Null(ModelMetrics.Find(name)!.Measure([0.1, 0.1, 0.1], [0.1, 0.2, 0.3]));

    [Fact]
    public void Labels_of_zero_are_left_out_of_mape_but_not_of_wape()
    {
        Assert.Equal(0.25, ModelMetrics.Find("mape")!.Measure([0, 2, 4], [9, 3, 4]));
        Assert.Equal(10.0 / 6, ModelMetrics.Find("wape")!.Measure([0, 2, 4], [9, 3, 4]));
        Assert.Null(ModelMetrics.Find("mape")!.Measure([0, 0], [1, 2]));
        Assert.Null(ModelMetrics.Find("wape")!.Measure([0, 0], [1, 2]));
    }

    [Fact]
    public void Equal_scores_count_half() => Assert.Equal(0.5, ModelMetrics.Find("roc_auc")!.Measure([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]));

    [Fact]
    public void A_wrong_certainty_costs_much_but_not_everything() =>
        Assert.Equal(34.5, ModelMetrics.Find("log_loss")!.Measure([1], [0])!.Value, 1);

    [Theory]
    [InlineData("rmse", new[] { 1, double.NaN }, new[] { 1.0, 2 }, "the label of row 1 is NaN")]
    [InlineData("rmse", new[] { 1.0, 2 }, new[] { 1.0, double.PositiveInfinity }, "the prediction of row 1 is Infinity")]
    [InlineData("roc_auc", new[] { 1.0, 2 }, new[] { 0.5, 0.5 }, "the label of row 1 is 2")]
    [InlineData("brier", new[] { 1.0, 0 }, new[] { 0.5, 1.5 }, "the prediction of row 1 is 1.5")]
    [InlineData("brier", new[] { 1.0, 0 }, new[] { 0.5 }, "2 labels and 1 predictions")]
    public void A_value_that_a_metric_cannot_take_is_named_with_its_row(string name, double[] labels, double[] predictions, string says) =>
        Assert.Contains(says, Assert.Throws<ArgumentException>(() => ModelMetrics.Find(name)!.Measure(labels, predictions)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_direction_of_a_metric_says_which_value_is_better()
    {
        Assert.True(ModelMetrics.Find("rmse")!.IsBetter(1, 2));
        Assert.False(ModelMetrics.Find("rmse")!.IsBetter(2, 2));
        Assert.True(ModelMetrics.Find("roc_auc")!.IsBetter(0.9, 0.8));
        Assert.True(ModelMetrics.Find("roc_auc")!.IsBetter(0.1, null));
        Assert.False(ModelMetrics.Find("roc_auc")!.IsBetter(null, 0.1));
    }

    [Fact]
    public void Metrics_do_not_see_the_order_of_rows_and_rank_metrics_only_the_order_of_scores()
    {
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            var labels = Enumerable.Range(0, 60).Select(_ => (double)random.Next(2)).Append(0).Append(1).ToArray();
            var scores = labels.Select(l => Math.Round(Math.Clamp((l * 0.2) + (random.NextDouble() * 0.8), 0, 1), 2)).ToArray();
            var order = Enumerable.Range(0, labels.Length).ToArray();
            random.Shuffle(order);
            foreach (var metric in ModelMetrics.All)
            {
                var shuffled = metric.Measure(order.Select(i => labels[i]).ToArray(), order.Select(i => scores[i]).ToArray());
                Assert.Equal(metric.Measure(labels, scores)!.Value, shuffled!.Value, 12);
            }

            foreach (var metric in ModelMetrics.All.Where(m => m.Need == MetricNeed.Score))
                Assert.Equal(metric.Measure(labels, scores), metric.Measure(labels, scores.Select(s => Math.Exp(3 * s)).ToArray()));
            var auc = ModelMetrics.Find("roc_auc")!;
            Assert.Equal(1, auc.Measure(labels, scores)!.Value + auc.Measure(labels, scores.Select(s => -s).ToArray())!.Value, 12);
        }
    }

    [Fact]
    public void An_interval_holds_its_value_and_the_same_seed_gives_the_same_interval()
    {
        var random = new Random(7);
        var labels = Enumerable.Range(0, 300).Select(_ => random.NextDouble() * 10).ToArray();
        var predictions = labels.Select(l => l + random.NextDouble() - 0.5).ToArray();
        var metric = ModelMetrics.Find("rmse")!;
        var interval = Bootstrap.Interval(metric, labels, predictions, seed: 1, resamples: 200)!;
        Assert.InRange(metric.Measure(labels, predictions)!.Value, interval.Low, interval.High);
        Assert.Equal(interval, Bootstrap.Interval(metric, labels, predictions, seed: 1, resamples: 200));
        Assert.NotEqual(interval, Bootstrap.Interval(metric, labels, predictions, seed: 2, resamples: 200));
        Assert.Null(Bootstrap.Interval(metric, [], [], seed: 1));
    }

    [Fact]
    public void A_proportion_has_the_interval_of_Wilson()
    {
        // The worked example of 81 of 263 at 95 %: 0.2553 to 0.3662.
        var interval = ConfidenceInterval.Wilson(81, 263)!;
        Assert.Equal(0.2553, interval.Low, 4);
        Assert.Equal(0.3662, interval.High, 4);
        Assert.Equal(0, ConfidenceInterval.Wilson(0, 10)!.Low);
        Assert.Equal(1, ConfidenceInterval.Wilson(10, 10)!.High);
        Assert.Null(ConfidenceInterval.Wilson(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConfidenceInterval.Wilson(11, 10));
    }
}
