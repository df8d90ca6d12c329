namespace Millrace.Lake.Delta;

/// <summary>Some rows of a file.</summary>
/// <param name="Condition">SQL that is true for the rows that are meant; null for all.</param>
/// <param name="Count">How many; null where nothing says.</param>
internal sealed record FileRows(DataFile File, string? Condition, long? Count)
{
    /// <summary>For rows of the change feed: what happened to them, and the version that did it. A null type stands in the file.</summary>
    public (string? Type, long Version)? Change { get; init; }

    /// <summary>The rows of the file that are not deleted.</summary>
    /// <exception cref="LakeException">The file's deletion vector cannot be read.</exception>
    public static FileRows Of(string folder, DataFile file) => file.Vector is null
        ? Whole(file)
        : new FileRows(file, RowFilter.Of(file.DeletedRows(folder), isIn: false), file.LiveRows);

    public static FileRows Whole(DataFile file) => new(file, null, file.Rows);
}
