using System.Globalization;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>Values of partition columns as the log writes them.</summary>
internal static class PartitionText
{
    private static readonly string[] TimeForms =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd",
    ];

    /// <summary>The value in a form that the engine casts to the type without rounding; null when it is none of the type.</summary>
    /// <param name="type">A number, a truth value or a time.</param>
    public static string? Canonical(DataType type, string value)
    {
        if (type == DataType.Boolean)
            return value.ToLowerInvariant() is "true" or "false" ? value : null;
        if (type == DataType.Float || type == DataType.Double)
            return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? value : null;
        if (type.IsDecimal)
            return Decimal(value);
        if (type.IsNumeric)
            return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) ? value : null;
        return Time(type, value);
    }

    private static string? Decimal(string value) =>
        value.Length > 0 && value.All(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'E' or 'e') ? value : null;

    private static string? Time(DataType type, string value)
    {
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTime.TryParseExact(value, TimeForms, CultureInfo.InvariantCulture, Style, out var time))
            return null;
        return type == DataType.Date
            ? time.TimeOfDay == TimeSpan.Zero ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null
            : time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + (type == DataType.Timestamp ? "+00" : "");
    }
}
