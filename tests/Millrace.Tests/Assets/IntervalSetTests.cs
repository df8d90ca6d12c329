using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class IntervalSetTests
{
    private const int Hours = 24 * 40;

    private static readonly DateTimeOffset Zero = new(2012, 1, 30, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Neighbours_and_overlaps_are_joined_in_order() =>
        Assert.Equal([Span(0, 5), Span(7, 9)], IntervalSet.Of(Span(7, 8), Span(3, 5), Span(0, 3), Span(8, 9), Span(1, 2)));

    [Fact]
    public void Random_sets_behave_as_bitmaps_of_hours()
    {
        var random = new Random(20110101);
        for (var round = 0; round < 300; round++)
        {
            var (a, b) = (RandomSet(random), RandomSet(random));
            var (x, y) = (Bits(a), Bits(b));

            Assert.Equal(Zip(x, y, (p, q) => p || q), Bits(a.Union(b)));
            Assert.Equal(Zip(x, y, (p, q) => p && q), Bits(a.Intersect(b)));
            Assert.Equal(Zip(x, y, (p, q) => p && !q), Bits(a.Except(b)));
            Assert.Equal(x.Zip(y).Any(p => p.First && p.Second), a.Overlaps(b));
            Assert.Equal(x.Count(p => p), a.CountUnits(IntervalUnit.Hour));

            foreach (var set in (IntervalSet[])[a.Union(b), a.Intersect(b), a.Except(b), IntervalSet.All.Except(a)])
            {
                Assert.All(set.Zip(set.Skip(1)), p => Assert.True(p.First.End < p.Second.Start));
                Assert.Equal(set, IntervalSet.Parse(set.ToString()));
                Assert.Equal(set.GetHashCode(), IntervalSet.Parse(set.ToString()).GetHashCode());
            }
        }
    }

    [Fact]
    public void Random_sets_keep_the_laws_of_sets()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var (a, b, c) = (RandomSet(random), RandomSet(random), RandomSet(random));
            Assert.Equal(a.Union(b), b.Union(a));
            Assert.Equal(a.Intersect(b), b.Intersect(a));
            Assert.Equal(a.Intersect(b.Union(c)), a.Intersect(b).Union(a.Intersect(c)));
            Assert.Equal(a, a.Except(b).Union(a.Intersect(b)));
            Assert.Equal(a, IntervalSet.All.Except(IntervalSet.All.Except(a)));
            Assert.True(a.Union(IntervalSet.All.Except(a)).IsAll);
            Assert.True(a.Except(a).IsEmpty);
        }
    }

    [Theory]
    [InlineData(IntervalUnit.Day)]
    [InlineData(IntervalUnit.Week)]
    [InlineData(IntervalUnit.Month)]
    [InlineData(IntervalUnit.Year)]
    public void Aligning_gives_the_smallest_set_of_whole_units_around(IntervalUnit unit)
    {
        var random = new Random((int)unit);
        for (var round = 0; round < 100; round++)
        {
            var set = RandomSet(random);
            var aligned = set.Align(unit);
            Assert.True(set.Except(aligned).IsEmpty);
            Assert.Equal(aligned, aligned.Align(unit));
            Assert.All(aligned, i => Assert.Equal((i.Start, i.End), (unit.Floor(i.Start), unit.Floor(i.End))));

            var units = 0;
            foreach (var interval in aligned)
            {
                for (var at = interval.Start; at < interval.End; at = unit.Add(at, 1), units++)
                    Assert.True(set.Overlaps(IntervalSet.Of(new Interval(at, unit.Add(at, 1)))));
            }

            Assert.Equal(units, set.CountUnits(unit));
        }
    }

    [Fact]
    public void Extending_touches_the_units_after_each_interval()
    {
        var set = IntervalSet.Of(Span(0, 24), Span(72, 96));
        Assert.Equal([Span(0, 48), Span(72, 120)], set.ExtendForward(IntervalUnit.Day, 1));
        Assert.Equal([Span(0, 144)], set.ExtendForward(IntervalUnit.Day, 2));
        Assert.Equal(set, set.ExtendForward(IntervalUnit.Day, 0));
        Assert.True(IntervalSet.All.ExtendForward(IntervalUnit.Day, 3).IsAll);
    }

    [Fact]
    public void The_empty_set_and_the_whole_of_time_are_themselves()
    {
        Assert.Equal("", IntervalSet.Empty.ToString());
        Assert.Equal("all", IntervalSet.All.ToString());
        Assert.True(IntervalSet.Parse("all").IsAll);
        Assert.True(IntervalSet.Parse("").IsEmpty);
        Assert.Null(IntervalSet.All.CountUnits(IntervalUnit.Day));
        Assert.Equal(0, IntervalSet.Empty.CountUnits(IntervalUnit.Day));
        Assert.True(IntervalSet.All.Align(IntervalUnit.Week).IsAll);
        Assert.True(IntervalSet.All.Except(IntervalSet.All).IsEmpty);
        Assert.False(IntervalSet.Empty.Overlaps(IntervalSet.All));
    }

    private static Interval Span(int from, int to) => new(Zero.AddHours(from), Zero.AddHours(to));

    private static IntervalSet RandomSet(Random random) => IntervalSet.Of(Enumerable.Range(0, random.Next(8)).Select(_ =>
    {
        var from = random.Next(Hours - 1);
        return Span(from, Math.Min(Hours, from + 1 + random.Next(100)));
    }));

    private static bool[] Bits(IntervalSet set) =>
        [.. Enumerable.Range(0, Hours).Select(h => set.Any(i => i.Start <= Zero.AddHours(h) && Zero.AddHours(h) < i.End))];

    private static bool[] Zip(bool[] x, bool[] y, Func<bool, bool, bool> join) => [.. x.Zip(y, join)];
}
