using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats.Xlsx;

namespace Millrace.Sources.Formats;

/// <summary>Excel workbooks: one sheet's rows, dates by their cells' styles. A row's place is its number in the sheet.</summary>
internal sealed class XlsxFormat : IFormat
{
    /// <inheritdoc/>
    public string Name => "xlsx";

    /// <inheritdoc/>
    public RowReader Open(ReadRequest request)
    {
        var names = request.Source.Columns.Select(c => c.Name).ToList();
        if (request.Source.Contract.Columns is not (ContractMode.Freeze or ContractMode.Ignore) && request.Source.Xlsx.HeaderRow != 0)
            AddHeadings(request, names);
        var copies = new List<(string Path, string Name)>();
        var malformed = new List<string>();
        for (var i = 0; i < request.Files.Count; i++)
        {
            var file = request.Files[i];
            using var copy = new RawCopy(request.Scratch, i, file.Name);
            using (var book = new Workbook(file.Path, file.Name))
            using (var strings = book.SharedStrings(request.Scratch))
            {
                var (part, styles, range) = (book.Sheet(request.Source.Xlsx.Sheet), book.Styles(), RangeOf(request.Source));
                book.Read(part, xml => Copy(request, file, new SheetRows(xml, strings, styles, book.Is1904, range), copy, names));
            }

            copy.Dispose();
            copies.Add((copy.Path, file.Name));
            if (copy.MalformedPath is { } path)
                malformed.Add(path);
        }

        return ContractReader.OfCopies(request, names, copies, malformed);
    }

    /// <summary>Adds the headings that the contract lacks.</summary>
    private static void AddHeadings(ReadRequest request, List<string> names)
    {
        foreach (var file in request.Files)
        {
            using var book = new Workbook(file.Path, file.Name);
            using var strings = book.SharedStrings(request.Scratch);
            var (part, styles, range) = (book.Sheet(request.Source.Xlsx.Sheet), book.Styles(), RangeOf(request.Source));
            var headings = book.Read(part, xml => Header(request.Source, file, new SheetRows(xml, strings, styles, book.Is1904, range)));
            names.AddRange(headings.Values.Where(h => !names.Contains(h, StringComparer.OrdinalIgnoreCase)));
        }
    }

    private static CellRange RangeOf(SourceDefinition source) => source.Xlsx.Range is { } text ? CellRange.Parse(text)!.Value : CellRange.All;

    private static long Copy(ReadRequest request, InputFile file, SheetRows rows, RawCopy copy, List<string> names)
    {
        var (source, left) = (request.Source, RangeOf(request.Source).Left);
        var hasHeader = source.Xlsx.HeaderRow != 0;
        var headings = hasHeader ? Header(source, file, rows) : names.Select((n, i) => (n, i)).ToDictionary(p => left + p.i, p => p.n);
        var columns = names.Select(n => headings.Where(h => h.Value.Equals(n, StringComparison.OrdinalIgnoreCase)).Select(h => h.Key).FirstOrDefault()).ToList();
        long count = 0;
        for (; rows.Read(); count++)
        {
            if (count % 1024 == 0)
                request.CancellationToken.ThrowIfCancellationRequested();
            var stray = rows.Values.Keys.Where(c => !headings.ContainsKey(c)).Select(c => (int?)c).FirstOrDefault();
            var error = rows.Error ?? (stray is { } column
                ? string.Create(CultureInfo.InvariantCulture, $"the cell {CellRange.Letters(column)}{rows.Row} has a value, and its column no name")
                : null);
            if (error is not null)
            {
                var row = new JsonObject(rows.Values.Select(v => KeyValuePair.Create(headings.GetValueOrDefault(v.Key) ?? CellRange.Letters(v.Key), (JsonNode?)v.Value)));
                copy.Malformed(rows.Row, error, Encoding.UTF8.GetBytes(row.ToJsonString()));
                continue;
            }

            copy.Begin(rows.Row);
            foreach (var at in columns)
            {
                if (rows.Values.TryGetValue(at, out var value))
                    copy.Value(Encoding.UTF8.GetBytes(value));
                else
                    copy.Null();
            }

            copy.End();
        }

        return count;
    }

    private static Dictionary<int, string> Header(SourceDefinition source, InputFile file, SheetRows rows)
    {
        while (rows.Read())
        {
            if (source.Xlsx.HeaderRow is { } row && rows.Row < row)
                continue;
            if (source.Xlsx.HeaderRow is { } wanted && rows.Row > wanted)
                break;
            var names = rows.Values.Where(v => v.Value.Trim().Length > 0).ToDictionary(v => v.Key, v => v.Value.Trim());
            ContractNames.Check(source, file.Name, [.. names.Values], () => FormattableString.Invariant(
                $"Row {rows.Row} has: {string.Join(", ", names.Values)}. If another row names the columns, set xlsx: {{header_row: N}} in {source.File}"), _ => null);
            return names;
        }

        throw new SourceException($"{file.Name} is empty: it has no header{(source.Xlsx.HeaderRow is { } row2 ? FormattableString.Invariant($" in row {row2}") : "")}. Nothing was loaded.");
    }
}
