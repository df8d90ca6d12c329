namespace Millrace.Sources.Formats;

/// <summary>A way in which files hold rows: CSV, JSON, Parquet, a workbook. One file each.</summary>
internal interface IFormat
{
    /// <summary>The word of <c>format:</c>, and of <c>type:</c> for files of the project folder.</summary>
    string Name { get; }

    /// <summary>Opens files for one load under the source's contract.</summary>
    /// <exception cref="SourceException">A file is not of this format, or lacks a column of the contract.</exception>
    RowReader Open(ReadRequest request);
}

/// <summary>A file to read.</summary>
/// <param name="Name">As provenance and quarantine call it: the path in the project folder, or the name in the landing.</param>
/// <param name="Path">Where it lies, absolute.</param>
internal sealed record InputFile(string Name, string Path);
