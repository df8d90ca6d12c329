using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>The <c>metaData</c> action. Some writers create a table before its columns are known: its schema is empty until a later
/// commit.</summary>
internal sealed record TableMetadata(
    string Id, string? Name, string? Description, string SchemaString, IReadOnlyList<string> PartitionColumns,
    IReadOnlyDictionary<string, string> Configuration, long? CreatedTime, string Provider = "parquet")
{
    public static TableMetadata Create(Schema schema, DateTimeOffset now) =>
        new(Guid.NewGuid().ToString(), null, null, schema.ToDelta(), [], new Dictionary<string, string>(), now.ToUnixTimeMilliseconds());
}

/// <summary>The <c>remove</c> action: a file that left the table, kept so that vacuum knows when it may delete it.</summary>
internal sealed record Tombstone(string Path, long? DeletionTimestamp, long? Size, IReadOnlyDictionary<string, string?>? PartitionValues)
{
    public string Key => Path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(Path) : Path;
}

/// <summary>The <c>txn</c> action.</summary>
internal sealed record TransactionMark(string AppId, long Version, long? LastUpdated);
