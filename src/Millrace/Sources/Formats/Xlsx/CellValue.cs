using System.Globalization;

namespace Millrace.Sources.Formats.Xlsx;

/// <summary>The text that a cell's number says.</summary>
internal static class CellValue
{
    /// <summary>A number without exponent and with all of its digits, as few as say which double it is; 1.1000000000000001 is 1.1.</summary>
    public static string Number(string raw)
    {
        if (!double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return raw;
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('E', StringComparison.Ordinal) && Math.Abs(number) < 1e28
            && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact) && (double)exact == number
                ? exact.ToString(CultureInfo.InvariantCulture)
                : text;
    }

    /// <summary>A day counted from the workbook's first one, with its time to the millisecond where it has one.</summary>
    /// <remarks>Days of the first calendar are one too high from 1900-03-01 on, because it has a 29th of February in 1900. That day itself gives
    /// a text that is no day.</remarks>
    public static string Date(string raw, bool is1904)
    {
        if (!double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var serial) || serial is < 0 or >= 2958466)
            return raw;
        var milliseconds = (long)Math.Round(serial * 86_400_000.0, MidpointRounding.AwayFromZero);
        var (day, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
        string date;
        if (is1904)
            date = Day(new DateTime(1904, 1, 1).AddDays(day));
        else if (day is 0 or 60)
            date = day == 0 ? "1900-01-00" : "1900-02-29";
        else
            date = Day(new DateTime(1899, 12, day < 60 ? 31 : 30).AddDays(day));
        return rest == 0 ? date : date + " " + Clock(rest);
    }

    /// <summary>A time of day; more than a day is hours above 23.</summary>
    public static string Time(string raw)
    {
        if (!double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var serial) || serial is < 0 or >= 2958466)
            return raw;
        return Clock((long)Math.Round(serial * 86_400_000.0, MidpointRounding.AwayFromZero));
    }

    private static string Day(DateTime day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Clock(long milliseconds)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000:D2}:{milliseconds / 60_000 % 60:D2}:{milliseconds / 1000 % 60:D2}");
        return milliseconds % 1000 == 0 ? text : text + string.Create(CultureInfo.InvariantCulture, $".{milliseconds % 1000:D3}");
    }
}
