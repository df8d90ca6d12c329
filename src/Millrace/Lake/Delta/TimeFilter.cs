using System.Globalization;
using System.Text.Json;
using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>Where the rows of a file lie, as far as its statistics tell.</summary>
internal enum Placement
{
    /// <summary>No row can be in the set.</summary>
    Outside,

    /// <summary>Some rows may be in it and others not.</summary>
    Across,

    /// <summary>Every row is in it.</summary>
    Inside,
}

/// <summary>Rows and files of a table whose time column lies in a set of intervals. A NULL time is in no interval.</summary>
internal sealed class TimeFilter
{
    private readonly Column _column;
    private readonly string _logName;
    private readonly IntervalSet _within;

    public TimeFilter(Snapshot table, string timeColumn, IntervalSet within)
    {
        _column = table.Schema.Find(timeColumn)
            ?? throw new LakeException($"The table '{table.Folder}' has no column '{timeColumn}'. "
                + $"It has: {string.Join(", ", table.Schema.Names)}.");
        if (!_column.Type.IsTime)
            throw new LakeException($"The column '{_column.Name}' of the table '{table.Folder}' is {_column.Type}, not DATE, "
                + "TIMESTAMP or TIMESTAMP WITH TIME ZONE.");
        _logName = table.Stored.Find(timeColumn)!.LogName;
        _within = within;
    }

    /// <summary>The rows in the set, as SQL. NULL for a NULL time.</summary>
    public string Condition => _within.IsEmpty
        ? "false"
        : string.Join(" OR ", _within.Select(i => $"({string.Join(" AND ", Bounds(i))})"));

    /// <summary>Judges a file by its bounds.</summary>
    /// <remarks>
    /// Writers cut times to milliseconds, many of them the upper bound too, so the greatest time counts as up to a millisecond later.
    /// </remarks>
    public Placement Place(DataFile file)
    {
        if (_within.IsAll)
            return Placement.Inside;
        if (_within.IsEmpty)
            return Placement.Outside;
        if (file.Stats is null)
            return Placement.Across;

        try
        {
            using var stats = JsonDocument.Parse(file.Stats);
            return Place(stats.RootElement, file.Rows);
        }
        catch (JsonException)
        {
            return Placement.Across;
        }
    }

    private Placement Place(JsonElement stats, long? rows)
    {
        var nulls = Field(stats, "nullCount") is { ValueKind: JsonValueKind.Number } count ? count.GetInt64() : (long?)null;
        if (nulls is not null && nulls == rows)
            return Placement.Outside;
        if (Instant(Field(stats, "minValues")) is not { } min || Instant(Field(stats, "maxValues")) is not { } max)
            return Placement.Across;

        var slack = _column.Type == DataType.Date ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1);
        max = max < DateTimeOffset.MaxValue - slack ? max + slack : DateTimeOffset.MaxValue;
        if (!_within.Any(i => i.Start <= max && i.End > min))
            return Placement.Outside;
        return nulls == 0 && _within.Any(i => i.Start <= min && i.End > max) ? Placement.Inside : Placement.Across;
    }

    private IEnumerable<string> Bounds(Interval interval)
    {
        var name = SqlName.Quote(_column.Name);
        if (interval.Start == DateTimeOffset.MinValue && interval.End == DateTimeOffset.MaxValue)
            yield return $"{name} IS NOT NULL";
        if (interval.Start > DateTimeOffset.MinValue)
            yield return $"{name} >= {Literal(interval.Start)}";
        if (interval.End < DateTimeOffset.MaxValue)
            yield return $"{name} < {Literal(interval.End)}";
    }

    /// <summary>The first value of the column's type that is not before the instant.</summary>
    private string Literal(DateTimeOffset instant)
    {
        var ticks = _column.Type == DataType.Date ? TimeSpan.TicksPerDay : TimeSpan.TicksPerMicrosecond;
        var rest = instant.UtcTicks % ticks;
        var at = rest == 0 ? instant.UtcDateTime : instant.UtcDateTime.AddTicks(ticks - rest);
        return _column.Type == DataType.Date
            ? $"DATE '{at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}'"
            : _column.Type == DataType.Timestamp
                ? $"TIMESTAMPTZ '{at.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00'"
                : $"TIMESTAMP '{at.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}'";
    }

    private JsonElement? Field(JsonElement stats, string kind) =>
        stats.TryGetProperty(kind, out var values) && values.ValueKind == JsonValueKind.Object
        && values.TryGetProperty(_logName, out var value) ? value : null;

    private static DateTimeOffset? Instant(JsonElement? value)
    {
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return value is { ValueKind: JsonValueKind.String } text
            && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, Style, out var instant)
                ? instant
                : null;
    }
}
