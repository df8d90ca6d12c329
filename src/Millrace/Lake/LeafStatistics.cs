using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Assets;

namespace Millrace.Lake;

/// <summary>What the engine measured of one leaf column of one file.</summary>
/// <param name="Path">The names from the column down to the leaf.</param>
/// <param name="Type">The leaf's type; a list or a map is a leaf of which nothing is known.</param>
/// <param name="NullCount">Rows whose value is NULL, also because a struct around it is.</param>
/// <param name="Min">The least value as text; null when not known exactly.</param>
/// <param name="Max">The greatest value as text; null when not known exactly. For text a bound that no value exceeds.</param>
internal sealed record LeafStatistics(IReadOnlyList<string> Path, DataType Type, long? NullCount, string? Min, string? Max)
{
    /// <summary>Characters of a text that go into the log, as other writers do.</summary>
    private const int PrefixLength = 32;

    /// <summary>The engine cuts the bounds of a text at 256 bytes, at the last whole character.</summary>
    private const int CutBytes = 252;

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd HH:mm:ss.FFFFFFzz", "yyyy-MM-dd HH:mm:ss.FFFFFFzzz", "yyyy-MM-dd HH:mm:sszz", "yyyy-MM-dd HH:mm:sszzz",
        "yyyy-MM-dd HH:mm:ss.FFFFFF", "yyyy-MM-dd HH:mm:ss",
    ];

    public static LeafStatistics Of(IReadOnlyList<string> path, DataType type, Dictionary<string, string?>? measured)
    {
        if (measured is null)
            return new LeafStatistics(path, type, null, null, null);

        var nulls = measured.GetValueOrDefault("null_count") is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : (long?)null;
        var hasBounds = type != DataType.Boolean && type != DataType.Binary && measured.GetValueOrDefault("has_nan") is not "true";
        var (min, max) = hasBounds ? (measured.GetValueOrDefault("min"), measured.GetValueOrDefault("max")) : (null, null);

        // A character that the engine's cut tore apart, or infinity, bounds nothing that other readers understand.
        return new LeafStatistics(path, type, nulls, IsSound(type, min) ? min : null, IsSound(type, max) ? max : null);
    }

    /// <summary>The least value exactly, or null.</summary>
    public string? ExactMin => Type == DataType.String && Min is not null && Encoding.UTF8.GetByteCount(Min) >= CutBytes ? null : Min;

    /// <summary>The greatest value exactly, or null. A text's bound may have been raised after a cut, and nothing tells whether it
    /// was.</summary>
    public string? ExactMax => Type == DataType.String ? null : Max;

    /// <summary>The lower bound as the protocol wants it: text cut, times cut to milliseconds.</summary>
    public JsonNode? DeltaMin() => Min is null ? null : ToDelta(Min, isMax: false);

    /// <summary>The upper bound as the protocol wants it: text cut and raised, times raised to whole milliseconds.</summary>
    public JsonNode? DeltaMax() => Max is null ? null : ToDelta(Max, isMax: true);

    /// <summary>The order of two values of a type, given as the engine writes them.</summary>
    public static int Compare(DataType type, string left, string right)
    {
        if (type == DataType.String)
            return Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));
        if (type == DataType.Float || type == DataType.Double)
            return double.Parse(left, CultureInfo.InvariantCulture).CompareTo(double.Parse(right, CultureInfo.InvariantCulture));
        if (type.IsTime)
            return Time(left)!.Value.CompareTo(Time(right)!.Value);
        return Unscaled(left).CompareTo(Unscaled(right));
    }

    private static bool IsSound(DataType type, string? value)
    {
        if (value is null)
            return false;
        if (type == DataType.String)
            return !value.Contains('\uFFFD', StringComparison.Ordinal);
        if (type == DataType.Float || type == DataType.Double)
            return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        return !type.IsTime || Time(value) is not null;
    }

    private JsonNode? ToDelta(string value, bool isMax)
    {
        if (Type == DataType.String)
            return isMax ? Raised(value) : Prefix(value);
        if (Type == DataType.Date)
            return value;
        if (Type.IsTime)
            return Milliseconds(value, isMax);
        if ((Type == DataType.Float || Type == DataType.Double) && double.Parse(value, CultureInfo.InvariantCulture) == 0)
            return JsonNode.Parse(isMax ? "0.0" : "-0.0");

        // The engine's text is kept digit by digit: a double would not hold a decimal of 38 digits.
        return JsonNode.Parse(value);
    }

    private static string Prefix(string value) => value[..CutAt(value)];

    private static string? Raised(string value)
    {
        var cut = CutAt(value);
        if (cut == value.Length)
            return value;

        // The last code point of Unicode follows every text that goes on otherwise.
        const string Last = "\U0010FFFF";
        return value.AsSpan(cut).StartsWith(Last, StringComparison.Ordinal) ? null : value[..cut] + Last;
    }

    private static int CutAt(string value)
    {
        var at = 0;
        for (var characters = 0; at < value.Length && characters < PrefixLength; characters++)
            at += char.IsHighSurrogate(value[at]) && at + 1 < value.Length ? 2 : 1;
        return at;
    }

    private string? Milliseconds(string value, bool isMax)
    {
        var time = Time(value)!.Value.UtcDateTime;
        var rest = time.Ticks % TimeSpan.TicksPerMillisecond;
        if (rest != 0)
        {
            if (isMax && time > DateTime.MaxValue.AddMilliseconds(-1))
                return null;
            time = time.AddTicks(isMax ? TimeSpan.TicksPerMillisecond - rest : -rest);
        }

        var format = Type == DataType.Timestamp ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fff";
        return time.ToString(format, CultureInfo.InvariantCulture);
    }

    private static DateTimeOffset? Time(string value)
    {
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, Style, out var date) ? date
            : DateTimeOffset.TryParseExact(value, TimeFormats, CultureInfo.InvariantCulture, Style, out var time) ? time
            : null;
    }

    /// <summary>Two decimals of one column have equally many digits after the point.</summary>
    private static BigInteger Unscaled(string number) =>
        BigInteger.Parse(number.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
