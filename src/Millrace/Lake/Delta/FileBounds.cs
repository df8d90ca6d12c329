using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>What is known of one column in one file without opening it: between which values its values lie, and how many are
/// NULL.</summary>
/// <remarks>A bound that is null is not known. Bounds are as wide as the least exact of writers leaves them, so they may be wider than the
/// values, never narrower.</remarks>
internal readonly record struct FileBounds(Bound? Min, Bound? Max, long? Nulls, long? Rows)
{
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(1);

    /// <summary>The bounds of a column, from its partition value or from the file's statistics.</summary>
    /// <param name="file">The file.</param>
    /// <param name="column">A column of the table.</param>
    /// <param name="stored">The name under which files and log know the column.</param>
    /// <param name="isPartition">True where the value stands in the log.</param>
    public static FileBounds Of(DataFile file, Column column, string stored, bool isPartition)
    {
        if (isPartition)
        {
            var text = file.PartitionValues.FirstOrDefault(p => p.Key.Equals(stored, StringComparison.OrdinalIgnoreCase)).Value;
            if (string.IsNullOrEmpty(text))
                return new FileBounds(null, null, file.Rows, file.Rows);
            var value = Bound.Of(column.Type, text);
            return new FileBounds(value, value, 0, file.Rows);
        }

        if (file.Stats is null)
            return new FileBounds(null, null, null, file.Rows);
        try
        {
            using var stats = JsonDocument.Parse(file.Stats);
            var root = stats.RootElement;
            var nulls = Field(root, "nullCount", stored) is { ValueKind: JsonValueKind.Number } count && count.TryGetInt64(out var n) ? n
                : (long?)null;
            var max = Bound.Of(column.Type, Text(Field(root, "maxValues", stored)));

            // Some writers cut times to milliseconds downwards, the greatest too.
            if (max is { Kind: BoundKind.Time } && column.Type != DataType.Date)
                max = max.Value.Later(Slack);
            return new FileBounds(Bound.Of(column.Type, Text(Field(root, "minValues", stored))), max, nulls, file.Rows);
        }
        catch (JsonException)
        {
            return new FileBounds(null, null, null, file.Rows);
        }
    }

    /// <summary>True where the statistics say that every value is NULL.</summary>
    public bool IsAllNull => Nulls is not null && Nulls == Rows;

    private static JsonElement? Field(JsonElement stats, string kind, string column) =>
        stats.ValueKind == JsonValueKind.Object && stats.TryGetProperty(kind, out var values) && values.ValueKind == JsonValueKind.Object
        && values.TryGetProperty(column, out var value) ? value : null;

    private static string? Text(JsonElement? value) => value?.ValueKind switch
    {
        JsonValueKind.String => value.Value.GetString(),
        JsonValueKind.Number => value.Value.GetRawText(),
        _ => null,
    };
}

internal enum BoundKind
{
    Number,
    Text,
    Time,
}

/// <summary>A value in the order of its kind.</summary>
internal readonly record struct Bound(BoundKind Kind, decimal? Exact, double Number, string? Text, long Ticks)
{
    private const double Rounding = 1e-9;

    /// <summary>Reads a value as log and engine write it; null where it cannot be ordered.</summary>
    public static Bound? Of(DataType type, string? text)
    {
        if (text is null)
            return null;
        if (type == DataType.String)
            return new Bound(BoundKind.Text, null, 0, text, 0);
        if (type.IsTime)
            return Time(text) is { } ticks ? new Bound(BoundKind.Time, null, 0, null, ticks) : null;
        if (!type.IsNumeric || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || !double.IsFinite(number))
            return null;
        var isExact = type != DataType.Float && type != DataType.Double
            && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);
        return new Bound(BoundKind.Number, isExact ? decimal.Parse(text, CultureInfo.InvariantCulture) : null, number, null, 0);
    }

    public Bound Later(TimeSpan by) => this
        with { Ticks = Ticks > DateTime.MaxValue.Ticks - by.Ticks ? DateTime.MaxValue.Ticks : Ticks + by.Ticks };

    /// <summary>False only where this is surely above the other.</summary>
    public bool MayBeUpTo(Bound other)
    {
        if (Kind != other.Kind)
            return true;
        if (Kind == BoundKind.Text)
            return Encoding.UTF8.GetBytes(Text!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other.Text!)) <= 0;
        if (Kind == BoundKind.Time)
            return Ticks <= other.Ticks;
        if (Exact is { } left && other.Exact is { } right)
            return left <= right;
        return Number <= other.Number + (Rounding * Math.Max(Math.Abs(Number), Math.Abs(other.Number)));
    }

    private static long? Time(string text) =>
        DateTimeOffset.TryParse(
            text.EndsWith("+00", StringComparison.Ordinal) ? text + ":00" : text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time.UtcTicks : null;
}
