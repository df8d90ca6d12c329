using System.Globalization;
using System.Text;
using Millrace.Sources.Contract;

namespace Millrace.Sources.Formats;

/// <summary>The column names of a CSV file, in the file's order.</summary>
internal static class CsvHeader
{
    /// <summary>Reads the names and maps them to the contract's columns.</summary>
    /// <exception cref="SourceException">The file is empty, a contract column is missing, or there is one that the contract lacks.</exception>
    /// <param name="file">Plain UTF-8.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="source">The contract.</param>
    public static IReadOnlyList<string> Read(string file, string path, SourceDefinition source)
    {
        if (!source.Csv.Header)
            return [.. source.Columns.Where(c => !c.IsEvolved).Select(c => c.Name)];

        var names = Names(file, path, source.Csv)
            ?? throw new SourceException($"{path} is empty: it has no header. Take it away, or write at least the line {Line(source)}");
        return ContractNames.Check(source, path, names, () =>
        {
            var other = new[] { ',', ';', '\t', '|' }.FirstOrDefault(d => !source.Csv.Delimiter.Contains(d) && names.Count == 1 && names[0].Contains(d));
            var sign = other == '\t' ? "\\t" : other.ToString();
            return other != default
                ? $"The header '{names[0]}' reads as one column; the delimiter seems to be '{sign}': set csv: {{delimiter: \"{sign}\"}} in {source.File}"
                : LaterHeader(file, source) is { } later
                ? string.Create(CultureInfo.InvariantCulture, $"Line {later} has them: set csv: {{skip_lines: {later - 1}}} in {source.File}")
                : $"The header is: {string.Join(source.Csv.Delimiter, names)}";
        }, column => FirstValue(file, source.Csv, names.IndexOf(column)));
    }

    private static string Line(SourceDefinition source) => string.Join(source.Csv.Delimiter, source.Columns.Select(c => c.Name));

    private static List<string>? Names(string file, string path, CsvOptions csv)
    {
        using var records = new CsvRecords(File.OpenRead(file), csv);
        if (!records.Read(isEmptyLineARow: true))
            return null;
        if (records.Error is { } error)
            throw new SourceException(string.Create(CultureInfo.InvariantCulture, $"{path}:{records.Line} cannot be read as a header: {error}. Nothing was loaded."));
        var names = NamesOf(records);
        return names is [var only] && string.IsNullOrWhiteSpace(only) ? null : names;
    }

    private static List<string> NamesOf(CsvRecords records) =>
        [.. Enumerable.Range(0, records.Count).Select(i => Encoding.UTF8.GetString(records.Value(i, out _)))];

    private static string? FirstValue(string file, CsvOptions csv, int column)
    {
        using var records = new CsvRecords(File.OpenRead(file), csv);
        records.Read(isEmptyLineARow: true);
        return records.Read(isEmptyLineARow: false) && records.Error is null && column < records.Count
            ? string.Create(CultureInfo.InvariantCulture, $"line {records.Line} holds '{Encoding.UTF8.GetString(records.Value(column, out _))}'")
            : null;
    }

    /// <summary>The line behind a preamble that names every column of the contract, or null.</summary>
    private static long? LaterHeader(string file, SourceDefinition source)
    {
        using var records = new CsvRecords(File.OpenRead(file), source.Csv);
        for (var i = 0; i < 50 && records.Read(isEmptyLineARow: false); i++)
        {
            if (records.Error is null && NamesOf(records) is var names && source.Columns.All(c => names.Contains(c.Name, StringComparer.OrdinalIgnoreCase)))
                return records.Line;
        }

        return null;
    }
}
