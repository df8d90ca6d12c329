using Millrace.Assets;
using Millrace.Cli.Output;

namespace Millrace.Tests.Cli;

public sealed class HumanTests
{
    private static readonly DateTimeOffset Noon = new(2012, 2, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0.004, "4 ms")]
    [InlineData(0.42, "0.42 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(125, "2 min 05 s")]
    [InlineData(3720, "1 h 02 min")]
    public void Elapsed_time_has_about_three_figures(double seconds, string text) =>
        Assert.Equal(text, Human.Elapsed(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_204, "1.20 KB")]
    [InlineData(103_000, "103 KB")]
    [InlineData(999_999, "1.00 MB")]
    [InlineData(45_600_000_000, "45.6 GB")]
    public void Sizes_have_three_figures(long bytes, string text) => Assert.Equal(text, Human.Bytes(bytes));

    [Theory]
    [InlineData(3, "just now")]
    [InlineData(59, "59 seconds ago")]
    [InlineData(60, "1 minute ago")]
    [InlineData(7200, "2 hours ago")]
    [InlineData(86400 * 3, "3 days ago")]
    public void The_past_is_told_in_its_largest_unit(int seconds, string text) =>
        Assert.Equal(text, Human.Ago(Noon.AddSeconds(-seconds), Noon));

    [Fact]
    public void Numbers_have_thousands_separators() =>
        Assert.Equal("17,379 rows and 1 file", $"{Human.Count(17_379, "row")} and {Human.Count(1, "file")}");

    [Fact]
    public void Many_names_are_cut_short() => Assert.Equal("a, b and 2 more", Human.Join(["a", "b", "c", "d"], 2));

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a b c", "a, b and c")]
    public void Few_names_are_all_there(string names, string text) =>
        Assert.Equal(text, Human.Join(names.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("all", "")]
    [InlineData("2011-01-01T00:00:00Z/2012-01-01T00:00:00Z", "2011-01-01 up to 2012-01-01")]
    [InlineData("2011-01-01T06:00Z/2011-01-01T07:00Z,2011-01-03/2011-01-04", "2 spans of 2011-01-01 06:00:00 up to 2011-01-04")]
    public void Event_time_is_told_from_its_first_to_its_last_moment(string intervals, string text) =>
        Assert.Equal(text, Human.Span(IntervalSet.Parse(intervals)));
}
