using System.IO.Compression;
using System.Text;

namespace Millrace.Sources;

/// <summary>The column names of a CSV file, in the file's order.</summary>
internal static class CsvHeader
{
    /// <summary>Reads the names and maps them to the contract's columns.</summary>
    /// <exception cref="SourceException">The file is empty, a contract column is missing, or there is one that the contract lacks.</exception>
    public static IReadOnlyList<string> Read(string folder, string path, SourceDefinition source)
    {
        if (!source.Csv.Header)
            return [.. source.Columns.Select(c => c.Name)];

        var names = Names(Path.Combine(folder, path), source.Csv)
            ?? throw new SourceException($"{path} is empty: it has no header. Take it away, or write at least the line {Line(source)}");
        var missing = source.Columns.Where(c => !names.Contains(c.Name, StringComparer.OrdinalIgnoreCase)).Select(c => c.Name).ToList();
        if (missing.Count > 0)
        {
            var other = new[] { ',', ';', '\t', '|' }.FirstOrDefault(d => !source.Csv.Delimiter.Contains(d) && names.Count == 1 && names[0].Contains(d));
            var hint = other == default
                ? $"The header is: {string.Join(source.Csv.Delimiter, names)}"
                : $"The header '{names[0]}' reads as one column; the delimiter seems to be '{(other == '\t' ? "\\t" : other)}': set csv: {{delimiter: \"{(other == '\t' ? "\\t" : other)}\"}} in {source.File}";
            throw new SourceException($"{path} lacks {(missing.Count == 1 ? "the column" : "the columns")} {string.Join(", ", missing)} of the contract in {source.File}. {hint}");
        }

        var extra = names.Where(n => source.Columns.All(c => !c.Name.Equals(n, StringComparison.OrdinalIgnoreCase))).ToList();
        if (extra.Count > 0 && source.ExtraColumns == ExtraColumns.Block)
        {
            throw new SourceException(
                $"{path} has {(extra.Count == 1 ? "a column" : "columns")} that the contract lacks: {string.Join(", ", extra)}. Add {(extra.Count == 1 ? "it" : "them")} to 'columns' in {source.File}, or set extra_columns: ignore there.");
        }

        var twice = names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? names : throw new SourceException($"{path} names the column '{twice.Key}' twice in its header. Rename one of them.");
    }

    private static string Line(SourceDefinition source) => string.Join(source.Csv.Delimiter, source.Columns.Select(c => c.Name));

    private static List<string>? Names(string path, CsvOptions csv)
    {
        using Stream file = File.OpenRead(path);
        using var stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.GetEncoding(csv.Encoding == "latin-1" ? "latin1" : csv.Encoding), detectEncodingFromByteOrderMarks: true);
        for (var skipped = 0; skipped < csv.SkipLines; skipped++)
            reader.ReadLine();

        string? line;
        do
        {
            line = reader.ReadLine();
        }
        while (line is not null && csv.Comment is { Length: > 0 } comment && line.StartsWith(comment, StringComparison.Ordinal));
        if (string.IsNullOrWhiteSpace(line))
            return null;

        // A quoted name may hold a line break.
        var text = new StringBuilder(line);
        while (csv.Quote.Length > 0 && text.ToString().Count(c => c == csv.Quote[0]) % 2 == 1 && reader.ReadLine() is { } more)
            text.Append('\n').Append(more);
        return Split(text.ToString(), csv);
    }

    private static List<string> Split(string line, CsvOptions csv)
    {
        var names = new List<string>();
        var name = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var isQuote = csv.Quote.Length > 0 && line[i] == csv.Quote[0];
            if (isQuoted && csv.Escape.Length > 0 && line[i] == csv.Escape[0] && i + 1 < line.Length && csv.Quote.Length > 0 && line[i + 1] == csv.Quote[0])
                name.Append(line[++i]);
            else if (isQuote)
                isQuoted = !isQuoted;
            else if (!isQuoted && string.CompareOrdinal(line, i, csv.Delimiter, 0, csv.Delimiter.Length) == 0)
            {
                names.Add(name.ToString());
                name.Clear();
                i += csv.Delimiter.Length - 1;
            }
            else
                name.Append(line[i]);
        }

        names.Add(name.ToString());
        return names;
    }
}
