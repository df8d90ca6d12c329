using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Ledger;

/// <summary>One line of the history. Its hash covers the line and the hash of the line before, so that no line can be changed unseen.</summary>
/// <param name="Sequence">1, 2, 3, without gaps.</param>
/// <param name="At">When, UTC. Order is by sequence, never by time.</param>
/// <param name="Kind">A stable word such as <c>version.committed</c>.</param>
/// <param name="Subject">What it is about: an asset, a run, a release.</param>
/// <param name="Body">JSON with keys, counts and hashes; no personal data and no secret.</param>
/// <param name="Previous">The hash of the event before; 64 zeros for the first.</param>
/// <param name="Hash">SHA-256 of the other six, lower-case hex.</param>
public sealed record LedgerEvent(long Sequence, DateTimeOffset At, string Kind, string Subject, string Body, string Previous, string Hash)
{
    internal const string Genesis = "0000000000000000000000000000000000000000000000000000000000000000";

    internal static LedgerEvent After(string previous, long sequence, DateTimeOffset at, string kind, string subject, string body) =>
        new(sequence, at, kind, subject, body, previous, HashOf(sequence, at, kind, subject, body, previous));

    internal bool IsSound => Hash == HashOf(Sequence, At, Kind, Subject, Body, Previous);

    private static string HashOf(long sequence, DateTimeOffset at, string kind, string subject, string body, string previous)
    {
        // A line break cannot stand in the first five fields, and the body comes last: the text has one reading.
        var text = string.Create(CultureInfo.InvariantCulture, $"{previous}\n{sequence}\n{Instants.Format(at)}\n{kind}\n{subject}\n{body}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}

/// <summary>How the ledger writes instants: UTC, microseconds, sortable as text.</summary>
internal static class Instants
{
    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset Parse(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>Cut to what <see cref="Format"/> keeps, so that a hash can be computed again from the stored text.</summary>
    public static DateTimeOffset Cut(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
}
