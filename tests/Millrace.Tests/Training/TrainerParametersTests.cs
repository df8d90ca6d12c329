using Millrace.Training;

namespace Millrace.Tests.Training;

public sealed class TrainerParametersTests
{
    [Fact]
    public void An_unknown_parameter_lists_what_exists()
    {
        var error = Assert.Throws<FormatException>(() => TrainerParameters.Of(Examples.Trainer("ridge"), ("alpha", "1")));
        Assert.Equal("Trainer 'ridge' has no parameter 'alpha'. It has: l2.", error.Message);
    }

    [Fact]
    public void A_near_miss_is_suggested()
    {
        var error = Assert.Throws<FormatException>(() => TrainerParameters.Of(Examples.Trainer("gbdt"), ("max_dept", "3")));
        Assert.EndsWith("Did you mean 'max_depth'?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("leaves", "1",
        "Parameter 'leaves' of trainer 'gbdt' is '1'. It takes a whole number from 2 to 4096; the default is 31.")]
    [InlineData("leaves", "2.5",
        "Parameter 'leaves' of trainer 'gbdt' is '2.5'. It takes a whole number from 2 to 4096; the default is 31.")]
    [InlineData("row_sample", "0", "Parameter 'row_sample' of trainer 'gbdt' is '0'. It takes a number from 0.01 to 1; the default is 1.")]
    [InlineData("l2", "nan", "Parameter 'l2' of trainer 'gbdt' is 'nan'. It takes a number from 0 to 1000000000; the default is 0.")]
    [InlineData("loss", "huber",
        "Parameter 'loss' of trainer 'gbdt' is 'huber'. It takes one of: squared, absolute, poisson; the default is squared.")]
    public void A_value_out_of_range_says_what_would_work(string name, string value, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => TrainerParameters.Of(Examples.Trainer("gbdt"), (name, value))).Message);

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        Assert.Null(TrainerParameters.Read(Examples.Trainer("gbdt"), [new("trees", "0"), new("depth", "3")], out var mistakes));
        Assert.Equal(["trees", "depth"], mistakes.Select(m => m.Parameter));
    }

    [Fact]
    public void Values_hold_the_defaults_and_one_form_of_a_number()
    {
        var values = TrainerParameters.Of(Examples.Trainer("gbdt"), ("learning_rate", "5e-2"), ("trees", "1e2")).Values;
        Assert.Equal([new("trees", "100"), new("learning_rate", "0.05"), new("leaves", "31")], values.Take(3));
    }

    [Fact]
    public void Trainers_have_names_of_their_own() => Assert.Equal(Trainers.All.Count, Trainers.All.DistinctBy(t => t.Name).Count());

    [Fact]
    public void An_unknown_trainer_lists_those_of_the_task()
    {
        Assert.Null(Trainers.Find("xgboost", LearningTask.Binary, out var mistake));
        Assert.Equal("There is no trainer 'xgboost'. For the task binary there are: gbdt, logistic, mean.", mistake);
        Assert.Null(Trainers.Find("ridge", LearningTask.Binary, out mistake));
        Assert.Equal("Trainer 'ridge' does not learn the task binary. For it there are: gbdt, logistic, mean.", mistake);
        Assert.Equal("ridge", Trainers.Find("ridge", LearningTask.Regression, out mistake)?.Name);
        Assert.Null(mistake);
    }
}
