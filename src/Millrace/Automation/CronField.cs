using System.Globalization;

namespace Millrace.Automation;

/// <summary>One field of a schedule: its name, its range, the names that stand for numbers.</summary>
/// <param name="First">The smallest value. Ranges that run backwards wrap from the last to it.</param>
/// <param name="Last">The largest value that may be written; it is also the largest step.</param>
/// <param name="Names">Three-letter names of the values from <paramref name="First"/> on; empty where none are known.</param>
internal sealed record CronField(string Name, int First, int Last, string[] Names)
{
    public static readonly CronField Seconds = new("Seconds", 0, 59, []);

    public static readonly CronField Minutes = new("Minutes", 0, 59, []);

    public static readonly CronField Hours = new("Hours", 0, 23, []);

    public static readonly CronField DaysOfMonth = new("Days of month", 1, 31, []);

    public static readonly CronField Months =
        new("Months", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]);

    /// <summary>0 to 7; both ends are Sunday.</summary>
    public static readonly CronField DaysOfWeek = new("Days of week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]);

    /// <summary>How many different values there are: after this many a range that runs backwards starts again.</summary>
    private int Cycle => this == DaysOfWeek ? 7 : Last - First + 1;

    /// <summary>Reads a list of values, ranges and steps.</summary>
    /// <returns>A bit for each value, bit 0 for the value 0; and whether the text has a star, a range or a step, and so ticks in
    /// intervals.</returns>
    public (ulong Values, bool IsInterval) Read(string schedule, string text)
    {
        var (values, isInterval) = (0UL, false);
        foreach (var part in text.Split(','))
        {
            var slash = part.IndexOf('/', StringComparison.Ordinal);
            var span = slash < 0 ? part : part[..slash];
            var step = slash < 0 ? 1 : Step(schedule, part[(slash + 1)..]);
            var dash = span.IndexOf('-', StringComparison.Ordinal);
            var (from, to) = (First, Last);
            if (span is not ("*" or "?"))
            {
                from = Value(schedule, dash < 0 ? span : span[..dash]);
                to = dash >= 0 ? Value(schedule, span[(dash + 1)..]) : slash >= 0 ? Last : from;
            }

            isInterval |= span is "*" or "?" || dash >= 0 || slash >= 0;
            for (var value = from; value <= (to < from ? to + Cycle : to); value += step)
                values |= 1UL << (First + ((value - First) % Cycle));
        }

        return (values, isInterval);
    }

    /// <summary>Reads one value, as a number or as a name.</summary>
    public int Value(string schedule, string text)
    {
        var name = Array.FindIndex(Names, n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (name >= 0)
            return First + name;
        if (!IsNumber(text))
            throw Fault(schedule, text.Length == 0 ? "a value is missing" : $"'{text}' is no value");
        var value = int.Parse(text, CultureInfo.InvariantCulture);
        return value >= First && value <= Last ? value : throw Fault(schedule, $"{value} is not between {First} and {Last}");
    }

    /// <summary>What to throw when the field cannot be read: the whole text, the field, the reason, what would work.</summary>
    public FormatException Fault(string schedule, string reason) => new(
        $"'{schedule}' is no schedule. {Name}: {reason}. "
        + $"{Name} take {First} to {Last}{(Names.Length > 0 ? $", {Names[0]} to {Names[^1]}" : "")}, *, ranges as {First}-{First + 2}, "
        + $"steps as */2, lists with commas{Special()}.");

    private string Special() =>
        this == DaysOfMonth ? ", or alone: L (the last day), L-3, 15W (the weekday nearest to the 15th), LW"
        : this == DaysOfWeek ? ", or alone: FRIL (the last Friday), FRI#2 (the second)"
        : "";

    private int Step(string schedule, string text)
    {
        if (!IsNumber(text))
            throw Fault(schedule, $"the step '{text}' is no number");
        var step = int.Parse(text, CultureInfo.InvariantCulture);
        return step >= 1 && step <= Last ? step : throw Fault(schedule, $"the step {step} is not between 1 and {Last}");
    }

    private static bool IsNumber(string text) => text.Length is > 0 and < 4 && text.All(char.IsAsciiDigit);
}
