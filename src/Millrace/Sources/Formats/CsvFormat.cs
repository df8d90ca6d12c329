using Millrace.Checks;
using Millrace.Native;

namespace Millrace.Sources.Formats;

/// <summary>Values between delimiters, one row a line.</summary>
internal sealed class CsvFormat : IFormat
{
    public string Name => "csv";

    public RowReader Open(SourceDefinition source, IReadOnlyList<InputFile> files, string scratch)
    {
        var root = files[0].Path[..^files[0].Name.Length];
        if (files.FirstOrDefault(f => f.Path != root + f.Name) is { } stray)
            throw new SourceException($"'{stray.Path}' does not lie in '{root}' as the other files of this load do.");
        return new Reader(new CsvSource(source, root, [.. files.Select(f => f.Name)]));
    }

    private sealed class Reader(CsvSource csv) : RowReader
    {
        public override string Rows => csv.Rows;

        public override string FittingRows => csv.FittingRows;

        public override string FittingRowsWithSource => csv.FittingRowsWithSource;

        public override bool IsUnreadable(DuckException e) => CsvSource.IsUnreadable(e);

        public override UnreadableRows Unreadable(DuckConnection connection, bool isSecondPass) => csv.Unreadable(connection, isSecondPass);
    }
}
