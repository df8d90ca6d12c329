using System.Numerics;

namespace Millrace.Automation;

/// <summary>A schedule in the words of cron: five fields, or six with seconds first, or a macro as <c>@daily</c>.</summary>
/// <remarks>
/// <para>The fields are [seconds] minutes hours days-of-month months days-of-week. Each takes <c>*</c> or <c>?</c>, values, names
/// (<c>JAN</c>, <c>MON</c>), ranges (one that runs backwards wraps: <c>22-3</c>), steps (<c>*/5</c>, <c>10/5</c>) and lists. Days of month
/// also
/// take <c>L</c>, <c>L-3</c>, <c>15W</c>, <c>LW</c>; days of week <c>5L</c>, <c>FRI#2</c>; 0 and 7 are Sunday.</para>
/// <para>Days: where days of month and days of week are both restricted, both must match; <see cref="DayRule.Either"/> asks for the rule
/// of
/// classic cron. A field that starts with a star is not restricted.</para>
/// <para>Daylight saving: a local time that the clock skips fires once, at the first instant after the jump. A local time that comes twice
/// fires once, the first time, unless seconds, minutes or hours have a star, a range or a step: such a schedule ticks on in real
/// time.</para>
/// </remarks>
public sealed class CronSchedule
{
    private const string Parts = "Five fields: Minutes Hours Days of month Months Days of week. Six: Seconds first";

    private static readonly Dictionary<string, string> Macros = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
        ["@monthly"] = "0 0 1 * *",
        ["@weekly"] = "0 0 * * 0",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@hourly"] = "0 * * * *",
        ["@every_minute"] = "* * * * *",
        ["@every_second"] = "* * * * * *",
    };

    private readonly string _text;
    private readonly ulong _seconds;
    private readonly ulong _minutes;
    private readonly ulong _hours;
    private readonly CronDays _days;
    private readonly bool _isInterval;

    private CronSchedule(string text, string[] fields, DayRule days)
    {
        _text = text;
        var at = fields.Length - 5;
        (_seconds, var secondly) = at == 1 ? CronField.Seconds.Read(text, fields[0]) : (1UL, false);
        (_minutes, var minutely) = CronField.Minutes.Read(text, fields[at]);
        (_hours, var hourly) = CronField.Hours.Read(text, fields[at + 1]);
        _isInterval = secondly || minutely || hourly;
        _days = new CronDays(text, fields[at + 2], fields[at + 3], fields[at + 4], days);
    }

    /// <summary>Reads a schedule. Upper and lower case mean the same; any white space parts the fields.</summary>
    /// <param name="days">What two restricted day fields mean together; both must match by default.</param>
    /// <exception cref="FormatException">The text is no schedule; the message names the field at fault and what it takes.</exception>
    public static CronSchedule Parse(string text, DayRule days = DayRule.Both)
    {
        text = text.Trim();
        if (text.StartsWith('@'))
        {
            return Macros.TryGetValue(text, out var macro)
                ? new CronSchedule(text, macro.Split(' '), days)
                : throw new FormatException($"'{text}' is no schedule. Known macros: {string.Join(", ", Macros.Keys)}.");
        }

        var fields = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length is 5 or 6
            ? new CronSchedule(text, fields, days)
            : throw new FormatException(
                $"'{text}' is no schedule: it has {fields.Length} fields. {Parts}. For example '0 6 * * MON-FRI', or '@daily'.");
    }

    /// <summary>The first instant after <paramref name="from"/> at which the schedule fires, in UTC.</summary>
    /// <param name="zone">Whose clock the fields are read on.</param>
    /// <param name="inclusive">True when <paramref name="from"/> itself may be the answer.</param>
    /// <returns>Null when the schedule never fires within a hundred years, as on 30 February.</returns>
    public DateTimeOffset? Next(DateTimeOffset from, TimeZoneInfo zone, bool inclusive = false)
    {
        var after = from.UtcDateTime;
        if (DateTime.MaxValue - after < TimeSpan.FromDays(2))
            return null;
        if (after - DateTime.MinValue < TimeSpan.FromDays(1))
            after = after.AddDays(1);
        else if (inclusive)
            after = after.AddTicks(-1);
        var wall = after + zone.GetUtcOffset(after);
        if (WallTime.Of(wall, zone) is { Turn: { } turn, Second: not null } && after < turn)
        {
            // The clock is about to be put back: what is left before that, then the repeated time from its start.
            if (NextWall(wall) is { } before && WallTime.Of(before, zone).First is var left && left < turn)
                return left;
            wall = turn.AddTicks(-1) + zone.GetUtcOffset(turn);
        }

        for (var at = NextWall(wall); at is not null; at = NextWall(at.Value))
        {
            var (first, second, _) = WallTime.Of(at.Value, zone);
            if (first > after)
                return first;
            if (_isInterval && second > after)
                return second;
        }

        return null;
    }

    /// <summary>The text that was read.</summary>
    public override string ToString() => _text;

    /// <summary>The first matching time after another on a clock that is never changed.</summary>
    private DateTime? NextWall(DateTime after)
    {
        var start = new DateTime(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond), DateTimeKind.Unspecified).AddSeconds(1);
        var from = DateOnly.FromDateTime(start);
        if (_days.Next(from) is not { } day)
            return null;
        if (day == from && TimeFrom(start.Hour, start.Minute, start.Second) is { } time)
            return day.ToDateTime(time);
        var next = day > from ? day : day < DateOnly.MaxValue ? _days.Next(day.AddDays(1)) : null;
        return next?.ToDateTime(TimeFrom(0, 0, 0)!.Value);
    }

    /// <summary>The first matching time of day at or after another.</summary>
    private TimeOnly? TimeFrom(int hour, int minute, int second)
    {
        var h = First(_hours, hour);
        if (h == hour)
        {
            var m = First(_minutes, minute);
            if (m == minute && First(_seconds, second) is < 64 and var s)
                return new TimeOnly(h, m, s);
            m = m == minute ? First(_minutes, minute + 1) : m;
            if (m < 64)
                return new TimeOnly(h, m, First(_seconds, 0));
            h = First(_hours, hour + 1);
        }

        return h < 64 ? new TimeOnly(h, First(_minutes, 0), First(_seconds, 0)) : null;
    }

    /// <summary>The first set bit at or after a place; 64 when there is none.</summary>
    private static int First(ulong values, int from) => BitOperations.TrailingZeroCount(values & (ulong.MaxValue << from));
}
