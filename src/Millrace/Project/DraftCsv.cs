using System.Globalization;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sources;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>One file as found: how it is written, and what its columns are called.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Bytes">What its bytes say.</param>
/// <param name="Csv">How it reads.</param>
/// <param name="IsQuoteNeeded">True or false when quotes stand in it and the file shows what they are; null when it holds none.</param>
/// <param name="Names">The header's names, or c1, c2, ... where there is none.</param>
internal sealed record DraftCsv(string Path, DraftBytes Bytes, CsvOptions Csv, bool? IsQuoteNeeded, IReadOnlyList<string> Names)
{
    /// <summary>Looks at a file with the engine's sniffer, and then at every line of it.</summary>
    /// <exception cref="ProblemException">The file is no text, or its columns cannot be stored.</exception>
    public static DraftCsv Read(SqlSession session, string path)
    {
        var bytes = DraftBytes.Read(path);
        var (csv, width) = Sniff(session, path, new CsvOptions(Encoding: bytes.Encoding ?? "utf-8"));
        bool? isQuoteNeeded = bytes.HasQuotes || csv.Quote == "'" ? IsQuoteNeededFor(session, path, csv, width) : null;
        csv = isQuoteNeeded switch
        {
            false => csv with { Quote = "", Escape = "" },
            null => csv with { Quote = "\"", Escape = "\"" },
            true => csv,
        };
        csv = csv with { Header = HasHeader(Sample(session, path, csv, width)) };
        return new DraftCsv(path, bytes, csv, isQuoteNeeded, csv.Header ? Header(path, csv) : [.. Numbered(width)]);
    }

    /// <summary>The engine's reader over a file whose values all stay text.</summary>
    /// <param name="path">The file.</param>
    /// <param name="csv">How it is written.</param>
    /// <param name="names">What its columns are called, in the file's order.</param>
    /// <param name="more">More options of the reader.</param>
    public static string Reader(string path, CsvOptions csv, IEnumerable<string> names, string more)
    {
        var comment = csv.Comment is { Length: > 0 } sign ? $", comment={SqlName.Text(sign)}" : "";
        var types = string.Join(", ", names.Select(n => $"{SqlName.Quote(n)}: 'VARCHAR'"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            read_csv([{{SqlName.Text(path)}}], auto_detect=false, header={{(csv.Header ? "true" : "false")}},
                delim={{SqlName.Text(csv.Delimiter)}}, quote={{SqlName.Text(csv.Quote)}}, escape={{SqlName.Text(csv.Escape)}},
                nullstr='', allow_quoted_nulls=false,
                encoding={{SqlName.Text(csv.Encoding)}}, skip={{csv.SkipLines}}{{comment}}, {{more}}, columns={ {{types}} })
            """);
    }

    private static IEnumerable<string> Numbered(int width) => Enumerable.Range(1, width).Select(i => FormattableString.Invariant($"c{i}"));

    private static (CsvOptions Csv, int Width) Sniff(SqlSession session, string path, CsvOptions csv)
    {
        var row = Sniffed(session, path, csv, "");
        var (delimiter, quote, escape) = (Sign(row[0]), Sign(row[1]), Sign(row[2]));
        quote = quote.Length == 0 ? "\"" : quote;
        csv = csv with
        {
            Delimiter = delimiter.Length == 0 ? "," : delimiter,
            Quote = quote,
            Escape = escape.Length == 0 ? quote : escape,
            SkipLines = Convert.ToInt32(row[3], CultureInfo.InvariantCulture),
            Comment = Sign(row[4]) is { Length: > 0 } comment ? comment : null,
        };
        return (csv, Convert.ToInt32(row[5], CultureInfo.InvariantCulture));

        static string Sign(object? value) => (string?)value is { } text && text != "(empty)" ? text : "";
    }

    /// <summary>The sniffer's row. A line that it cannot read stops it, unless it may pass over such; then it guesses worse.</summary>
    private static object?[] Sniffed(SqlSession session, string path, CsvOptions csv, string more)
    {
        try
        {
            using var result = session.Query($"""
                SELECT Delimiter, Quote, Escape, SkipRows, Comment, len(Columns)
                FROM sniff_csv({SqlName.Text(path)}, encoding={SqlName.Text(csv.Encoding)}{more})
                """);
            return result.Rows().First();
        }
        catch (DuckException) when (more.Length == 0)
        {
            return Sniffed(session, path, csv, ", ignore_errors=true, all_varchar=true");
        }
    }

    /// <summary>
    /// Quotes are quotes when they stand around whole values, or when lines fall apart without them. Else they are letters: a reader
    /// that took them for quotes would join lines that belong apart.
    /// </summary>
    private static bool IsQuoteNeededFor(SqlSession session, string path, CsvOptions csv, int width)
    {
        var plain = csv with { Quote = "", Escape = "", Header = false };
        var (fallsApart, stray) = Broken(session, path, plain, width, Stray(csv));
        if (fallsApart == 0)
            return stray == 0;
        return Broken(session, path, csv with { Header = false }, width, _ => "false").FallsApart < fallsApart;
    }

    /// <summary>How many values hold a quote that is not around the whole value.</summary>
    private static Func<string, string> Stray(CsvOptions csv)
    {
        var inside = $"[^{csv.Quote}]|{csv.Quote}{csv.Quote}";
        if (csv.Escape == "\\")
            inside = $@"[^{csv.Quote}\\]|\\.|{csv.Quote}{csv.Quote}";
        var whole = SqlName.Text($"(?s){csv.Quote}({inside})*{csv.Quote}");
        return column => $"contains({column}, {SqlName.Text(csv.Quote)}) AND NOT regexp_full_match({column}, {whole})";
    }

    private static (long FallsApart, long Counted) Broken(
        SqlSession session, string path, CsvOptions csv, int width, Func<string, string> count)
    {
        // The engine keeps what it rejects only when a statement runs to its end.
        session.Execute("DROP TABLE IF EXISTS draft_rejects; DROP TABLE IF EXISTS draft_scans");
        var reader = Reader(path, csv, Numbered(width), "store_rejects=true, rejects_table='draft_rejects', rejects_scan='draft_scans'");
        var sum = string.Join(" + ", Numbered(width).Select(c => $"({count(c)})::INT"));
        session.Execute($"""
            CREATE OR REPLACE TEMP TABLE draft_count AS
            SELECT count(*) FILTER (WHERE ({sum}) > 0) AS counted, count(COLUMNS(*)) FROM {reader}
            """);
        using var rows = session.Query("SELECT counted FROM draft_count");
        var counted = Convert.ToInt64(rows.Scalar(), CultureInfo.InvariantCulture);
        using var rejects = session.Query(
            "SELECT count(DISTINCT line) FROM draft_rejects WHERE error_type <> 'INVALID ENCODING' AND error_type <> 'INVALID UNICODE'");
        return (Convert.ToInt64(rejects.Scalar(), CultureInfo.InvariantCulture), counted);
    }

    private static List<object?[]> Sample(SqlSession session, string path, CsvOptions csv, int width)
    {
        var reader = Reader(path, csv with { Header = false }, Numbered(width), "ignore_errors=true");
        using var result = session.Query($"SELECT * FROM {reader} LIMIT 1000");
        return [.. result.Rows()];
    }

    /// <summary>
    /// A first line is a header when it has no number where numbers follow, and a text or nothing where numbers or times follow. Where
    /// all is text, it is one when its values are short, different, and come again in no row.
    /// </summary>
    private static bool HasHeader(List<object?[]> sample)
    {
        if (sample.Count == 0)
            return false;
        var (first, rest) = (sample[0], sample[1..]);
        var isTyped = Enumerable.Range(0, first.Length)
            .Select(c => rest.Exists(r => r[c] is string)
                && rest.TrueForAll(r => r[c] is not string text || DraftWords.IsNumberOrTime(text))).ToArray();
        if (first.Select((v, c) => isTyped[c] && v is string text && DraftWords.IsNumberOrTime(text)).Any(isValue => isValue))
            return false;
        if (first.Select((v, c) => isTyped[c] && (v is string || rest.TrueForAll(r => r[c] is not null))).Any(isHeading => isHeading))
            return true;
        var names = first.OfType<string>().ToList();
        return names.Count == first.Length && names.All(n => n.Length is > 0 and <= 64 && !DraftWords.IsNumberOrTime(n))
            && names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count
            && !rest.Any(r => r.Where((v, c) => v is string text && text == names[c]).Any());
    }

    /// <summary>The names exactly as a load reads them.</summary>
    private static IReadOnlyList<string> Header(string path, CsvOptions csv)
    {
        var source = new SourceDefinition(new AssetKey(AssetKind.Source, "draft"), path, "")
        {
            Type = "csv",
            Path = path,
            Columns = [],
            Csv = csv,
            Contract = new LoadContract(ContractMode.Ignore),
        };
        var scratch = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "millrace-header-" + Guid.NewGuid().ToString("N"));
        try
        {
            var plain = PlainText.Of(new InputFile(path, path), csv.Encoding, scratch, 0, CancellationToken.None);
            var names = CsvHeader.Read(plain, path, source);
            var wrong = names.Select((n, i) => (Name: n, Number: i + 1)).FirstOrDefault(n => !CanBeStored(n.Name));
            return wrong.Name is null ? names : throw Refused(path, string.Create(
                CultureInfo.InvariantCulture,
                $"The header's name no. {wrong.Number} is {DraftText.Shown(wrong.Name)}, under which no column can be stored. "
                + $"Write another name there."));
        }
        catch (SourceException e)
        {
            throw Refused(path, e.Message);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>A name must not end a comment in SQL, nor be one of those that a load gives itself.</summary>
    private static bool CanBeStored(string name) => !string.IsNullOrWhiteSpace(name)
        && !name.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029') && !name.Contains("*/", StringComparison.Ordinal)
        && !name.StartsWith("_millrace", StringComparison.OrdinalIgnoreCase) && !name.Equals("_source", StringComparison.OrdinalIgnoreCase);

    private static ProblemException Refused(string path, string message) => new([new Problem("bad-header", message, path, 1)]);
}
