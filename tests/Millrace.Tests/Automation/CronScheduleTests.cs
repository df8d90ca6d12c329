using Millrace.Automation;

namespace Millrace.Tests.Automation;

public sealed class CronScheduleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void Two_restricted_day_fields_must_both_match() =>
        Assert.Equal(Utc(2026, 2, 13), CronSchedule.Parse("0 0 13 * FRI").Next(Utc(2026, 1, 1), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("0 0 13 * FRI", 2)]
    [InlineData("0 0 */2 * FRI", 9)]
    [InlineData("0 0 13 * *", 13)]
    public void Classic_cron_wants_either_of_two_restricted_day_fields(string text, int day) =>
        Assert.Equal(Utc(2026, 1, day), CronSchedule.Parse(text, DayRule.Either).Next(Utc(2026, 1, 1), TimeZoneInfo.Utc));

    [Fact]
    public void A_skipped_time_fires_once_right_after_the_jump()
    {
        var schedule = CronSchedule.Parse("30 2 * * *");
        var jump = Utc(2026, 3, 29, 1);
        Assert.Equal(jump, schedule.Next(Utc(2026, 3, 28, 12), Berlin));
        Assert.Equal(jump, schedule.Next(jump, Berlin, inclusive: true));
        Assert.Equal(Utc(2026, 3, 30, 0, 30), schedule.Next(jump, Berlin));
    }

    [Fact]
    public void A_repeated_time_fires_once_and_an_interval_ticks_on()
    {
        Assert.Equal(Utc(2026, 10, 25, 0, 30), CronSchedule.Parse("30 2 * * *").Next(Utc(2026, 10, 24, 12), Berlin));
        Assert.Equal(Utc(2026, 10, 26, 1, 30), CronSchedule.Parse("30 2 * * *").Next(Utc(2026, 10, 25, 0, 30), Berlin));
        Assert.Equal(Utc(2026, 10, 25, 1, 30), CronSchedule.Parse("30 * * * *").Next(Utc(2026, 10, 25, 0, 30), Berlin));
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/Santiago")]
    [InlineData("Asia/Kathmandu")]
    public void Stepping_finds_the_instants_that_asking_each_minute_finds(string id)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        foreach (var text in (string[])["*/20 * * * *", "*/20 1-3 * * *", "15,45 1,2,23 * * *"])
        {
            var schedule = CronSchedule.Parse(text);
            foreach (var start in (DateTimeOffset[])[Utc(2026, 3, 27), Utc(2026, 4, 3), Utc(2026, 9, 4), Utc(2026, 10, 2),
                Utc(2026, 10, 24)])
            {
                var stepped = new List<DateTimeOffset>();
                for (var at = start; schedule.Next(at, zone) is { } next && next < start.AddDays(3); at = next)
                    stepped.Add(next);
                var asked = new SortedSet<DateTimeOffset>();
                for (var at = start; at < start.AddDays(3); at = at.AddMinutes(1))
                {
                    if (schedule.Next(at, zone) is { } next && next < start.AddDays(3))
                        asked.Add(next);
                    if (at > start && schedule.Next(at, zone, inclusive: true) == at)
                        Assert.Contains(at, stepped);
                }

                Assert.Equal(asked, stepped);
            }
        }
    }

    [Fact]
    public void A_refusal_names_the_field_the_value_and_what_would_work()
    {
        var error = Assert.Throws<FormatException>(() => CronSchedule.Parse("0 25 * * *"));
        Assert.Equal(
            "'0 25 * * *' is no schedule. Hours: 25 is not between 0 and 23. "
            + "Hours take 0 to 23, *, ranges as 0-2, steps as */2, lists with commas.",
            error.Message);
        Assert.Contains("@daily", Assert.Throws<FormatException>(() => CronSchedule.Parse("@fortnightly")).Message,
            StringComparison.Ordinal);
        Assert.Contains("0 fields", Assert.Throws<FormatException>(() => CronSchedule.Parse("")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_ends_of_time_are_no_error()
    {
        Assert.Null(CronSchedule.Parse("* * * * *").Next(DateTimeOffset.MaxValue, Berlin));
        Assert.NotNull(CronSchedule.Parse("* * * * *").Next(DateTimeOffset.MinValue, Berlin, inclusive: true));
        Assert.Null(CronSchedule.Parse("0 0 30 2 *").Next(Utc(2026, 1, 1), Berlin));
        Assert.Equal(Utc(2104, 2, 29), CronSchedule.Parse("0 0 29 2 *").Next(Utc(2096, 3, 1), TimeZoneInfo.Utc));
    }

    private static DateTimeOffset Utc(int year, int month, int day, int hour = 0, int minute = 0) =>
        new(year, month, day, hour, minute, 0, TimeSpan.Zero);
}
