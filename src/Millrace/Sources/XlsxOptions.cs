namespace Millrace.Sources;

/// <summary>Which cells of a workbook hold the rows.</summary>
/// <param name="Sheet">The sheet's name, or its number from 1; null for the first.</param>
/// <param name="Range">The cells, such as <c>B2:F100</c> or <c>B:F</c>; null for all.</param>
/// <param name="HeaderRow">The row, counted in the sheet from 1, that names the columns; 0 when none does and they come in the contract's order;
/// null for the first of the range.</param>
public sealed record XlsxOptions(string? Sheet = null, string? Range = null, int? HeaderRow = null);
