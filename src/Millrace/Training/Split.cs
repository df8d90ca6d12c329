using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Training;

/// <summary>Which rows a model learns from, which it is stopped and tuned by, and which it is judged by. Disjoint; each in ascending
/// order.</summary>
/// <param name="Train">Rows to fit.</param>
/// <param name="Validation">Rows for early stopping and tuning; may be empty.</param>
/// <param name="Holdout">Rows that no trainer sees; may be empty.</param>
public sealed record Split(int[] Train, int[] Validation, int[] Holdout)
{
    /// <summary>The last rows of time are held out, those before them validate, the rest trains.</summary>
    /// <remarks>A row at or after the border belongs to the later part. The borders are the latest time minus the holdout, and that
    /// minus the validation. A row exactly one holdout before the latest one is thus still trained on, so that a holdout of 7 days over
    /// hours holds 168 hours.</remarks>
    /// <param name="times">One a row, in any order.</param>
    /// <param name="validation">Zero for none.</param>
    /// <param name="holdout">Zero for none.</param>
    /// <exception cref="TrainingException">Nothing is left to train on.</exception>
    public static Split ByTime(ReadOnlySpan<DateTime> times, TimeSpan validation, TimeSpan holdout)
    {
        if (validation < TimeSpan.Zero || holdout < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(holdout), $"Validation {validation} and holdout {holdout} are not negative.");
        if (times.IsEmpty)
            throw new TrainingException("The split leaves no rows to train on: there are no rows.");
        var (first, last) = (DateTime.MaxValue, DateTime.MinValue);
        foreach (var time in times)
            (first, last) = (time < first ? time : first, time > last ? time : last);
        if (last - first < validation + holdout)
            throw new TrainingException(string.Create(
                CultureInfo.InvariantCulture, $"The rows span {(last - first).TotalDays:0.##} days, from {first:O} to {last:O}; ")
                + string.Create(CultureInfo.InvariantCulture, $"the holdout of {holdout.TotalDays:0.##} days and ")
                + string.Create(CultureInfo.InvariantCulture, $"the validation of {validation.TotalDays:0.##} days ")
                + "leave none to train on.");
        // One tick, so that a period of length zero takes no row and a border row belongs to the earlier part.
        var holdoutFrom = last.AddTicks(1) - holdout;
        return ByBorders(times, holdoutFrom - validation, holdoutFrom);
    }

    /// <summary>Rows before the first border train, rows from the second one on are held out, those between validate.</summary>
    /// <param name="times">One a row, in any order.</param>
    /// <exception cref="TrainingException">Nothing is left to train on.</exception>
    public static Split ByBorders(ReadOnlySpan<DateTime> times, DateTime validationFrom, DateTime holdoutFrom)
    {
        if (validationFrom > holdoutFrom)
            throw new ArgumentException(
                $"Validation begins at {validationFrom:O}, after the holdout's {holdoutFrom:O}.", nameof(validationFrom));
        var sides = new byte[times.Length];
        for (var i = 0; i < times.Length; i++)
            sides[i] = (byte)(times[i] >= holdoutFrom ? 2 : times[i] >= validationFrom ? 1 : 0);
        return Of(sides, string.Create(CultureInfo.InvariantCulture, $"no row is before {validationFrom:O}"));
    }

    /// <summary>Each row's side is drawn by a hash of its key and the seed, so that it is the same in every version of the
    /// data.</summary>
    /// <remarks>The first 8 bytes, big-endian, of SHA-256 over "seed, newline, key" in UTF-8, as a fraction of 2^64: below the
    /// holdout's share it is held out, below the sum of both shares it validates. Raising one share moves no row out of that part. Rows
    /// of equal keys share a side.</remarks>
    /// <param name="keys">One a row; the columns of a longer key are joined by the caller.</param>
    /// <param name="validation">A share in [0, 1).</param>
    /// <param name="holdout">A share in [0, 1); the sum of both is below 1.</param>
    /// <exception cref="TrainingException">Nothing is left to train on.</exception>
    public static Split ByKey(IReadOnlyList<string> keys, long seed, double validation, double holdout)
    {
        if (!(validation >= 0) || !(holdout >= 0) || !(validation + holdout < 1))
            throw new ArgumentOutOfRangeException(nameof(holdout), FormattableString.Invariant(
                $"Validation {validation} and holdout {holdout} are shares of at least 0 whose sum is below 1."));
        var sides = new byte[keys.Count];
        var prefix = seed.ToString(CultureInfo.InvariantCulture) + "\n";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var i = 0; i < keys.Count; i++)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(prefix + keys[i]), hash);
            var drawn = BinaryPrimitives.ReadUInt64BigEndian(hash) * (1.0 / 18446744073709551616.0);
            sides[i] = (byte)(drawn < holdout ? 2 : drawn < holdout + validation ? 1 : 0);
        }

        return Of(sides, "every row was drawn for validation or holdout");
    }

    private static Split Of(byte[] sides, string empty)
    {
        int[] Rows(int side) => [.. Enumerable.Range(0, sides.Length).Where(i => sides[i] == side)];
        var split = new Split(Rows(0), Rows(1), Rows(2));
        return split.Train.Length > 0
            ? split
            : throw new TrainingException($"The split leaves no rows to train on: of {sides.Length} rows, {empty}.");
    }
}
