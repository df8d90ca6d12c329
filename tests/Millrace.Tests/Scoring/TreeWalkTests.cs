using Millrace.Native;
using Millrace.Scoring;
using Millrace.Tests.Native;
using Millrace.Tests.Training;
using Millrace.Training;

namespace Millrace.Tests.Scoring;

/// <summary>A model of trees is walked without the engine, and answers as the engine does.</summary>
public sealed class TreeWalkTests
{
    /// <summary>Behind a link, of 1 or of the answer.</summary>
    private const double LinkTolerance = 2e-7;

    public static TheoryData<LearningTask, string> Trained { get; } = new()
    {
        { LearningTask.Regression, "squared" }, { LearningTask.Regression, "absolute" }, { LearningTask.Regression, "poisson" },
        { LearningTask.Binary, "squared" },
    };

    [Theory]
    [MemberData(nameof(Trained))]
    public void A_trained_model_gives_what_the_engine_gives(LearningTask task, string loss)
    {
        using var model = OnnxModel.Open(Train(task, loss));
        Assert.True(model.WalksTrees, model.EngineReason);

        var columns = Strange(4500, seed: 5);
        var (walked, engine) = (Score(model, columns), ByEngine(model, columns));
        var isExact = task == LearningTask.Regression && loss != "poisson";
        AssertEqual(engine.Values<float>(0), walked.Values<float>(0), isExact ? 0 : LinkTolerance);
        if (task == LearningTask.Binary)
            Assert.Equal(
                walked.Values<float>(ModelOutput.Probability).ToArray().Select(p => p >= 0.5f ? 1L : 0),
                walked.Values<long>(ModelOutput.Label).ToArray());
    }

    [Theory]
    [MemberData(nameof(Trained))]
    public void A_row_s_answer_is_the_same_bits_in_every_batch(LearningTask task, string loss)
    {
        using var model = OnnxModel.Open(Train(task, loss));
        var together = Score(model, Strange(700, seed: 6)).Values<float>(0).ToArray();
        foreach (var size in new[] { 1, 2, 3, 5, 127, 128, 129, 400 })
        {
            for (var from = 0; from + size <= together.Length; from += Math.Max(size, 40))
            {
                var part = Strange(700, seed: 6, from, size);
                Assert.Equal(together.AsSpan(from, size).ToArray(), Score(model, part).Values<float>(0).ToArray());
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(257)]
    public void Forests_of_any_number_of_trees_sum_to_the_engine_s_bits(int trees)
    {
        using var model = OnnxModel.Open(new ForestSketch(trees, leaves: 1 + (trees % 40), seed: trees).Bytes());
        Assert.True(model.WalksTrees, model.EngineReason);

        var columns = new[] { ModelColumn.Of("x", ForestSketch.Values(1000, seed: 3)) };
        AssertEqual(ByEngine(model, columns).Values<float>(0), Score(model, columns).Values<float>(0), 0);
    }

    [Theory]
    [InlineData("Sigmoid", -30, 30)]
    [InlineData("Exp", -87, 88)]
    public void A_link_is_near_the_engine_s_wherever_floats_reach(string link, int least, int most)
    {
        var forest = new ForestSketch(1, 3000, seed: 8);
        var weights = Enumerable.Range(0, 3000).Select(i => (float)(least + ((most - least) * (i / 2999.0))));
        var thresholds = ForestSketch.Values(3000, seed: 9).Select(v => float.IsNaN(v) ? 0 : v).Take(forest.Modes.Count);
        forest = forest.With("target_weights", weights.ToArray()).With("base_values", new[] { 0f })
            .With("nodes_values", thresholds.ToArray());
        using var model = OnnxModel.Open(forest.Bytes(output: link));
        Assert.True(model.WalksTrees, model.EngineReason);

        ModelColumn[] columns = [ModelColumn.Of("x", ForestSketch.Values(20_000, seed: 4))];
        var engine = ByEngine(model, columns).Values<float>(0);
        AssertEqual(engine, Score(model, columns).Values<float>(0), LinkTolerance);
        Assert.True(engine.ToArray().Distinct().Count() > 30);
    }

    [Fact]
    public void Doubles_whole_numbers_flags_and_texts_become_the_engine_s_floats()
    {
        using var model = OnnxModel.Open(new OnnxSketch()
            .Input("d", OrtElementType.Double, "N", 1).Input("l", OrtElementType.Int64, "N", 1)
            .Input("b", OrtElementType.Bool, "N", 1).Input("t", OrtElementType.String, "N", 1)
            .Output("y", OrtElementType.Float, "N", 1)
            .Node("TreeEnsembleRegressor", ["all"], ["y"], "ai.onnx.ml", [.. new ForestSketch(60, 12, seed: 9, features: 4).Attributes()])
            .Node("Cast", ["d"], ["df"], "", ("to", 1L)).Node("Cast", ["l"], ["lf"], "", ("to", 1L))
            .Node("Cast", ["b"], ["bf"], "", ("to", 1L))
            .Node("LabelEncoder", ["t"], ["tf"], "ai.onnx.ml",
                ("keys_strings", new[] { "a", "é", "" }), ("values_floats", new[] { 1f, -2f, 3f }))
            .Node("Concat", ["df", "lf", "bf", "tf"], ["all"], "", ("axis", 1L)).Bytes());
        Assert.True(model.WalksTrees, model.EngineReason);

        double[] doubles = [double.NaN, double.PositiveInfinity, double.MaxValue, -double.Epsilon, -0.0, 0.1, -3.3333333333333335, 1e-46];
        long[] longs = [long.MaxValue, long.MinValue, 16_777_217, -16_777_219, 0, 1, -2, 3];
        ModelColumn[] columns =
        [
            ModelColumn.Of("d", doubles), ModelColumn.Of("l", longs),
            ModelColumn.Of("b", [true, false, true, false, true, false, true, false]),
            ModelColumn.Of("t", ["a", "é", "", "unseen", "\uD800", "A", "e\u0301", "a "]),
        ];
        AssertEqual(ByEngine(model, columns).Values<float>(0), Score(model, columns).Values<float>(0), 0);
    }

    [Fact]
    public void A_missing_value_goes_where_its_node_says_and_infinities_are_compared()
    {
        var stump = new ForestSketch(1, 2, seed: 1, features: 1);
        foreach (var threshold in new[] { 0f, -0f, float.NegativeInfinity, float.PositiveInfinity, float.MaxValue })
        {
            foreach (var missing in new long[] { 0, 1 })
            {
                using var model = OnnxModel.Open(stump.With("nodes_values", new[] { threshold, 0, 0 })
                    .With("nodes_missing_value_tracks_true", new[] { missing, 0, 0 }).Bytes());
                Assert.True(model.WalksTrees, model.EngineReason);
                ModelColumn[] columns =
                [
                    ModelColumn.Of("x", [float.NaN, float.NegativeInfinity, float.PositiveInfinity, -0f, 0, float.Epsilon, float.MaxValue]),
                ];
                AssertEqual(ByEngine(model, columns).Values<float>(0), Score(model, columns).Values<float>(0), 0);
            }
        }
    }

    [Fact]
    public void A_model_without_trees_is_scored_by_the_engine()
    {
        var constant = new TrainingSet(LearningTask.Regression, Examples.Columns(200, seed: 1), [.. Enumerable.Repeat(3.0, 200)]);
        foreach (var trainer in new[] { "gbdt", "mean", "ridge" })
        {
            using var model = OnnxModel.Open(Examples.TrainAll(Examples.Trainer(trainer), constant).ToOnnx());
            Assert.False(model.WalksTrees);
            Assert.NotEmpty(model.EngineReason);
            Assert.Equal(3, Score(model, Strange(10, seed: 2)).Values<float>(0)[6], 1e-4);
        }
    }

    [Fact]
    public void What_is_not_known_exactly_is_left_to_the_engine()
    {
        var forest = new ForestSketch(3, 5, seed: 2);
        Assert.Equal("The trees have splits other than BRANCH_LEQ.", Reason(forest.With(
            "nodes_modes", forest.Modes.Select(m => m == "LEAF" ? m : "BRANCH_LT").ToArray())));
        Assert.Equal("The trees have an aggregate function other than SUM.", Reason(forest.With("aggregate_function", "AVERAGE")));
        Assert.Equal("The trees have a transform of its sum.", Reason(forest.With("post_transform", "LOGISTIC")));
        Assert.Equal("The graph has parts that no output needs.", Reason(forest, s => s.Node("Identity", ["x"], ["unused"])));
        Assert.Equal("The graph has parts that no output needs.", Reason(forest, s => s.Constant("unused", [1], 1)));
        Assert.Equal("The tensor 'unused' is not one float.", Reason(forest, s => s.Constant("unused", [1, 2], 2)));
        Assert.Equal("The graph has outputs of different numbers.", Reason(forest, s => s
            .Output("z", OrtElementType.Float, "N", 1).Node("Neg", ["y"], ["z"])));
        Assert.Equal("The graph has the operator Neg behind the trees.", Reason(forest, output: "Neg"));
        Assert.Equal("", Reason(forest, output: "Sigmoid"));
        Assert.Equal("", Reason(forest, output: "Exp"));
    }

    [Fact]
    public void A_broken_forest_is_refused_or_left_to_the_engine_and_never_loops()
    {
        var forest = new ForestSketch(2, 4, seed: 2);
        var count = forest.Modes.Count;
        foreach (var list in new[] { "nodes_truenodeids", "nodes_falsenodeids", "nodes_nodeids", "nodes_treeids", "nodes_featureids" })
        {
            var right = (long[])forest.Attributes().Single(a => a.Name == list).Value;
            for (var i = 0; i < count; i++)
            {
                foreach (var wrong in new long[] { 0, 1, 2, -1, 99, long.MaxValue, long.MinValue })
                {
                    var values = right.ToArray();
                    values[i] = wrong;
                    var isWhole = wrong == right[i] || list switch
                    {
                        "nodes_treeids" => false,
                        "nodes_nodeids" => right[i] == 0 && wrong is (< 0 or > 6),
                        "nodes_featureids" => forest.Modes[i] == "LEAF" || wrong is >= 0 and < 5,
                        _ => forest.Modes[i] == "LEAF",
                    };
                    if (Walks(forest.With(list, values)) != isWhole)
                        Assert.Fail(FormattableString.Invariant($"{list}[{i}] = {wrong} instead of {right[i]}: walked is {!isWhole}."));
                }
            }
        }

        Assert.False(Walks(forest.With("nodes_values", new float[count - 1])));
        Assert.False(Walks(forest.With("nodes_values", Enumerable.Repeat(float.NaN, count).ToArray())));
        Assert.False(Walks(forest.With("target_weights", Enumerable.Repeat(float.PositiveInfinity, 8).ToArray())));
        Assert.False(Walks(forest.With("target_weights", Enumerable.Repeat(float.MaxValue, 8).ToArray())));
        Assert.False(Walks(forest.With("target_nodeids", new long[8])));
        Assert.False(Walks(forest.With("nodes_missing_value_tracks_true", Enumerable.Repeat(2L, count).ToArray())));

        // The engine would follow such children without end, so it is not asked: the reader alone sees these files.
        bool Walks(ForestSketch sketch) =>
            Millrace.Scoring.Trees.TreeGraph.Walker(sketch.Bytes(), ForestSketch.Signature, out _) is not null;
    }

    [Fact]
    public void A_file_that_is_cut_or_has_a_byte_changed_is_read_to_an_end()
    {
        var file = new ForestSketch(2, 3, seed: 2).Bytes();
        for (var length = 0; length < file.Length; length++)
            Millrace.Scoring.Trees.TreeGraph.Walker(file.AsSpan(0, length), ForestSketch.Signature, out _);
        var (chance, room, row) = (new Random(4), new float[1], new float[] { 1, 2, 3, 4, 5 });
        for (var i = 0; i < 20_000; i++)
        {
            var changed = file.ToArray();
            changed[chance.Next(file.Length)] = (byte)chance.Next(256);
            changed[chance.Next(file.Length)] = (byte)chance.Next(256);
            if (Millrace.Scoring.Trees.TreeGraph.Walker(changed, ForestSketch.Signature, out _) is not { } walker)
                continue;
            using var x = new BatchColumn<float>(ForestSketch.Signature.Inputs[0], 0);
            using var y = new BatchColumn<float>(ForestSketch.Signature.Outputs[0], 0);
            x.Resize(1);
            y.Resize(1);
            row.CopyTo(x.Span);
            walker.Score([x], [y], 1, ref room);
        }
    }

    [Fact]
    public void Walking_allocates_nothing()
    {
        using var model = OnnxModel.Open(new ForestSketch(30, 16, seed: 1).Bytes());
        ScoreSome(model, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ScoreSome(model, 1_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void ScoreSome(OnnxModel model, int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var batch = model.Rent(i % 2 == 0 ? 1 : 300);
                batch.Values<float>(0).Fill(i);
                batch.Score();
            }
        }
    }

    [Fact]
    public void A_walked_model_refuses_what_the_engine_would_not_be_given()
    {
        var model = OnnxModel.Open(Train(LearningTask.Regression, "squared"));
        var columns = Strange(3, seed: 1);
        var colour = columns.FindIndex(c => c.Name == "colour");
        columns[colour] = ModelColumn.Of("colour", ["red", "a\0b", "red"]);
        Assert.Equal("The text of the input colour (text [N, 1]) in row 1 holds a NUL character.",
            Assert.Throws<ScoringException>(() => Score(model, columns)).Message);

        model.WarmUp();
        var batch = model.Rent(1);
        Assert.Equal("The input x (float [N, 1]) is missing.", Assert.Throws<ScoringException>(batch.Score).Message);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(batch.Score);
    }

    private static byte[] Train(LearningTask task, string loss)
    {
        var set = Examples.Of(task, 2000, seed: 11);
        if (loss == "poisson")
            set = new TrainingSet(task, set.Features, [.. set.LabelValues.Select(y => Math.Max(0, Math.Round(y)))]);
        return Examples.Train(Examples.Trainer("gbdt"), set, 2, ("loss", loss)).ToOnnx();
    }

    /// <summary>Rows with NaN, infinities, far whole numbers, unseen categories and empty texts.</summary>
    private static List<ModelColumn> Strange(int rows, int seed, int from = 0, int? count = null)
    {
        var columns = Examples.Columns(rows, seed);
        float[] far = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, -0f];
        T[] Part<T>(ReadOnlyMemory<T> all, Func<T, int, T> change) => [.. all.ToArray().Select(change).Skip(from).Take(count ?? rows)];
        return
        [
            .. columns.Select(c => c.Type switch
            {
                FeatureType.Number => ModelColumn.Of(c.Name, Part(c.Numbers, (v, i) => i % 4 == 0 ? far[i / 4 % far.Length] : v)),
                FeatureType.Integer => ModelColumn.Of(c.Name, Part(c.Integers, (v, i) => i % 9 == 0 ? long.MaxValue - i : v)),
                FeatureType.Flag => ModelColumn.Of(c.Name, Part(c.Flags, (v, _) => v)),
                _ => ModelColumn.Of(c.Name, Part<string>(c.Texts!, (t, i) => i % 5 == 0 ? "mauve" : t ?? "")),
            }),
        ];
    }

    private static string Reason(ForestSketch forest, Action<OnnxSketch>? more = null, string? output = null)
    {
        using var model = OnnxModel.Open(forest.Bytes(more, output));
        if (model.WalksTrees)
        {
            ModelColumn[] columns = [ModelColumn.Of("x", ForestSketch.Values(100, seed: 3))];
            AssertEqual(ByEngine(model, columns).Values<float>(0), Score(model, columns).Values<float>(0), LinkTolerance);
        }

        return model.EngineReason;
    }

    private static Predictions Score(OnnxModel model, IReadOnlyList<ModelColumn> columns) =>
        model.Score(columns, TestContext.Current.CancellationToken);

    private static Predictions ByEngine(OnnxModel model, IReadOnlyList<ModelColumn> columns) =>
        model.ScoreByEngine(columns, TestContext.Current.CancellationToken);

    private static void AssertEqual(ReadOnlySpan<float> engine, ReadOnlySpan<float> walked, double tolerance)
    {
        Assert.Equal(engine.Length, walked.Length);
        for (var i = 0; i < engine.Length; i++)
        {
            var isSame = BitConverter.SingleToInt32Bits(engine[i]) == BitConverter.SingleToInt32Bits(walked[i]);
            if (!isSame && !(Math.Abs((double)engine[i] - walked[i]) <= tolerance * Math.Max(1, Math.Abs((double)engine[i]))))
                Assert.Fail(FormattableString.Invariant($"Row {i} is {walked[i]:R} walked and {engine[i]:R} in the engine."));
        }
    }
}
