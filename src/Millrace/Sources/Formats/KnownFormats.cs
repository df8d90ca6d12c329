namespace Millrace.Sources.Formats;

/// <summary>The ways of writing rows that <c>type:</c> and <c>format:</c> can name.</summary>
internal static class KnownFormats
{
    /// <summary>Every format, in the order in which messages list their words.</summary>
    public static IReadOnlyList<IFormat> All { get; } =
    [
        new CsvFormat(),
        new CsvFormat("tsv", "\t"),
        new JsonFormat("json", isLines: false),
        new JsonFormat("ndjson", isLines: true),
        new ParquetFormat(),
        new XlsxFormat(),
    ];

    /// <summary>The format of a word, or null.</summary>
    public static IFormat? Find(string name) => All.FirstOrDefault(f => f.Name == name);
}
