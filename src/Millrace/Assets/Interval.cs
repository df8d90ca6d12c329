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
    public static Interval Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? throw new FormatException($"'{text}' is no interval. An interval is start/end, for example 2011-01-01T00:00:00Z/2011-02-01T00:00:00Z.")
            : new Interval(Instant(text[..slash]), Instant(text[(slash + 1)..]));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Format(Start)}/{Format(End)}";

    internal static string Format(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
