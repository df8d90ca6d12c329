namespace Millrace.Lake;

/// <summary>What writing a column told about it, over all staged files. Exact where it is known; null where it is not.</summary>
/// <param name="NullCount">Rows whose value is NULL; unknown for lists, maps and structs.</param>
/// <param name="Min">The least value as the engine writes it, such as <c>2020-01-01 10:00:00.5</c>.</param>
/// <param name="Max">The greatest value; never known for text, where the engine may raise what it cut.</param>
/// <remarks>The bounds of a FLOAT have all digits of its value, as a DOUBLE is written. Min and Max are unknown for booleans, bytes and
/// nested types, where a float column holds NaN, and where there is no value.</remarks>
public sealed record ColumnStatistics(long? NullCount, string? Min, string? Max);
