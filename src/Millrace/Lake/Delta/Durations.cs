using System.Globalization;

namespace Millrace.Lake.Delta;

/// <summary>The durations among a table's properties, which are written as <c>interval 7 days</c>.</summary>
internal static class Durations
{
    /// <summary>Reads a property; a table without it, or whose text is no duration of fixed length, has the default.</summary>
    public static TimeSpan Of(IReadOnlyDictionary<string, string> configuration, string property, TimeSpan otherwise)
    {
        if (!configuration.TryGetValue(property, out var text))
            return otherwise;
        var words = text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => w == "interval").ToList();
        if (words.Count == 0 || words.Count % 2 != 0)
            return otherwise;

        var sum = TimeSpan.Zero;
        for (var i = 0; i < words.Count; i += 2)
        {
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var count)
                || Unit(words[i + 1]) is not { } unit)
                return otherwise;
            sum += unit * count;
        }

        return sum;
    }

    private static TimeSpan? Unit(string word) => word.TrimEnd('s') switch
    {
        "week" => TimeSpan.FromDays(7),
        "day" => TimeSpan.FromDays(1),
        "hour" => TimeSpan.FromHours(1),
        "minute" => TimeSpan.FromMinutes(1),
        "second" => TimeSpan.FromSeconds(1),
        "millisecond" => TimeSpan.FromMilliseconds(1),
        _ => null,
    };
}
