using System.Globalization;
using Millrace.Assets;

namespace Millrace.Cli.Output;

/// <summary>Numbers and times as people read them: invariant culture, UTC.</summary>
internal static class Human
{
    /// <summary>With thousands separators: <c>17,379</c>.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count with its noun: <c>1 row</c>, <c>2 rows</c>.</summary>
    public static string Count(long number, string noun, string? plural = null) =>
        $"{Number(number)} {(number == 1 ? noun : plural ?? noun + "s")}";

    /// <summary>Three figures and a unit: <c>0.42 s</c>, <c>12.3 s</c>, <c>2 min 05 s</c>, <c>1 h 02 min</c>.</summary>
    public static string Elapsed(TimeSpan time) => time.TotalSeconds switch
    {
        < 0.0995 => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalMilliseconds):0} ms"),
        < 9.995 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s"),
        < 59.95 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min"),
    };

    /// <summary>Three figures and a unit of 1000: <c>812 B</c>, <c>1.20 MB</c>.</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 1000)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        var (size, unit) = ((double)bytes, -1);
        do
        {
            size /= 1000;
            unit++;
        }
        while (size >= 999.5 && unit < 4);
        var format = size < 9.995 ? "0.00" : size < 99.95 ? "0.0" : "0";
        return $"{size.ToString(format, CultureInfo.InvariantCulture)} {"KMGTP"[unit]}B";
    }

    /// <summary>To the second: <c>2012-02-01 06:30:00 UTC</c>.</summary>
    public static string Moment(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>How long ago, in its largest unit: <c>just now</c>, <c>5 minutes ago</c>, <c>3 days ago</c>.</summary>
    public static string Ago(DateTimeOffset moment, DateTimeOffset now) => (now - moment) switch
    {
        { TotalSeconds: < 10 } => "just now",
        { TotalMinutes: < 1 } t => $"{Count((long)t.TotalSeconds, "second")} ago",
        { TotalHours: < 1 } t => $"{Count((long)t.TotalMinutes, "minute")} ago",
        { TotalDays: < 1 } t => $"{Count((long)t.TotalHours, "hour")} ago",
        var t => $"{Count((long)t.TotalDays, "day")} ago",
    };

    /// <summary>Event time: <c>2011-01-01 up to 2012-01-01</c>, of several spans how many; empty for the whole of time.</summary>
    public static string Span(IntervalSet intervals)
    {
        if (intervals.IsAll || intervals.IsEmpty)
            return "";
        var spans = intervals.Count == 1 ? "" : $"{Number(intervals.Count)} spans of ";
        return $"{spans}{Instant(intervals[0].Start)} up to {Instant(intervals[^1].End)}";
    }

    /// <summary>A measure with four figures: <c>31.28</c>, <c>0.8732</c>, <c>1,204</c>; a dash where it is undefined.</summary>
    public static string Measure(double? value) => value is not { } v || !double.IsFinite(v) ? "-" : Math.Abs(v) switch
    {
        >= 999.95 => v.ToString("N0", CultureInfo.InvariantCulture),
        >= 99.995 => v.ToString("0.0", CultureInfo.InvariantCulture),
        >= 9.9995 => v.ToString("0.00", CultureInfo.InvariantCulture),
        >= 0.99995 => v.ToString("0.000", CultureInfo.InvariantCulture),
        _ => v.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>A share: <c>30 %</c>, <c>12.5 %</c>; a dash where it is undefined.</summary>
    public static string Percent(double? share) =>
        share is { } s && double.IsFinite(s) ? string.Create(CultureInfo.InvariantCulture, $"{s * 100:0.#} %") : "-";

    /// <summary>A window of event time by its name: <c>2012-01</c>, <c>2012-01-09</c>, <c>week of 2012-01-09</c>, <c>2012</c>.</summary>
    public static string Window(Interval window)
    {
        var (start, length) = (window.Start.UtcDateTime, window.End - window.Start);
        var format = length.TotalHours switch { < 2 => "yyyy-MM-dd HH:mm", < 8 * 24 => "yyyy-MM-dd", < 32 * 24 => "yyyy-MM", _ => "yyyy" };
        return (length.TotalDays == 7 ? "week of " : "") + start.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>An instant of event time, without a clock's zeros: <c>2012-01-01</c>, <c>2012-01-01 06:30:00</c>.</summary>
    public static string EventTime(DateTime at) => Instant(new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)));

    /// <summary>Names in a row: <c>a</c>, <c>a and b</c>, <c>a, b and c</c>; of many the first few: <c>a, b, c and 7 more</c>.</summary>
    public static string Join(IReadOnlyList<string> names, int atMost = 8) => names.Count switch
    {
        0 => "",
        1 => names[0],
        _ when names.Count > atMost => $"{string.Join(", ", names.Take(atMost))} and {Number(names.Count - atMost)} more",
        _ => $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}",
    };

    private static string Instant(DateTimeOffset at)
    {
        var format = at.UtcDateTime.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss";
        return at.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
    }
}
