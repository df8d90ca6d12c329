using Millrace.Statistics.Drift;

namespace Millrace.Tests.Statistics;

public sealed class DriftTests
{
    private static readonly double[] Even = [0.25, 0.25, 0.25, 0.25];

    [Fact]
    public void A_known_shift_of_shares_gives_the_index_worked_by_hand() =>
        Assert.Equal(0.2282, PopulationStability.OfShares([0.4, 0.3, 0.2, 0.1], Even), 4);

    [Fact]
    public void The_two_ways_of_cutting_bins_differ()
    {
        double[] reference = [.. Enumerable.Range(0, 100).Select(i => i * i / 100.0)];
        double[] current = [.. reference.Select(v => v + 20)];
        Assert.NotEqual(PopulationStability.ByDeciles(reference, current)!.Value,
            PopulationStability.BySturges(reference, current)!.Value, 1);
    }

    [Fact]
    public void Distances_of_shares_are_symmetric_and_zero_only_for_equal_shares()
    {
        var random = new Random(11);
        Func<double[], double[], double>[] distances =
        [
            (a, b) => PopulationStability.OfShares(a, b), (a, b) => ShareDistance.JensenShannon(a, b),
            (a, b) => ShareDistance.TotalVariation(a, b),
            (a, b) => ShareDistance.Hellinger(a, b), (a, b) => ShareDistance.LInfinity(a, b),
        ];
        for (var round = 0; round < 200; round++)
        {
            var (a, b) = (Shares(random), Shares(random));
            foreach (var distance in distances)
            {
                Assert.Equal(distance(a, b), distance(b, a), 12);
                Assert.Equal(0, distance(a, a), 7);
                Assert.True(distance(a, b) > 0);
            }

            Assert.InRange(ShareDistance.JensenShannonBase2(a, b), 0, 1);
        }

        Assert.Equal(1, ShareDistance.JensenShannonBase2([1, 0], [0, 1]), 12);
        Assert.Throws<ArgumentException>(() => ShareDistance.JensenShannon([1], [0.5, 0.5]));
    }

    [Fact]
    public void Moving_all_values_moves_the_earth_by_as_much()
    {
        var random = new Random(3);
        for (var round = 0; round < 100; round++)
        {
            double[] values = [.. Enumerable.Range(0, random.Next(1, 80)).Select(_ => random.NextDouble() * 100)];
            double[] others = [.. Enumerable.Range(0, random.Next(1, 80)).Select(_ => random.NextDouble() * 100)];
            var shift = random.NextDouble() * 10;
            Assert.Equal(shift, Wasserstein.Distance(values, [.. values.Select(v => v + shift)])!.Value, 9);
            Assert.Equal(Wasserstein.Distance(values, others)!.Value, Wasserstein.Distance(others, values)!.Value, 9);
            Assert.Equal(Wasserstein.Distance(values, others)!.Value, Wasserstein.Distance([.. values.Reverse()], others)!.Value, 12);
        }
    }

    [Fact]
    public void Samples_without_a_finite_value_have_no_distance()
    {
        double[] nothing = [double.NaN, double.PositiveInfinity];
        Assert.Null(Wasserstein.Distance(nothing, [1]));
        Assert.Null(PopulationStability.ByDeciles([1], nothing));
        Assert.Null(PopulationStability.BySturges([], [1]));
        Assert.Null(KolmogorovSmirnov.Test([1], []));
        Assert.Equal(1, Wasserstein.Distance([1, double.NaN], [2, double.NegativeInfinity]));
    }

    [Fact]
    public void A_constant_column_has_finite_measures()
    {
        Assert.Equal(0, PopulationStability.ByDeciles([5, 5, 5], [5, 5])!.Value);
        Assert.Equal(0, PopulationStability.BySturges([5, 5, 5], [5, 5])!.Value);
        Assert.True(PopulationStability.ByDeciles([5, 5, 5], [6, 6])! > 1);
        Assert.Equal(1000, Wasserstein.Normalised([5, 5, 5], [6, 6])!.Value, 9);
    }

    [Fact]
    public void The_exact_chance_of_Kolmogorov_and_Smirnov_matches_counting_all_orders()
    {
        // All 20 ways to order three and three values; D = 1 in two of them, at least 2/3 in twelve less two.
        Assert.Equal(0.1, KolmogorovSmirnov.Test([1, 2, 3], [4, 5, 6])!.Value.PValue!.Value, 12);
        Assert.Equal(1, KolmogorovSmirnov.Test([1, 2, 3], [1, 2, 3])!.Value.PValue!.Value, 12);
        var random = new Random(9);
        double[] reference = [.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble())];
        double[] current = [.. Enumerable.Range(0, 3000).Select(_ => random.NextDouble() + 0.02)];
        var test = KolmogorovSmirnov.Test(reference, current)!.Value;
        Assert.InRange(KolmogorovSmirnov.Asymptotic(test.Statistic, 2000, 3000) / test.PValue!.Value, 0.97, 1.03);
    }

    [Fact]
    public void A_greater_shift_has_a_smaller_chance()
    {
        var before = 1.0;
        for (var shift = 0; shift <= 10; shift++)
        {
            var test = KolmogorovSmirnov.Test(Rising(0), Rising(shift * 3))!.Value;
            Assert.True(test.PValue <= before);
            before = test.PValue!.Value;
        }
    }

    [Fact]
    public void Chances_of_chi_square_match_the_table()
    {
        // The 5 % line of one degree of freedom is 3.8415: two cells of 5,000 that miss by 98.
        Assert.Equal(0.05, ChiSquare.GoodnessOfFit([5000, 5000], [5098, 4902])!.Value.PValue!.Value, 4);
        Assert.Equal(1, ChiSquare.GoodnessOfFit([50, 50, 0], [5, 5, 0])!.Value.PValue!.Value);
        Assert.Null(ChiSquare.GoodnessOfFit([0, 0], [1, 1]));
        Assert.Equal(new HypothesisTest(0, 1), ProportionTest.Z(0, 10, 0, 20));
        Assert.Equal(1, ProportionTest.FisherExact(0, 10, 0, 20)!.Value.PValue);
    }

    private static double[] Rising(int from) => [.. Enumerable.Range(from, 40).Select(i => (double)i)];

    private static double[] Shares(Random random)
    {
        double[] raw = [.. Enumerable.Range(0, 6).Select(_ => random.NextDouble() + 0.001)];
        return [.. raw.Select(v => v / raw.Sum())];
    }
}
