namespace Millrace.Delivery;

/// <summary>The formats in which rows are written as one file.</summary>
public static class FileFormats
{
    /// <summary>Their words.</summary>
    public static IReadOnlyList<string> Words { get; } = ["csv", "parquet", "ndjson", "xlsx"];

    /// <summary>The format that a path's ending says, or null: <c>.csv</c>, <c>.parquet</c>, <c>.ndjson</c> or <c>.jsonl</c>,
    /// <c>.xlsx</c>.</summary>
    public static string? Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => "csv",
        ".parquet" => "parquet",
        ".ndjson" or ".jsonl" => "ndjson",
        ".xlsx" => "xlsx",
        _ => null,
    };
}
