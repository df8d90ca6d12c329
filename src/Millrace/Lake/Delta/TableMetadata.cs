using Millrace.Assets;

namespace Millrace.Lake.Delta;

/// <summary>The <c>metaData</c> action. Some writers create a table before its columns are known: its schema is empty until a later
/// commit.</summary>
internal sealed record TableMetadata(
    string Id, string? Name, string? Description, string SchemaString, IReadOnlyList<string> PartitionColumns,
    IReadOnlyDictionary<string, string> Configuration, long? CreatedTime, string Provider = "parquet")
{
    /// <summary>How the columns are found in the files, if the protocol allows anything but their names.</summary>
    /// <exception cref="LakeException">The mode is unknown.</exception>
    public ColumnMapping MappingUnder(TableProtocol protocol, string folder)
    {
        if (!protocol.CanMapColumns || !Configuration.TryGetValue("delta.columnMapping.mode", out var mode))
            return ColumnMapping.None;
        return mode switch
        {
            "none" => ColumnMapping.None,
            "name" => ColumnMapping.Name,
            "id" => ColumnMapping.Id,
            _ => throw new LakeException($"The table '{folder}' needs the Delta feature 'columnMapping (mode {mode})' to be read, which "
                + "Millrace does not know. The modes are none, name and id."),
        };
    }

    public static TableMetadata Create(Schema schema, DateTimeOffset now) =>
        new(Guid.NewGuid().ToString(), null, null, schema.ToDelta(), [], new Dictionary<string, string>(), now.ToUnixTimeMilliseconds());
}

/// <summary>The <c>remove</c> action: a file that left the table, kept so that vacuum knows when it may delete it.</summary>
internal sealed record Tombstone(string Path, long? DeletionTimestamp, long? Size, IReadOnlyDictionary<string, string?>? PartitionValues)
{
    /// <summary>Which rows of the file were deleted already when it left.</summary>
    public DeletionVector? Vector { get; init; }

    /// <summary>False when its rows only moved to other files.</summary>
    public bool IsDataChange { get; init; } = true;

    public string Key => DataFile.KeyOf(Path, Vector);
}

/// <summary>The <c>txn</c> action.</summary>
internal sealed record TransactionMark(string AppId, long Version, long? LastUpdated);
