using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Millrace.Automation;

/// <summary>Which days a schedule means: days of month, months and days of week, with the forms L, W and #.</summary>
internal sealed partial class CronDays
{
    private readonly DayRule _rule;
    private readonly ulong _days;
    private readonly ulong _months;
    private readonly ulong _weekdays;

    /// <summary>Days before the last of the month; null when the day is not counted from the end.</summary>
    private readonly int? _fromLast;
    private readonly bool _nearestWeekday;
    private readonly bool _lastOfItsKind;

    /// <summary>The n-th such weekday of the month; 0 for each.</summary>
    private readonly int _nth;

    public CronDays(string schedule, string daysOfMonth, string months, string daysOfWeek, DayRule rule)
    {
        var open = daysOfMonth[0] is '*' or '?' || daysOfWeek[0] is '*' or '?';
        _rule = open ? DayRule.Both : rule;
        if (FromLast().Match(daysOfMonth) is { Success: true } last)
        {
            _fromLast = last.Groups[1].Success ? int.Parse(last.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
            _nearestWeekday = last.Groups[2].Success;
            if (_fromLast > 30)
                throw CronField.DaysOfMonth.Fault(schedule, $"L-{_fromLast} is before each month's first day");
        }
        else if (daysOfMonth[^1] is 'W' or 'w')
        {
            _days = 1UL << CronField.DaysOfMonth.Value(schedule, daysOfMonth[..^1]);
            _nearestWeekday = true;
        }
        else
        {
            _days = CronField.DaysOfMonth.Read(schedule, daysOfMonth).Values;
        }

        _months = CronField.Months.Read(schedule, months).Values;
        var hash = daysOfWeek.IndexOf('#', StringComparison.Ordinal);
        _lastOfItsKind = daysOfWeek.Length > 1 && daysOfWeek[^1] is 'L' or 'l';
        if (hash >= 0)
        {
            var nth = daysOfWeek[(hash + 1)..];
            if (nth.Length != 1 || nth[0] is < '1' or > '5')
                throw CronField.DaysOfWeek.Fault(schedule, $"'#{nth}' is not between #1 and #5");
            _nth = nth[0] - '0';
        }

        _weekdays = hash >= 0 || _lastOfItsKind
            ? 1UL << (CronField.DaysOfWeek.Value(schedule, hash >= 0 ? daysOfWeek[..hash] : daysOfWeek[..^1]) % 7)
            : CronField.DaysOfWeek.Read(schedule, daysOfWeek).Values;
    }

    /// <summary>The first matching day at or after <paramref name="day"/>; null when there is none within a hundred years.</summary>
    /// <remarks>No day that comes at all stays away for longer: a 29 February on a given weekday returns after 40 years at most.</remarks>
    public DateOnly? Next(DateOnly day)
    {
        var end = day.Year > 9899 ? DateOnly.MaxValue : day.AddYears(100);
        while (day < end)
        {
            if ((_months >> day.Month & 1) == 0)
                day = day.AddDays(DateTime.DaysInMonth(day.Year, day.Month) - day.Day + 1);
            else if (Matches(day))
                return day;
            else
                day = day.AddDays(1);
        }

        return null;
    }

    private bool Matches(DateOnly day)
    {
        var (ofMonth, ofWeek) = (IsDayOfMonth(day), IsDayOfWeek(day));
        return _rule == DayRule.Either ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    private bool IsDayOfMonth(DateOnly day)
    {
        var length = DateTime.DaysInMonth(day.Year, day.Month);
        if (_fromLast is null && !_nearestWeekday)
            return (_days >> day.Day & 1) == 1;
        var wanted = _fromLast is { } before ? length - before : BitOperations.TrailingZeroCount(_days);
        if (wanted < 1 || wanted > length)
            return false;
        return day.Day == (_nearestWeekday ? NearestWeekday(new DateOnly(day.Year, day.Month, wanted), length) : wanted);
    }

    /// <summary>Saturday moves to Friday and Sunday to Monday, but never out of the month.</summary>
    private static int NearestWeekday(DateOnly day, int length) => day.DayOfWeek switch
    {
        DayOfWeek.Saturday => day.Day == 1 ? 3 : day.Day - 1,
        DayOfWeek.Sunday => day.Day == length ? day.Day - 2 : day.Day + 1,
        _ => day.Day,
    };

    private bool IsDayOfWeek(DateOnly day)
    {
        if ((_weekdays >> (int)day.DayOfWeek & 1) == 0)
            return false;
        if (_lastOfItsKind)
            return day.Day > DateTime.DaysInMonth(day.Year, day.Month) - 7;
        return _nth == 0 || (day.Day + 6) / 7 == _nth;
    }

    [GeneratedRegex("^[Ll](?:-([0-9]{1,2}))?([Ww])?$", RegexOptions.CultureInvariant)]
    private static partial Regex FromLast();
}
