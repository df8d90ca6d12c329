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

    /// <summary>The decoded path: what tells two files of a table apart.</summary>
    internal string Key => Path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(Path) : Path;

    internal bool HasDeletionVector { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Path;

    /// <summary>Where the file lies on disk.</summary>
    /// <exception cref="LakeException">The path leads out of the table's folder, or to another store.</exception>
    internal string FullPath(string folder)
    {
        var key = Key;
        if (Path.StartsWith("file:", StringComparison.Ordinal) && Uri.TryCreate(Path, UriKind.Absolute, out var uri))
            key = uri.LocalPath;
        else if (key.Contains("://", StringComparison.Ordinal))
            throw new LakeException($"The table '{folder}' names the file '{Path}', which lies in another store. Only files of the "
                + "table's own folder can be read.");

        var full = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, key));
        return full.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new LakeException($"The table '{folder}' names the file '{Path}', which lies outside of its folder. Only files "
                + "of the table's own folder can be read.");
    }

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
