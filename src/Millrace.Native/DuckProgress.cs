namespace Millrace.Native;

/// <summary>How far the running statement of a connection is.</summary>
/// <param name="Percentage">0 to 100, an estimate of the engine; -1 when nothing runs, or when the engine cannot tell.</param>
/// <param name="RowsProcessed">Source rows read so far.</param>
/// <param name="TotalRows">Source rows to read, an estimate.</param>
public readonly record struct DuckProgress(double Percentage, ulong RowsProcessed, ulong TotalRows);
