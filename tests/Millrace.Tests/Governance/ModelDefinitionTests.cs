using Millrace.Assets;
using Millrace.Governance;
using Millrace.Training;

namespace Millrace.Tests.Governance;

/// <summary>What a model's file says, and what is wrong with it.</summary>
public sealed class ModelDefinitionTests
{
    private const string Least = "task: regression\ndata: hours\nlabel: rides\nkey: hour\n";

    [Fact]
    public void A_short_file_gets_the_defaults()
    {
        var model = Read(Least + "time_column: hour\n").Model!;
        Assert.Equal((LearningTask.Regression, "gbdt", 1L), (model.Task, model.Trainer, model.Seed));
        Assert.Equal(new SplitRule(true, new Portion(null, 0.2), new Portion(null, 0.1)), model.Split);
    }

    [Fact]
    public void Without_time_rows_are_drawn_by_their_key() => Assert.False(Read(Least).Model!.Split.ByTime);

    [Fact]
    public void A_split_takes_periods_shares_and_none()
    {
        var split = Read(Least + "time_column: hour\nsplit: {holdout: 28 days, validation: none}\n").Model!.Split;
        Assert.Equal(new SplitRule(true, new Portion(new Period(28, IntervalUnit.Day), 0), null), split);
    }

    [Theory]
    [InlineData("split: {by: time}", "by time, but the model has no time_column")]
    [InlineData("split: {holdout: 28 days}", "rows are drawn at random. Give a share of them")]
    [InlineData("split: {holdout: 120%}", "takes a share between 0% and 95%")]
    [InlineData("split: {holdout: 60%, validation: 40%}", "leave too few to learn from")]
    [InlineData("gates: [{metric: mae}]", "The gate asks for nothing")]
    [InlineData("gates: [{metric: mae, max: 3, tolerance: 0.1}]", "Write not_worse_than: champion too")]
    [InlineData("gates: [{metric: mae, better_than: champion}]", "It can be: baseline.")]
    [InlineData("features: [a]\nexclude: [a]", "stands under 'features' and under 'exclude'")]
    [InlineData("tunning: {}", "has no key 'tunning'")]
    public void A_mistake_says_what_would_work(string more, string message)
    {
        var (model, problems) = Read(Least + more + "\n");
        Assert.Null(model);
        Assert.Contains(message, Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Binding_reports_every_column_type_metric_trainer_and_parameter_that_does_not_fit()
    {
        var schema = new Schema(
        [
            new Column("hour", DataType.TimestampNtz), new Column("rides", DataType.Long), new Column("day", DataType.Date), new Column("weather", DataType.String),
        ]);
        var model = Read("task: regression\ndata: hours\nlabel: ridez\nkey: hour\nexclude: [wether]\nparameters: {leafs: 3}\nbaseline: weather\ngates:\n  - {metric: roc_auc, min: 0.7}\n").Model!;
        var problems = new List<Problem>();
        Assert.Null(ModelPlan.Bind(model, schema, problems));
        Assert.Equal(
            [
                "3 'label' names the column 'ridez', which hours has not. Did you mean 'rides'?",
                "5 'exclude' names the column 'wether', which hours has not. Did you mean 'weather'?",
                "2 The column 'day' is DATE, from which nothing can be learnt as it is.",
                "7 The baseline 'weather' is VARCHAR.",
                "9 There is no metric 'roc_auc' for the task regression.",
                "6 Trainer 'gbdt' has no parameter 'leafs'.",
            ],
            problems.Select(p => $"{p.Line} {p.Message.Split(["  ", " Its columns", " Make numbers", " A naive", " Metrics are", " It has"], StringSplitOptions.None)[0]}"));
    }

    [Fact]
    public void Without_a_list_every_column_but_label_key_and_time_is_a_feature()
    {
        var schema = new Schema([new Column("id", DataType.Long), new Column("y", DataType.Boolean), new Column("a", DataType.Double), new Column("b", DataType.String), new Column("c", DataType.Boolean)]);
        var model = Read("task: binary\ndata: rows\nlabel: y\nkey: id\nexclude: c\n").Model!;
        var plan = ModelPlan.Bind(model, schema, new List<Problem>())!;
        Assert.Equal([new ModelFeature("a", FeatureType.Number), new ModelFeature("b", FeatureType.Text)], plan.Query.Features);
    }

    [Fact]
    public void The_label_is_no_feature()
    {
        var schema = new Schema([new Column("id", DataType.Long), new Column("y", DataType.Double), new Column("a", DataType.Double)]);
        var model = Read("task: regression\ndata: rows\nlabel: y\nkey: id\nfeatures: [a, y]\n").Model!;
        var problems = new List<Problem>();
        Assert.Null(ModelPlan.Bind(model, schema, problems));
        Assert.Contains("a model that sees it knows the answer", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    private static (ModelDefinition? Model, List<Problem> Problems) Read(string text)
    {
        var problems = new List<Problem>();
        return (ModelDefinitionReader.Read("models/demand.yaml", text, problems), problems);
    }
}
