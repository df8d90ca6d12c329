using System.Globalization;
using Millrace.Assets;
using Millrace.Lake.Delta;
using Millrace.Sources.Contract;

namespace Millrace.Sources.Formats;

/// <summary>Text files with a delimiter between the values.</summary>
/// <param name="name">The word of <c>type:</c>.</param>
/// <param name="delimiter">What stands between two values where the source does not say.</param>
internal sealed class CsvFormat(string name = "csv", string delimiter = ",") : IFormat
{
    /// <inheritdoc/>
    public string Name => name;

    /// <summary>What stands between two values where the source does not say.</summary>
    public string Delimiter => delimiter;

    /// <inheritdoc/>
    public RowReader Open(ReadRequest request)
    {
        var csv = request.Source.Csv;
        var files = request.Files.Select((f, i) => new PlainFile(f, PlainText.Of(f, csv.Encoding, request.Scratch, i, request.CancellationToken), i)).ToList();
        var groups = files.GroupBy(f => string.Join('\u0001', CsvHeader.Read(f.Path, f.File.Name, request.Source)), StringComparer.Ordinal);
        return new ContractReader(request, [.. groups.Select(g => Group(request, g.Key.Split('\u0001'), [.. g]))]);
    }

    private static RawRows Group(ReadRequest request, IReadOnlyList<string> names, IReadOnlyList<PlainFile> files)
    {
        var sorted = new Lazy<(string Rows, string? Malformed)>(() => Sort(request, names, files));
        var hasLongLine = files.Any(f => HasLongLine(f.Path));
        return new RawRows
        {
            File = files[0].File.Name,
            IsTyped = !hasLongLine,
            Columns = [.. names.Select(n => new RawColumn(n))],
            Fast = types => hasLongLine ? sorted.Value.Rows : Read(request.Source.Csv, names, files, types),
            Sorted = () => sorted.Value.Rows,
            Malformed = () => sorted.IsValueCreated ? sorted.Value.Malformed : null,
        };
    }

    private static string Read(CsvOptions csv, IReadOnlyList<string> names, IReadOnlyList<PlainFile> files, IReadOnlyDictionary<string, DataType> types)
    {
        var columns = string.Join(", ", names.Select(n => $"{SqlName.Quote(n)}: {SqlName.Text(types.TryGetValue(n, out var type) ? type.Sql : "VARCHAR")}"));
        var options = new List<string>
        {
            "auto_detect=false", $"header={(csv.Header ? "true" : "false")}", $"columns={{{columns}}}", $"delim={SqlName.Text(csv.Delimiter)}",
            $"quote={SqlName.Text(csv.Quote)}", $"escape={SqlName.Text(csv.Escape)}", $"nullstr={SqlName.Text(csv.NullText)}", "allow_quoted_nulls=false",
            $"decimal_separator={SqlName.Text(csv.DecimalSeparator)}", "compression='none'",
            $"skip={csv.SkipLines.ToString(CultureInfo.InvariantCulture)}",
        };
        if (csv.Comment is { Length: > 0 } comment)
            options.Add($"comment={SqlName.Text(comment)}");
        return $"read_csv([{string.Join(", ", files.Select(f => SqlName.Text(FileRelation.Literally(f.Path))))}], {string.Join(", ", options)})";
    }

    /// <summary>Copies the records with their lines, the malformed ones apart.</summary>
    private static (string Rows, string? Malformed) Sort(ReadRequest request, IReadOnlyList<string> names, IReadOnlyList<PlainFile> files)
    {
        var csv = request.Source.Csv;
        var nullText = System.Text.Encoding.UTF8.GetBytes(csv.NullText);
        var copies = new List<(string Path, string Name)>();
        var malformed = new List<string>();
        foreach (var file in files)
        {
            using var copy = new RawCopy(request.Scratch, file.Number, file.File.Name);
            using var records = new CsvRecords(File.OpenRead(file.Path), csv);
            if (csv.Header)
                records.Read(isEmptyLineARow: true);
            for (var count = 0; records.Read(isEmptyLineARow: names.Count == 1); count++)
            {
                if (count % 4096 == 0)
                    request.CancellationToken.ThrowIfCancellationRequested();
                if (records.Error is { } error)
                    copy.Malformed(records.Line, error, records.Raw, records.Length);
                else if (records.Count < names.Count || !IsEmptyFrom(records, names.Count))
                    copy.Malformed(records.Line, Shape(records.Count, names.Count), records.Raw, records.Length);
                else
                    Copy(records, copy, names.Count, nullText);
            }

            copy.Dispose();
            copies.Add((copy.Path, file.File.Name));
            if (copy.MalformedPath is { } path)
                malformed.Add(path);
        }

        return (RawCopy.Relation(copies, names), malformed.Count > 0 ? RawCopy.MalformedRelation(malformed) : null);
    }

    private static void Copy(CsvRecords records, RawCopy copy, int count, byte[] nullText)
    {
        copy.Begin(records.Line);
        for (var i = 0; i < count; i++)
        {
            var value = records.Value(i, out var isQuoted);
            if (!isQuoted && value.SequenceEqual(nullText))
                copy.Null();
            else
                copy.Value(value);
        }

        copy.End();
    }

    /// <summary>Delimiters at a line's end with nothing between them are no values, to the engine too.</summary>
    private static bool IsEmptyFrom(CsvRecords records, int first)
    {
        for (var i = first; i < records.Count; i++)
        {
            if (!records.Value(i, out var isQuoted).IsEmpty || isQuoted)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Where a line is longer than its buffer, the engine has been seen to leave out the rest of the file without a word. A line that long
    /// has a whole block for itself, and a block without one shows a line end near its end: looking for it costs next to nothing.
    /// </summary>
    private static bool HasLongLine(string path)
    {
        const int Block = RawCopy.MaxRecordBytes / 2;
        const int Look = 4096;
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        byte[] buffer = [];
        for (long start = 0; start + Block <= length; start += Block)
        {
            if (buffer.Length == 0)
                buffer = new byte[Block];
            var near = buffer.AsSpan(0, Look);
            RandomAccess.Read(file, near, start + Block - Look);
            if (near.IndexOfAny((byte)'\n', (byte)'\r') >= 0)
                continue;
            RandomAccess.Read(file, buffer, start);
            if (buffer.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') < 0)
                return true;
        }

        return false;
    }

    private static string Shape(int found, int wanted) => string.Create(
        CultureInfo.InvariantCulture, $"it has {found} {(found == 1 ? "value" : "values")}, and {wanted} {(wanted == 1 ? "is" : "are")} wanted");

    private sealed record PlainFile(InputFile File, string Path, int Number);
}
