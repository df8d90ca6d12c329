using System.Globalization;
using Millrace.Assets;

namespace Millrace.Tests.Assets;

public sealed class IntervalTests
{
    [Theory]
    [InlineData("2011-01-01/2011-02-01", "2011-01-01T00:00:00Z/2011-02-01T00:00:00Z")]
    [InlineData("2011-01-01T02:00:00+02:00/2011-01-01T00:00:00.5Z", "2011-01-01T00:00:00Z/2011-01-01T00:00:00.5Z")]
    [InlineData("0001-01-01T00:00:00Z/9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00Z/9999-12-31T23:59:59.9999999Z")]
    public void An_interval_is_read_and_written_in_UTC(string text, string written)
    {
        Assert.Equal(written, Interval.Parse(text).ToString());
        Assert.Equal(Interval.Parse(text), Interval.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2011-01-01")]
    [InlineData("yesterday/today")]
    [InlineData("2011-01-02/2011-01-01")]
    [InlineData("2011-01-01/2011-01-01")]
    [InlineData("2011-01-01/2011-01-02/2011-01-03")]
    public void A_text_that_is_no_interval_is_refused(string text) =>
        Assert.Contains("is no interval", Assert.Throws<FormatException>(() => Interval.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_interval_that_does_not_end_after_its_start_does_not_exist() =>
        Assert.Throws<ArgumentException>(() => new Interval(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData("hour", "2012-02-29T23:59:59.9999999Z", "2012-02-29T23:00:00Z", "2012-03-01T00:00:00Z")]
    [InlineData("day", "2012-02-29T23:59:59Z", "2012-02-29T00:00:00Z", "2012-03-01T00:00:00Z")]
    [InlineData("day", "2012-03-01T01:00:00+02:00", "2012-02-29T00:00:00Z", "2012-03-01T00:00:00Z")]
    [InlineData("week", "2012-01-01T12:00:00Z", "2011-12-26T00:00:00Z", "2012-01-02T00:00:00Z")]
    [InlineData("week", "2012-01-02T00:00:00Z", "2012-01-02T00:00:00Z", "2012-01-02T00:00:00Z")]
    [InlineData("week", "2012-01-02T00:00:01Z", "2012-01-02T00:00:00Z", "2012-01-09T00:00:00Z")]
    [InlineData("month", "2012-02-29T00:00:00Z", "2012-02-01T00:00:00Z", "2012-03-01T00:00:00Z")]
    [InlineData("year", "2012-12-31T23:59:59Z", "2012-01-01T00:00:00Z", "2013-01-01T00:00:00Z")]
    [InlineData("year", "2012-01-01T00:00:00Z", "2012-01-01T00:00:00Z", "2012-01-01T00:00:00Z")]
    [InlineData("week", "0001-01-03T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-08T00:00:00Z")]
    [InlineData("year", "9999-06-01T00:00:00Z", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z")]
    public void An_instant_lies_between_the_starts_of_its_unit_and_the_next(string word, string instant, string floor, string ceiling)
    {
        var unit = (IntervalUnit)IntervalUnits.Words.ToList().IndexOf(word);
        Assert.Equal(word, unit.Word());
        Assert.Equal(At(floor), unit.Floor(At(instant)));
        Assert.Equal(At(ceiling), unit.Ceiling(At(instant)));
        Assert.Equal(TimeSpan.Zero, unit.Floor(At(instant)).Offset);
    }

    [Theory]
    [InlineData(IntervalUnit.Hour)]
    [InlineData(IntervalUnit.Day)]
    [InlineData(IntervalUnit.Week)]
    [InlineData(IntervalUnit.Month)]
    [InlineData(IntervalUnit.Year)]
    public void Adding_stops_at_the_ends_of_the_calendar(IntervalUnit unit)
    {
        var start = unit.Floor(At("2012-02-29T00:00:00Z"));
        Assert.Equal(start, unit.Add(unit.Add(start, 5), -5));
        Assert.Equal(DateTimeOffset.MaxValue, unit.Add(start, int.MaxValue));
        Assert.Equal(DateTimeOffset.MinValue, unit.Add(start, int.MinValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((IntervalUnit)9).Add(start, 1));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
