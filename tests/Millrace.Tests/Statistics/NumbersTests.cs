using System.Runtime.Intrinsics;
using Millrace.Statistics;

namespace Millrace.Tests.Statistics;

public sealed class NumbersTests
{
    public static TheoryData<double> Values { get; } = [-700, -50.5, -1, -1e-9, 0, 1e-300, 0.3, 0.5, 1, Math.E, 17.25, 300, 699];

    [Theory]
    [MemberData(nameof(Values))]
    public void The_exponential_is_right_to_the_last_bits(double x) =>
        Assert.Equal(1, Numbers.Exp(x) / Math.Exp(x), 5e-16 * (1 + Math.Abs(x) / 100));

    [Theory]
    [MemberData(nameof(Values))]
    public void The_logarithm_is_right_to_the_last_bits(double x)
    {
        if (x > 0)
            Assert.Equal(Math.Log(x), Numbers.Log(x), 4e-16 * Math.Max(1, Math.Abs(Math.Log(x))));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Four_at_once_give_the_bits_of_one(double x)
    {
        var four = Numbers.Sigmoid(Vector256.Create(x, -x, x / 3, x + 1));
        double[] one = [Numbers.Sigmoid(x), Numbers.Sigmoid(-x), Numbers.Sigmoid(x / 3), Numbers.Sigmoid(x + 1)];
        double[] together = [four[0], four[1], four[2], four[3]];
        Assert.Equal(one, together);
    }
}
