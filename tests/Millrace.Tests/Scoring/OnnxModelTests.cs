using Millrace.Native;
using Millrace.Scoring;
using Millrace.Tests.Native;

namespace Millrace.Tests.Scoring;

/// <summary>The graph: rides = 2 temp (5 where it is missing) + hour + (10 in Bern, 20 in Basel, 1 elsewhere) + 100 on a holiday.</summary>
public sealed class OnnxModelTests
{
    private const string Signature = "temp (float [N, 1]), hour (long [N, 1]), city (text [N, 1]), holiday (bool [N, 1])";

    [Fact]
    public void A_model_tells_its_signature_and_what_its_maker_wrote()
    {
        using var model = OnnxModel.Open(Rides());

        Assert.Equal(Signature, string.Join(", ", model.Signature.Inputs));
        Assert.Equal("rides (float [N, 1]), place (text [N, 1])", string.Join(", ", model.Signature.Outputs));
        Assert.Equal([true, false, false, false], model.Signature.Inputs.Select(i => i.AllowsNull));
        Assert.Null(model.Signature.FixedRows);
        Assert.Equal("demand", model.Properties["asset"]);
    }

    [Fact]
    public void Columns_are_scored_by_name_with_nulls_and_unseen_categories()
    {
        using var model = OnnxModel.Open(Rides());

        var predictions = model.Score(
            [
                ModelColumn.Of("holiday", [false, true, false]),
                ModelColumn.Of("city", ["Bern", "Basel", "Zürich"]),
                ModelColumn.Of("hour", [8L, 9L, 10L]),
                ModelColumn.Of("temp", [20f, null, float.NaN]),
            ], TestContext.Current.CancellationToken);

        Assert.Equal([58, 139, 21], predictions.Values<float>("rides").ToArray());
        Assert.Equal(["Bern", "Basel", "Zürich"], predictions.Values<string>("place").ToArray());
        Assert.Equal(3, predictions.Rows);
        Assert.Throws<ArgumentException>(() => predictions.Values<float>("nowhere").Length);
        Assert.Throws<ArgumentException>(() => predictions.Values<double>("rides").Length);
    }

    [Fact]
    public void Many_rows_give_what_each_of_them_gives_alone()
    {
        using var model = OnnxModel.Open(Rides());
        const int Rows = 10_001;
        var columns = Columns(Rows);

        var together = model.Score(columns.List, TestContext.Current.CancellationToken).Values<float>("rides");
        using var batch = model.Rent(1);
        for (var row = 0; row < Rows; row++)
        {
            batch.Values<float>(0)[0] = columns.Temp[row];
            batch.Values<long>(1)[0] = columns.Hour[row];
            batch.Values<string>(2)[0] = columns.City[row];
            batch.Values<bool>(3)[0] = columns.Holiday[row];
            batch.Score();
            if (batch.Output<float>(0)[0] != together[row])
                Assert.Fail($"Row {row} gives {batch.Output<float>(0)[0]} alone and {together[row]} among others.");
        }
    }

    [Fact]
    public void Many_threads_score_one_model_at_once()
    {
        using var model = OnnxModel.Open(Rides());
        var cancellationToken = TestContext.Current.CancellationToken;
        var columns = Columns(500).List;
        var expected = model.Score(columns, cancellationToken).Values<float>("rides").ToArray();
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, _ =>
            Assert.Equal(expected, model.Score(columns, cancellationToken).Values<float>("rides").ToArray()));
    }

    [Fact]
    public void What_one_caller_left_in_a_batch_is_never_scored_for_the_next()
    {
        using var model = OnnxModel.Open(Rides());
        using (var first = model.Rent(1))
        {
            Fill(first);
            first.Values<bool>(3)[0] = true;
            first.Score();
            Assert.Equal(158, first.Output<float>(0)[0]);
        }

        using var second = model.Rent(1);
        Assert.Throws<InvalidOperationException>(() => second.Output<float>(0).Length);
        Fill(second);
        Assert.Equal("The input holiday (bool [N, 1]) is missing.", Assert.Throws<ScoringException>(second.Score).Message);
        Assert.False(second.Values<bool>(3)[0]);
        second.Score();
        Assert.Equal(58, second.Output<float>(0)[0]);

        static void Fill(ModelBatch batch)
        {
            batch.Values<float>(0)[0] = 20;
            batch.Values<long>(1)[0] = 8;
            batch.Values<string>(2)[0] = "Bern";
        }
    }

    [Fact]
    public void Columns_that_do_not_fit_are_refused_by_name()
    {
        using var model = OnnxModel.Open(Rides());
        ModelColumn temp = ModelColumn.Of("temp", new float[2]), hour = ModelColumn.Of("hour", new long[2]),
            city = ModelColumn.Of("city", ["a", "b"]), holiday = ModelColumn.Of("holiday", new bool[2]);

        Assert.Equal("The input city (text [N, 1]) is missing.", Refusal(temp, hour, holiday));
        Assert.Equal($"The model has no input 'tmp'. Its inputs are: {Signature}.", Refusal(ModelColumn.Of("tmp", new float[2]), hour, city, holiday));
        Assert.Equal("The input 'hour' is given twice.", Refusal(temp, hour, hour, city, holiday));
        Assert.Equal("The input temp (float [N, 1]) was given values of the type double.", Refusal(ModelColumn.Of("temp", new double[2]), hour, city, holiday));
        Assert.Equal("The input hour (long [N, 1]) has 3 rows and 'temp' has 2.", Refusal(temp, ModelColumn.Of("hour", new long[3]), city, holiday));
        Assert.Equal("The input city (text [N, 1]) has no text in row 1. A text cannot be null.", Refusal(temp, hour, ModelColumn.Of("city", ["a", null!]), holiday));
        Assert.Equal(
            "The text of the input city (text [N, 1]) in row 0 holds a NUL character.", Refusal(temp, hour, ModelColumn.Of("city", ["a\0", "b"]), holiday));
        Assert.Equal("The model takes 1 or more rows at a time and was given 0.", Assert.Throws<ScoringException>(() => model.Rent(0)).Message);

        string Refusal(params ModelColumn[] columns) =>
            Assert.Throws<ScoringException>(() => model.Score(columns, TestContext.Current.CancellationToken)).Message;
    }

    [Fact]
    public void No_rows_give_no_predictions()
    {
        using var model = OnnxModel.Open(Rides());

        Assert.Equal(0, model.Score(Columns(0).List, TestContext.Current.CancellationToken).Values<float>("rides").Length);
    }

    [Fact]
    public void A_column_may_hold_several_values_a_row_and_a_model_may_be_made_for_a_number_of_rows()
    {
        using var model = OnnxModel.Open(new OnnxSketch()
            .Input("x", OrtElementType.Double, 2, 3).Output("sum", OrtElementType.Double, 2)
            .Node("ReduceMax", ["x"], ["sum"], "", ("axes", new long[] { 1 }), ("keepdims", 0L)).Bytes());

        Assert.Equal((2, 3), (model.Signature.FixedRows, model.Signature.Inputs[0].Width));
        var four = model.Score([ModelColumn.Of("x", [1d, 2, 3, 6, 5, 4, 0, 0, 0, -1, -2, -3])], TestContext.Current.CancellationToken);
        Assert.Equal([3, 6, 0, -1], four.Values<double>(0).ToArray());
        Assert.Equal("The model takes exactly 2 rows at a time and was given 1.", Assert.Throws<ScoringException>(() => model.Rent(1)).Message);
        Assert.Throws<ScoringException>(() => model.Score([ModelColumn.Of("x", new double[9])], TestContext.Current.CancellationToken));
        Assert.Equal(
            "The input x (double [N, 3]) takes 3 values a row and was given 4.",
            Assert.Throws<ScoringException>(() => model.Score([ModelColumn.Of("x", new double[4])], TestContext.Current.CancellationToken)).Message);
    }

    [Fact]
    public void What_cannot_be_served_is_refused_with_the_reason()
    {
        Assert.Equal("The file of the model is empty.", Refusal([]));
        Assert.StartsWith("The file is not an ONNX model: ", Refusal("no model"u8.ToArray()));
        Assert.StartsWith("The file is a model that cannot be run: ", Refusal(Through(OrtElementType.Float, "NoSuchOperator", "N")));
        Assert.Equal(
            "The model's input 'x' is Int16 [N]. Models are scored on tensors of Float, Double, Int64, Bool and String.",
            Refusal(OrtSessionTests.Identity(OrtElementType.Int16)));
        Assert.Equal(
            "The model's input 'x' is Float [N, width]. Only the first dimension, the rows, may be free; 'width' must be a size from 1.",
            Refusal(Through(OrtElementType.Float, "Identity", "N", "width")));
        Assert.Equal(
            "The model's input 'x' is a scalar or has no declared shape. Its first dimension must be the rows.",
            Refusal(Through(OrtElementType.Float, "Identity")));
        Assert.StartsWith("The model's output 'y' is Float [1]", Refusal(new OnnxSketch()
            .Input("x", OrtElementType.Float, "N").Output("y", OrtElementType.Float, 1).Node("ReduceMax", ["x"], ["y"], "", ("keepdims", 1L)).Bytes()));

        static string Refusal(byte[] file) => Assert.Throws<OnnxModelException>(() => OnnxModel.Open(file)).Message;

        static byte[] Through(OrtElementType type, string node, params object[] shape) =>
            new OnnxSketch().Input("x", type, shape).Output("y", type, shape).Node(node, ["x"], ["y"]).Bytes();
    }

    [Fact]
    public void A_model_warms_up_and_a_disposed_one_lets_batches_end_and_takes_no_more()
    {
        var model = OnnxModel.Open(Rides());
        model.WarmUp();
        var batch = model.Rent(1);
        for (var i = 0; i < 4; i++)
            model.Rent(i + 1).Dispose();
        model.Dispose();
        model.Dispose();

        batch.Values<string>(2)[0] = "Bern";
        batch.Dispose();
        batch.Dispose();
        Assert.Throws<ObjectDisposedException>(() => batch.Values<float>(0).Length);
        Assert.Throws<ObjectDisposedException>(() => model.Rent(1));
        Assert.Throws<ObjectDisposedException>(() => model.Score(Columns(1).List, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Scoring_one_row_allocates_nothing()
    {
        using var model = OnnxModel.Open(OrtSessionTests.Identity(OrtElementType.Float));
        ScoreOne(model, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ScoreOne(model, 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void ScoreOne(OnnxModel model, int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var batch = model.Rent(1);
                batch.Values<float>(0)[0] = i;
                batch.Score();
                if (batch.Output<float>(0)[0] != i)
                    throw new InvalidOperationException("The identity is not.");
            }
        }
    }

    private static (float[] Temp, long[] Hour, string[] City, bool[] Holiday, ModelColumn[] List) Columns(int rows)
    {
        string[] cities = ["Bern", "Basel", "Genf"];
        var temp = Enumerable.Range(0, rows).Select(i => i % 7 == 0 ? float.NaN : (i % 30) - 5f).ToArray();
        var hour = Enumerable.Range(0, rows).Select(i => (long)(i % 24)).ToArray();
        var city = Enumerable.Range(0, rows).Select(i => cities[i % 3]).ToArray();
        var holiday = Enumerable.Range(0, rows).Select(i => i % 11 == 0).ToArray();
        return (temp, hour, city, holiday,
            [ModelColumn.Of("temp", temp), ModelColumn.Of("hour", hour), ModelColumn.Of("city", city), ModelColumn.Of("holiday", holiday)]);
    }

    private static byte[] Rides() => new OnnxSketch()
        .Input("temp", OrtElementType.Float, "N", 1).Input("hour", OrtElementType.Int64, "N", 1)
        .Input("city", OrtElementType.String, "N", 1).Input("holiday", OrtElementType.Bool, "N", 1)
        .Output("rides", OrtElementType.Float, "N", 1).Output("place", OrtElementType.String, "N", 1)
        .Constant("mean", [5], 1, 1).Constant("two", [2], 1, 1).Constant("hundred", [100], 1, 1)
        .Node("IsNaN", ["temp"], ["lacks"]).Node("Where", ["lacks", "mean", "temp"], ["full"]).Node("Mul", ["full", "two"], ["warmth"])
        .Node("Cast", ["hour"], ["clock"], "", ("to", 1L))
        .Node("LabelEncoder", ["city"], ["level"], "ai.onnx.ml", ("keys_strings", new[] { "Bern", "Basel" }), ("values_floats", new[] { 10f, 20f }), ("default_float", 1f))
        .Node("Cast", ["holiday"], ["off"], "", ("to", 1L)).Node("Mul", ["off", "hundred"], ["feast"])
        .Node("Sum", ["warmth", "clock", "level", "feast"], ["rides"])
        .Node("Identity", ["city"], ["place"])
        .Property("asset", "demand")
        .Bytes();
}
