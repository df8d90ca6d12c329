using Millrace.Statistics.Drift;
using Millrace.Statistics.Sketches;

namespace Millrace.Tests.Statistics;

public sealed class ReferenceSketchTests
{
    [Theory]
    [InlineData("normal")]
    [InlineData("heavy tail")]
    [InlineData("whole numbers")]
    [InlineData("few values")]
    public void A_sketch_measures_as_the_values_themselves_do(string shape)
    {
        var random = new Random(21);
        var reference = Draw(random, shape, 20_000, 0, 1);
        var sketch = ReferenceSketch.OfNumbers(reference);
        foreach (var (shift, scale) in ((double, double)[])[(0, 1), (0.1, 1), (0, 1.3), (2, 1), (-8, 1), (0, 0.2)])
        {
            var current = Draw(random, shape, 9_000, shift, scale);
            var result = sketch.Measure(current);
            var exact = Wasserstein.Distance(reference, current)!.Value;
            Assert.Equal(exact, result[DriftMeasure.Wasserstein].Value!.Value, (0.02 * exact) + (0.005 * sketch.StandardDeviation));
            Assert.Equal(PopulationStability.ByDeciles(reference, current)!.Value, result[DriftMeasure.PsiDeciles].Value!.Value, 9);
            var edges = Bins.DoaneEdges(reference);
            var js = ShareDistance.JensenShannon(Bins.Shares(Bins.CountInside(reference, edges)),
                Bins.Shares(Bins.CountInside(current, edges)));
            Assert.Equal(js, result[DriftMeasure.JensenShannon].Value!.Value, 9);
        }
    }

    [Fact]
    public void A_reference_measured_against_itself_has_not_moved()
    {
        var values = Draw(new Random(1), "normal", 5_000, 0, 1);
        var result = ReferenceSketch.OfNumbers(values).Measure(values);
        Assert.All(result.Measures, m => Assert.Equal(0, m.Value!.Value));
        Assert.All(result.Measures, m => Assert.False(m.IsAboveCustomary || m.IsAboveLearnt));
    }

    [Fact]
    public void Counts_do_not_see_the_order_and_merged_parts_are_the_whole()
    {
        var random = new Random(2);
        var sketch = ReferenceSketch.OfNumbers(Draw(random, "normal", 3_000, 0, 1));
        var current = Draw(random, "normal", 1_000, 0.3, 1).Append(double.NaN).ToArray();
        var (first, second) = (sketch.NewCounts(), sketch.NewCounts());
        first.Add(current.AsSpan(0, 400));
        second.Add(current.AsSpan(400));
        first.Merge(second);
        random.Shuffle(current);
        var shuffled = sketch.Measure(current);
        foreach (var (merged, whole) in sketch.Measure(first).Measures.Zip(shuffled.Measures))
            Assert.Equal(whole.Value!.Value, merged.Value!.Value, 12);
    }

    [Fact]
    public void The_chunks_of_a_steady_reference_teach_a_line_that_noise_stays_under_and_a_shift_crosses()
    {
        var random = new Random(3);
        var sketch = ReferenceSketch.OfNumbers(Draw(random, "normal", 20_000, 0, 1));
        var quiet = sketch.Measure(Draw(random, "normal", 2_000, 0, 1));
        var moved = sketch.Measure(Draw(random, "normal", 2_000, 0.3, 1));
        foreach (var name in (string[])[DriftMeasure.PsiDeciles, DriftMeasure.WassersteinNormed, DriftMeasure.JensenShannon])
        {
            Assert.False(quiet[name].IsAboveLearnt, name);
            Assert.True(moved[name].IsAboveLearnt, name);
        }

        Assert.True(moved[DriftMeasure.WassersteinNormed].IsAboveCustomary);
        Assert.False(moved[DriftMeasure.PsiDeciles].IsAboveCustomary);
    }

    [Fact]
    public void A_season_inside_the_reference_raises_the_learnt_line_only_when_chunks_follow_time()
    {
        var random = new Random(4);
        var order = Enumerable.Range(0, 10_000).ToArray();
        random.Shuffle(order);
        var times = order.Select(i => (long)i).ToArray();
        var values = order.Select(i => Math.Sin(i / 10_000.0 * 2 * Math.PI) + (random.NextDouble() * 0.1)).ToArray();
        var byTime = ReferenceSketch.OfNumbers(values, RowChunks.ByTime(times)).Learnt[DriftMeasure.WassersteinNormed];
        var byPlace = ReferenceSketch.OfNumbers(values).Learnt[DriftMeasure.WassersteinNormed];
        Assert.True(byTime > 5 * byPlace, $"{byTime} {byPlace}");
    }

    [Fact]
    public void Missing_values_have_their_own_measure_and_their_own_bin()
    {
        double[] reference = [.. Enumerable.Range(0, 1000).Select(i => (double)i)];
        double[] current = [.. reference.Select(v => v % 2 == 0 ? v : double.NaN)];
        var result = ReferenceSketch.OfNumbers(reference).Measure(current);
        Assert.Equal(0.5, result.MissingShare);
        Assert.True(result[DriftMeasure.MissingShare].IsAboveLearnt);
        Assert.True(result[DriftMeasure.PsiDeciles].IsAboveCustomary);
        Assert.False(result[DriftMeasure.JensenShannon].IsAboveCustomary);
    }

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { double.NaN, double.PositiveInfinity })]
    [InlineData(new[] { 4.0 })]
    [InlineData(new[] { 4.0, 4, 4, 4, double.NaN })]
    [InlineData(new[] { double.MaxValue, -double.MaxValue })]
    [InlineData(new[] { 1e300, -1e300, 0 })]
    [InlineData(new[] { 1e-320, 2e-320, 3e-320 })]
    public void A_degenerate_reference_and_a_degenerate_window_are_measured_or_undefined(double[] reference)
    {
        var sketch = ReferenceSketch.OfNumbers(reference);
        foreach (var current in (double[][])[[], [double.NaN], [4], [4, 5, 3], [double.NegativeInfinity, 1e300]])
        {
            var result = sketch.Measure(current);
            Assert.Equal(current.Length, result.Rows);
            Assert.All(result.Measures, m => Assert.False(m.Value is { } v && (double.IsNaN(v) || v < 0), $"{m}"));
        }

        Assert.Equal(sketch.ToJson(), ReferenceSketch.Parse(sketch.ToJson()).ToJson());
        Assert.Empty(sketch.Learnt);
    }

    [Fact]
    public void A_sketch_reads_back_to_the_last_digit()
    {
        var random = new Random(6);
        var numbers = ReferenceSketch.OfNumbers(Draw(random, "heavy tail", 2_000, 0, 1).Append(double.NaN).ToArray());
        var current = Draw(random, "heavy tail", 500, 0.2, 1);
        var back = Assert.IsType<NumericReference>(ReferenceSketch.Parse(numbers.ToJson()));
        Assert.Equal(numbers.ToJson(), back.ToJson());
        Assert.Equal(numbers.Measure(current).Measures, back.Measure(current).Measures);
        var counts = numbers.NewCounts();
        counts.Add(current);
        Assert.Equal(numbers.Measure(current).Measures, back.Measure(counts).Measures);

        var levels = ReferenceSketch.OfLevels([0, 1, 1, -1, 2], ["a", "b", "ü\"\n"]);
        Assert.Equal(levels.ToJson(), ReferenceSketch.Parse(levels.ToJson()).ToJson());
        Assert.Equal(["b", "a", "ü\"\n"],
            Assert.IsType<CategoricalReference>(ReferenceSketch.Parse(levels.ToJson())).Levels.Select(l => l.Level));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"kind\":\"numeric\"}")]
    [InlineData("{\"kind\":\"categorical\",\"levels\":[],\"other_levels\":0,\"other_rows\":0,\"rows\":3,\"missing_rows\":0}")]
    public void A_text_that_is_no_sketch_is_refused(string json) => Assert.Throws<FormatException>(() => ReferenceSketch.Parse(json));

    [Fact]
    public void Levels_are_measured_by_name_whatever_their_codes()
    {
        var sketch = ReferenceSketch.OfLevels([.. Enumerable.Range(0, 100).Select(i => i % 4 == 0 ? 1 : 0)], ["clear", "rain", "never"]);
        Assert.Equal([new LevelCount("clear", 75), new LevelCount("rain", 25)], sketch.Levels);
        var same = sketch.Measure([.. Enumerable.Range(0, 40).Select(i => i % 4 == 0 ? 0 : 1)], ["rain", "clear"]);
        Assert.All(same.Measures, m => Assert.Equal(0, m.Value!.Value, 9));
        var counts = sketch.NewCounts();
        counts.Add(["rain", "snow", "snow", "hail", null, "clear"]);
        var result = sketch.Measure(counts);
        Assert.Equal(["snow", "hail"], result.NewLevels);
        Assert.Equal(0.6, result.NewShare!.Value, 12);
        Assert.Equal(1, result.MissingRows);
        Assert.True(result[DriftMeasure.JensenShannon].IsAboveCustomary);
        Assert.True(result[DriftMeasure.PsiLevels].IsAboveCustomary);
    }

    [Fact]
    public void Beyond_two_hundred_levels_a_rare_one_cannot_be_told_new()
    {
        var levels = Enumerable.Range(0, 300).Select(i => $"l{i:000}").ToList();
        var sketch = ReferenceSketch.OfLevels([.. Enumerable.Range(0, 3000).Select(i => i % 300)], levels);
        Assert.Equal((200, 100, 1000L), (sketch.Levels.Count, sketch.OtherLevels, sketch.OtherRows));
        var result = sketch.Measure([.. Enumerable.Range(0, 3000).Select(i => i % 300)], levels);
        Assert.Null(result.NewRows);
        Assert.Empty(result.NewLevels);
        Assert.Equal(0, result[DriftMeasure.JensenShannon].Value!.Value, 9);
    }

    [Fact]
    public void Free_text_does_not_fill_the_memory_and_is_counted_all_the_same()
    {
        var sketch = ReferenceSketch.OfLevels([0, 0], ["a"]);
        var (first, second) = (sketch.NewCounts(), sketch.NewCounts());
        first.Add([.. Enumerable.Range(0, 5_000).Select(i => $"x{i}")]);
        second.Add([.. Enumerable.Range(0, 5_000).Select(i => $"y{i}")]);
        first.Merge(second);
        Assert.Equal(10_000, sketch.Measure(first).NewRows);
        Assert.Equal(20, sketch.Measure(first).NewLevels.Count);
    }

    [Fact]
    public void A_mistake_of_the_caller_is_told()
    {
        var sketch = ReferenceSketch.OfNumbers([1.0, 2, 3]);
        Assert.Throws<ArgumentException>(() => sketch.Measure(ReferenceSketch.OfNumbers([1.0, 2, 4]).NewCounts()));
        Assert.Throws<ArgumentException>(() => ReferenceSketch.OfNumbers([1.0, 2, 3], RowChunks.InOrder(4)));
        Assert.Throws<ArgumentException>(() => ReferenceSketch.OfLevels([0, 1], ["a"]));
        Assert.Contains("psi_deciles", Assert.Throws<KeyNotFoundException>(() => sketch.Measure([1.0])["psi"]).Message,
            StringComparison.Ordinal);
    }

    private static double[] Draw(Random random, string shape, int rows, double shift, double scale)
    {
        var values = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var moved = shift + (scale * normal);
            values[i] = shape switch
            {
                "heavy tail" => Math.Exp(2 * moved),
                "whole numbers" => Math.Round(10 * moved),
                "few values" => Math.Round(moved),
                _ => moved,
            };
        }

        return values;
    }
}
