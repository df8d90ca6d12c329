namespace Millrace.Assets;

/// <summary>The grain in which a table is computed: calendar units in UTC; a week starts on Monday.</summary>
public enum IntervalUnit
{
    /// <summary>60 minutes.</summary>
    Hour,

    /// <summary>Midnight to midnight, UTC.</summary>
    Day,

    /// <summary>Monday to Monday.</summary>
    Week,

    /// <summary>Calendar month.</summary>
    Month,

    /// <summary>Calendar year.</summary>
    Year,
}

/// <summary>Arithmetic of <see cref="IntervalUnit"/>.</summary>
public static class IntervalUnits
{
    /// <summary>The words that projects write.</summary>
    public static readonly IReadOnlyList<string> Words = ["hour", "day", "week", "month", "year"];

    /// <summary>The word that projects write, which is also DuckDB's word for <c>date_trunc</c>.</summary>
    public static string Word(this IntervalUnit unit) => Words[(int)unit];

    /// <summary>The start of the unit that holds the instant.</summary>
    public static DateTimeOffset Floor(this IntervalUnit unit, DateTimeOffset instant)
    {
        var utc = instant.UtcDateTime;
        return unit switch
        {
            IntervalUnit.Hour => new(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, TimeSpan.Zero),
            IntervalUnit.Day => new(utc.Date, TimeSpan.Zero),
            IntervalUnit.Week => new(utc.Date.AddDays(-(((int)utc.DayOfWeek + 6) % 7)), TimeSpan.Zero),
            IntervalUnit.Month => new(utc.Year, utc.Month, 1, 0, 0, 0, TimeSpan.Zero),
            IntervalUnit.Year => new(utc.Year, 1, 1, 0, 0, 0, TimeSpan.Zero),
            _ => throw new ArgumentOutOfRangeException(nameof(unit)),
        };
    }

    /// <summary>The first start of a unit that is not before the instant.</summary>
    public static DateTimeOffset Ceiling(this IntervalUnit unit, DateTimeOffset instant)
    {
        var floor = unit.Floor(instant);
        return floor == instant ? floor : unit.Add(floor, 1);
    }

    /// <summary>Moves a start by a number of units; stops at the ends of the calendar.</summary>
    public static DateTimeOffset Add(this IntervalUnit unit, DateTimeOffset start, int units)
    {
        try
        {
            return unit switch
            {
                IntervalUnit.Hour => start.AddHours(units),
                IntervalUnit.Day => start.AddDays(units),
                IntervalUnit.Week => start.AddDays(7.0 * units),
                IntervalUnit.Month => start.AddMonths(units),
                IntervalUnit.Year => start.AddYears(units),
                _ => throw new ArgumentOutOfRangeException(nameof(unit)),
            };
        }
        catch (ArgumentOutOfRangeException) when (Enum.IsDefined(unit))
        {
            return units < 0 ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue;
        }
    }
}
