using Millrace.Scoring;
using Millrace.Training;

namespace Millrace.Tests.Training;

/// <summary>The ONNX file answers as the trained model does: for every trainer, for missing values and unseen categories, row by row
/// and in batches.</summary>
public sealed class ParityTests
{
    public static TheoryData<string, LearningTask, string> Models { get; } = new()
    {
        { "gbdt", LearningTask.Regression, "squared" }, { "gbdt", LearningTask.Regression, "absolute" },
        { "gbdt", LearningTask.Regression, "poisson" },
        { "gbdt", LearningTask.Binary, "squared" }, { "ridge", LearningTask.Regression, "" }, { "logistic", LearningTask.Binary, "" },
        { "mean", LearningTask.Regression, "" }, { "mean", LearningTask.Binary, "" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void The_file_answers_as_the_model(string trainer, LearningTask task, string loss)
    {
        var model = Train(trainer, task, loss);
        using var onnx = OnnxModel.Open(model.ToOnnx());
        var parity = Parity.Measure(model, onnx, Strange(Examples.Columns(5000, seed: 77)), TestContext.Current.CancellationToken);
        Assert.True(parity.Holds, parity.ToString());
        Assert.Equal(5000, parity.Rows);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void One_row_at_a_time_equals_the_batch(string trainer, LearningTask task, string loss)
    {
        using var onnx = OnnxModel.Open(Train(trainer, task, loss).ToOnnx());
        var columns = Strange(Examples.Columns(300, seed: 77));
        var output = task == LearningTask.Binary ? ModelOutput.Probability : ModelOutput.Prediction;
        var batch = Score(onnx, columns, output);
        for (var i = 0; i < 300; i++)
        {
            var one = Score(onnx, [.. columns.Select(c => c.Take([i]))], output)[0];
            if (trainer == "gbdt")
                Assert.Equal(batch[i], one);
            else
                Assert.Equal(batch[i], one, 1e-5f);
        }
    }

    [Fact]
    public void The_file_takes_one_column_a_raw_feature_and_explains_itself()
    {
        var model = Train("gbdt", LearningTask.Binary, "squared");
        using var onnx = OnnxModel.Open(model.ToOnnx(new Dictionary<string, string> { ["train.query"] = "SELECT 1" }));
        Assert.Equal("x (float [N, 1]), steps (long [N, 1]), open (bool [N, 1]), colour (text [N, 1]), noise (float [N, 1])",
            string.Join(", ", onnx.Signature.Inputs));
        Assert.Equal("probability (float [N, 1]), label (long [N, 1])", string.Join(", ", onnx.Signature.Outputs));
        Assert.Null(onnx.Signature.FixedRows);
        Assert.Equal("SELECT 1", onnx.Properties["train.query"]);
        Assert.StartsWith(
            """{"task":"binary","trainer":"gbdt","features":[{"name":"x","type":"float"},{"name":"steps","type":"int64"}""",
            onnx.Properties["millrace.signature"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_between_two_training_values_falls_on_the_same_side()
    {
        // Thresholds are middles rounded to floats; values at, just below and just above each of them are where rounding would show.
        var set = Examples.Regression(3000, seed: 1);
        var model = Examples.Train(Examples.Trainer("gbdt"), set);
        var values = set.Features[0].Numbers.ToArray().Where(v => !float.IsNaN(v)).Order().Take(1000).ToArray();
        var middles = values.Zip(values.Skip(1), (a, b) => (float)(((double)a + b) / 2));
        float[] near = [.. middles.SelectMany(m => new[] { float.BitDecrement(m), m, float.BitIncrement(m) })];
        using var onnx = OnnxModel.Open(model.ToOnnx());
        var columns = Examples.Columns(near.Length, seed: 3).Skip(1).Prepend(FeatureColumn.OfNumbers("x", near)).ToList();
        Assert.True(Parity.Measure(model, onnx, columns, TestContext.Current.CancellationToken) is { Holds: true });
    }

    [Fact]
    public void Another_model_s_file_does_not_hold()
    {
        var model = Train("gbdt", LearningTask.Regression, "squared");
        using var onnx = OnnxModel.Open(Train("gbdt", LearningTask.Regression, "absolute").ToOnnx());
        var parity = Parity.Measure(model, onnx, Examples.Columns(100, seed: 77), TestContext.Current.CancellationToken);
        Assert.False(parity.Holds);
    }

    [Fact]
    public void A_missing_feature_and_one_of_another_type_are_named()
    {
        var model = Train("ridge", LearningTask.Regression, "");
        var columns = Examples.Columns(10, seed: 1);
        Assert.Equal("The model needs the feature 'noise'. Given are: x, steps, open, colour.",
            Assert.Throws<ArgumentException>(() => model.Predict([.. columns.Take(4)])).Message);
        IReadOnlyList<FeatureColumn> wrong = [.. columns.Where(c => c.Name != "steps"), FeatureColumn.OfNumbers("steps", new float[10])];
        Assert.Equal("Feature 'steps' is Number; the model was trained with Integer.",
            Assert.Throws<ArgumentException>(() => model.Predict(wrong)).Message);
    }

    private static TrainedModel Train(string trainer, LearningTask task, string loss)
    {
        var set = Examples.Of(task, 2000, seed: 11);
        if (loss == "poisson")
            set = new TrainingSet(task, set.Features, [.. set.LabelValues.Select(y => Math.Max(0, Math.Round(y)))]);
        return Examples.Train(Examples.Trainer(trainer), set, 2, loss.Length > 0 ? [("loss", loss)] : []);
    }

    /// <summary>The same rows with unseen categories, empty texts and far values among them.</summary>
    private static List<FeatureColumn> Strange(IReadOnlyList<FeatureColumn> columns) => [.. columns.Select(c => c.Name switch
    {
        "colour" => FeatureColumn.OfTexts("colour", [.. c.Texts.ToArray().Select((t, i) => i % 5 == 0 ? "mauve" : i % 7 == 0 ? "" : t)]),
        "steps" => FeatureColumn.OfIntegers("steps", [.. c.Integers.ToArray().Select((v, i) => i % 9 == 0 ? v - 1_000_000 : v)]),
        "noise" => FeatureColumn.OfNumbers("noise", [.. c.Numbers.ToArray().Select((v, i) => i % 3 == 0 ? float.NaN : v)]),
        _ => c,
    })];

    private static float[] Score(OnnxModel onnx, IReadOnlyList<FeatureColumn> columns, string output)
    {
        var given = columns.Select(c => c.Type switch
        {
            FeatureType.Number => ModelColumn.Of(c.Name, c.Numbers.ToArray()),
            FeatureType.Integer => ModelColumn.Of(c.Name, c.Integers.ToArray()),
            FeatureType.Flag => ModelColumn.Of(c.Name, c.Flags.ToArray()),
            _ => ModelColumn.Of(c.Name, Array.ConvertAll(c.Texts.ToArray(), t => t ?? "")),
        }).ToList();
        return onnx.Score(given, TestContext.Current.CancellationToken).Values<float>(output).ToArray();
    }
}
