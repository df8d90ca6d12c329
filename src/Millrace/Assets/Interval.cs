using System.Globalization;

namespace Millrace.Assets;

/// <summary>A span of event time in UTC, closed at its start and open at its end.</summary>
public readonly record struct Interval
{
    /// <summary>The span from <paramref name="start"/> up to, and without, <paramref name="end"/>.</summary>
    /// <exception cref="ArgumentException">The end is not after the start.</exception>
    public Interval(DateTimeOffset start, DateTimeOffset end)
    {
        if (end <= start)
            throw new ArgumentException($"An interval ends after it starts, but {start:O} .. {end:O} does not.", nameof(end));
        (Start, End) = (start.ToUniversalTime(), end.ToUniversalTime());
    }

    /// <summary>The first instant inside.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>The first instant after.</summary>
    public DateTimeOffset End { get; }

    /// <summary>Reads <c>start/end</c>.</summary>
    /// <exception cref="FormatException">The text is not two instants with a slash between, the first before the second.</exception>
    public static Interval Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryInstant(text[..slash], out var start) || !TryInstant(text[(slash + 1)..], out var end) || end <= start)
            throw new FormatException(
                $"'{text}' is no interval. An interval is start/end with the end after the start, for example 2011-01-01T00:00:00Z/2011-02-01T00:00:00Z.");
        return new Interval(start, end);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Format(Start)}/{Format(End)}";

    internal static string Format(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static bool TryInstant(string text, out DateTimeOffset instant) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
}
