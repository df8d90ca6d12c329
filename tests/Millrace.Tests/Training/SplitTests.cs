using System.Globalization;
using Millrace.Training;

namespace Millrace.Tests.Training;

public sealed class SplitTests
{
    private static readonly DateTime Start = new(2011, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void The_last_periods_of_time_are_held_out_and_validate()
    {
        var hours = Enumerable.Range(0, 24 * 30).Select(h => Start.AddHours(h)).ToArray();
        var split = Split.ByTime(hours, validation: TimeSpan.FromDays(2), holdout: TimeSpan.FromDays(7));
        Assert.Equal(168, split.Holdout.Length);
        Assert.Equal(48, split.Validation.Length);
        Assert.Equal(24 * 21, split.Train.Length);
        Assert.Equal(hours.Length - 1, split.Holdout[^1]);
        Assert.Equal(split.Train.Length, split.Validation[0]);
    }

    [Fact]
    public void Rows_out_of_order_go_by_their_time()
    {
        DateTime[] days = [Start.AddDays(3), Start, Start.AddDays(1), Start.AddDays(2)];
        var split = Split.ByTime(days, TimeSpan.FromDays(1), TimeSpan.FromDays(1));
        Assert.Equal([1, 2], split.Train);
        Assert.Equal([3], split.Validation);
        Assert.Equal([0], split.Holdout);
    }

    [Fact]
    public void Periods_of_length_zero_take_no_rows()
    {
        var split = Split.ByTime([Start, Start.AddDays(1)], TimeSpan.Zero, TimeSpan.Zero);
        Assert.Equal([0, 1], split.Train);
    }

    [Fact]
    public void A_span_shorter_than_the_periods_is_refused()
    {
        var two = TimeSpan.FromDays(2);
        var error = Assert.Throws<TrainingException>(() => Split.ByTime([Start, Start.AddDays(3)], two, two));
        Assert.Contains("leave none to train on", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_keeps_its_side_when_rows_come_and_go()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToList();
        var fewer = keys.Where((_, i) => i % 3 != 0).ToList();
        var (all, some) = (Split.ByKey(keys, 7, 0.1, 0.2), Split.ByKey(fewer, 7, 0.1, 0.2));
        var held = all.Holdout.Select(i => keys[i]).ToHashSet();
        Assert.All(some.Holdout, i => Assert.Contains(fewer[i], held));
        Assert.All(some.Train, i => Assert.DoesNotContain(fewer[i], held));
    }

    [Fact]
    public void A_random_split_has_about_the_shares_asked_for_and_another_with_another_seed()
    {
        var keys = Enumerable.Range(0, 10_000).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToList();
        var split = Split.ByKey(keys, 1, 0.1, 0.2);
        Assert.InRange(split.Holdout.Length, 1850, 2150);
        Assert.InRange(split.Validation.Length, 880, 1120);
        Assert.Equal(keys.Count, split.Train.Length + split.Validation.Length + split.Holdout.Length);
        Assert.NotEqual(split.Holdout, Split.ByKey(keys, 2, 0.1, 0.2).Holdout);
    }

    [Fact]
    public void The_side_of_a_key_is_the_hash_that_the_documentation_names()
    {
        // python3: int.from_bytes(hashlib.sha256(b"7\n" + key).digest()[:8], "big") / 2**64, key by key.
        Assert.Equal([4], Split.ByKey(["a", "b", "c", "d", "e", "f"], 7, validation: 0.25, holdout: 0.25).Holdout);
        Assert.Equal([1, 2, 3], Split.ByKey(["a", "b", "c", "d", "e", "f"], 7, validation: 0.25, holdout: 0.25).Validation);
    }
}
