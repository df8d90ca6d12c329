using System.Text;
using System.Text.Json;

namespace Millrace.Lake.Delta;

/// <summary>One Parquet file of a table: the <c>add</c> action.</summary>
public sealed class DataFile
{
    internal static readonly Dictionary<string, string?> NoValues = [];

    private long? _rows;
    private bool _isRowsKnown;

    /// <summary>The path as the log writes it: URL-encoded, relative to the table's folder.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When the file was made.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>The value of each partition column as the protocol's text; empty for a table without partitions.</summary>
    public IReadOnlyDictionary<string, string?> PartitionValues { get; init; } = NoValues;

    /// <summary>The protocol's per-file statistics as JSON text, or null.</summary>
    public string? Stats { get; init; }

    /// <summary>Marks put on the file when it was staged, such as the batch it was loaded from.</summary>
    public IReadOnlyDictionary<string, string?> Tags { get; init; } = NoValues;

    /// <summary>Rows of the file by its statistics; null when they do not say.</summary>
    public long? Rows
    {
        get
        {
            if (!_isRowsKnown)
            {
                _rows = ReadRows();
                _isRowsKnown = true;
            }

            return _rows;
        }
    }

    /// <summary>Rows of the file that count: those of its statistics without the deleted ones; null when they do not say.</summary>
    public long? LiveRows => Rows - (Vector?.Cardinality ?? 0) is >= 0 and var rows ? rows : null;

    /// <summary>What tells two files of a table apart: the decoded path, and which rows of it are deleted.</summary>
    internal string Key => KeyOf(Path, Vector);

    /// <summary>Rows that are deleted though the file holds them; null for none.</summary>
    internal DeletionVector? Vector { get; init; }

    /// <summary>False for an action that only moves rows, such as compaction.</summary>
    internal bool IsDataChange { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString() => Path;

    /// <summary>What tells a file with these deleted rows apart from others.</summary>
    internal static string KeyOf(string path, DeletionVector? vector) =>
        vector is null ? FilePath.Decode(path) : $"{FilePath.Decode(path)}\n{vector.UniqueId}";

    /// <summary>Where the file lies on disk.</summary>
    /// <exception cref="LakeException">The path leads out of the table's folder, or to another store.</exception>
    internal string FullPath(string folder) => FilePath.Within(folder, Path);

    /// <summary>The positions of the rows that are deleted.</summary>
    /// <exception cref="LakeException">The deletion vector cannot be read, or is not this file's.</exception>
    internal RowSet DeletedRows(string folder)
    {
        var rows = Vector?.Read(folder, Path) ?? RowSet.Empty;
        return rows.Last < (Rows ?? long.MaxValue)
            ? rows
            : throw new LakeException($"The deletion vector of the file '{Path}' of the table '{folder}' is another file's: it deletes row "
                + $"{rows.Last}, and the file has {Rows} rows.");
    }

    /// <summary>The value of a partition column as the protocol's text; null for NULL, which the protocol writes as an empty text
    /// too.</summary>
    /// <param name="logName">The column's name in the log.</param>
    internal string? PartitionValue(string logName)
    {
        if (!PartitionValues.TryGetValue(logName, out var value))
            value = PartitionValues.FirstOrDefault(p => p.Key.Equals(logName, StringComparison.OrdinalIgnoreCase)).Value;
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>True when another action says the same of the file.</summary>
    internal bool IsSameAs(DataFile other) =>
        Size == other.Size && Stats == other.Stats && Vector == other.Vector && PartitionValues.Count == other.PartitionValues.Count
        && PartitionValues.All(p => other.PartitionValues.TryGetValue(p.Key, out var value) && value == p.Value);

    private long? ReadRows()
    {
        if (string.IsNullOrEmpty(Stats))
            return null;

        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(Stats));
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRows = reader.ValueTextEquals("numRecords"u8);
                reader.Read();
                if (isRows)
                    return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var rows) ? rows : null;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Statistics are hints: a text that cannot be read tells nothing.
        }

        return null;
    }
}
