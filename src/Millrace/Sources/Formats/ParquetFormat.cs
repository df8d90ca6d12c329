using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Native;
using Millrace.Sources.Contract;

namespace Millrace.Sources.Formats;

/// <summary>Parquet files. Their own types are held against the contract's; a row's place is its number in the file, from 1.</summary>
internal sealed class ParquetFormat : IFormat
{
    /// <inheritdoc/>
    public string Name => "parquet";

    /// <inheritdoc/>
    public RowReader Open(ReadRequest request)
    {
        var files = request.Files.Select(f => (File: f, Columns: Columns(request, f))).ToList();
        return new ContractReader(request, [.. files.GroupBy(f => string.Join('\u0001', f.Columns.Select(c => c.Name + "\u0002" + c.Type)))
            .Select(g => Group(g.First().Columns, [.. g.Select(f => f.File)]))]);
    }

    private static RawRows Group(IReadOnlyList<RawColumn> columns, IReadOnlyList<InputFile> files)
    {
        var list = string.Join(", ", files.Select(f => SqlName.Text(FileRelation.Literally(f.Path))));
        return new RawRows
        {
            File = files[0].Name,
            Columns = columns,
            Fast = _ => $"read_parquet([{list}], hive_partitioning=false)",
            Sorted = () => $"(SELECT p.*, p.file_row_number + 1 AS _millrace_line, {RawCopy.NameOf([.. files.Select(f => (f.Path, f.Name))], "p.filename")} AS _millrace_file "
                + $"FROM read_parquet([{list}], hive_partitioning=false, filename=true, file_row_number=true) AS p)",
        };
    }

    private static IReadOnlyList<RawColumn> Columns(ReadRequest request, InputFile file)
    {
        try
        {
            using var result = request.Connection.Query($"DESCRIBE SELECT * FROM read_parquet([{SqlName.Text(FileRelation.Literally(file.Path))}], hive_partitioning=false)");
            var columns = result.Rows().Select(r => new RawColumn((string)r[0]!, (string)r[1]!)).ToList();
            ContractNames.Check(request.Source, file.Name, [.. columns.Select(c => c.Name)], () => $"Its columns are: {string.Join(", ", columns.Select(c => c.Name))}", name => FirstValue(request, file, name));
            return columns;
        }
        catch (DuckException e) when (e.Kind != DuckErrorKind.Interrupt)
        {
            throw new SourceException($"{file.Name} is no Parquet file that can be read: {e.Message.Split('\n')[0].Trim()} Nothing was loaded.", e);
        }
    }

    private static string? FirstValue(ReadRequest request, InputFile file, string name)
    {
        using var result = request.Connection.Query($"SELECT {SqlName.Quote(name)}::VARCHAR FROM read_parquet([{SqlName.Text(FileRelation.Literally(file.Path))}], hive_partitioning=false) LIMIT 1");
        return result.Rows().FirstOrDefault() is { } row ? $"row 1 holds '{row[0] ?? "NULL"}'" : null;
    }
}
