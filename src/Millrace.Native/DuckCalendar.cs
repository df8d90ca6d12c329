using System.Globalization;

namespace Millrace.Native;

/// <summary>Between the engine's counts since 1970 and the dates and times of C#.</summary>
/// <remarks>The engine's calendar is longer than ours: what does not fit comes out as the text that the engine would write.</remarks>
internal static class DuckCalendar
{
    public const long MicrosPerSecond = 1_000_000;
    private const long MicrosPerDay = 86_400 * MicrosPerSecond;
    private const long TicksPerMicro = TimeSpan.TicksPerMicrosecond;
    private const string Infinity = "infinity";

    /// <summary>The engine's limit of a zone's offset, 16 hours less a second, by which it stores offsets upside down.</summary>
    private const int MaxOffsetSeconds = (16 * 3600) - 1;

    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    public static int Days(DateOnly date) => date.DayNumber - EpochDay;

    public static long Micros(DateTime time) => (time.Ticks / TicksPerMicro) - (DateTime.UnixEpoch.Ticks / TicksPerMicro);

    public static long Micros(TimeOnly time) => time.Ticks / TicksPerMicro;

    public static object Date(int days)
    {
        if (days is int.MaxValue or -int.MaxValue)
            return days > 0 ? Infinity : "-" + Infinity;

        var number = (long)days + EpochDay;
        return number >= 0 && number <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)number) : DayText(days);
    }

    /// <param name="count">Units since 1970.</param>
    /// <param name="perSecond">How many units a second has.</param>
    public static object Timestamp(long count, long perSecond)
    {
        if (count is long.MaxValue or -long.MaxValue)
            return count > 0 ? Infinity : "-" + Infinity;

        var ticks = ((Int128)count * TimeSpan.TicksPerSecond) - (count < 0 ? perSecond - 1 : 0);
        ticks = (ticks / perSecond) + DateTime.UnixEpoch.Ticks;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks) : MomentText(count, perSecond);
    }

    public static object Moment(long micros) => Timestamp(micros, MicrosPerSecond) switch
    {
        DateTime time => new DateTimeOffset(time, TimeSpan.Zero),
        string text when text.EndsWith(Infinity, StringComparison.Ordinal) => text,
        var text => text + "+00",
    };

    public static object Time(long micros) => micros < MicrosPerDay ? new TimeOnly(micros * TicksPerMicro) : "24:00:00";

    public static object TimeNs(long nanos) => nanos < MicrosPerDay * 1_000 ? new TimeOnly(nanos / 100) : "24:00:00";

    public static string TimeTz(ulong bits)
    {
        var offset = TimeSpan.FromSeconds(MaxOffsetSeconds - (int)(bits & 0xFF_FFFF));
        var sign = offset < TimeSpan.Zero ? '-' : '+';
        var zone = offset.Seconds != 0 ? @"hh\:mm\:ss" : offset.Minutes != 0 ? @"hh\:mm" : "hh";
        return ClockText((long)(bits >> 24)) + sign + offset.ToString(zone, CultureInfo.InvariantCulture);
    }

    private static string MomentText(long count, long perSecond)
    {
        var micros = (Int128)count * MicrosPerSecond / perSecond;
        var days = (int)(micros / MicrosPerDay) - (micros % MicrosPerDay < 0 ? 1 : 0);
        return $"{DayText(days)} {ClockText((long)(micros - ((Int128)days * MicrosPerDay)))}";
    }

    private static string ClockText(long micros)
    {
        var (seconds, fraction) = Math.DivRem(micros, MicrosPerSecond);
        var clock = string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        return fraction == 0 ? clock : clock + "." + fraction.ToString("000000", CultureInfo.InvariantCulture).TrimEnd('0');
    }

    /// <summary>The day in the proleptic Gregorian calendar, with the year before year 1 written as 1 BC.</summary>
    private static string DayText(int days)
    {
        // The calendar repeats every 400 years, so we move the day into the years 1 to 400 and the era back onto the year.
        const int DaysPerEra = 146_097;
        var number = (long)days + EpochDay;
        var era = (number / DaysPerEra) - (number % DaysPerEra < 0 ? 1 : 0);
        var date = DateOnly.FromDayNumber((int)(number - (era * DaysPerEra)));
        var year = date.Year + (era * 400);
        var text = string.Create(CultureInfo.InvariantCulture, $"{(year > 0 ? year : 1 - year):0000}-{date:MM-dd}");
        return year > 0 ? text : text + " (BC)";
    }
}
