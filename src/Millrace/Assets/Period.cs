using System.Globalization;
using System.Text.RegularExpressions;

namespace Millrace.Assets;

/// <summary>A length of calendar time, such as <c>28 days</c>. A month is a calendar month; everything is UTC.</summary>
public readonly partial record struct Period(int Count, IntervalUnit Unit)
{
    /// <summary>The instant this long before another.</summary>
    public DateTimeOffset Before(DateTimeOffset instant) => Unit.Add(instant, -Count);

    /// <summary>The instant this long after another.</summary>
    public DateTimeOffset After(DateTimeOffset instant) => Unit.Add(instant, Count);

    /// <summary>Reads <c>1 day</c>, <c>28 days</c>, <c>6 hours</c>, <c>2 weeks</c>, <c>3 months</c>, <c>1 year</c>.</summary>
    /// <returns>Null when the text is no period, or one of nothing.</returns>
    public static Period? TryParse(string text)
    {
        var match = Form().Match(text);
        return match.Success && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new Period(count, (IntervalUnit)IntervalUnits.Words.ToList().IndexOf(match.Groups[2].Value))
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count} {Unit.Word()}{(Count == 1 ? "" : "s")}");

    [GeneratedRegex("^([0-9]{1,6}) *(hour|day|week|month|year)s?$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
