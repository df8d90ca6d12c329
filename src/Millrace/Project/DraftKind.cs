using Millrace.Assets;

namespace Millrace.Project;

/// <summary>One way to read the texts of a column.</summary>
/// <param name="Type">The contract's type.</param>
/// <param name="Format">The contract's format of a date or timestamp, or null.</param>
/// <param name="Fits">SQL that is true for a text which reads so without loss; the argument is the text's SQL.</param>
internal sealed record DraftKind(string Type, string? Format, Func<string, string> Fits)
{
    private const string Exponent = @"([eE][+-]?\d+)?\s*";
    private const string Day = @"\d{4}-\d{1,2}-\d{1,2}";
    private const string Clock = @"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?";

    /// <summary>Words for yes and no stay text, since they mean more than that to people.</summary>
    public static readonly DraftKind Boolean = new("boolean", null, t => $"lower({t}) IN ('true', 'false')");

    /// <summary>A number with leading zeros or a plus is a code or a telephone: as a number it would lose them.</summary>
    public static readonly DraftKind Integer = new("bigint", null, t => Reads(t, @"\s*-?(0|[1-9]\d*)\s*", "BIGINT"));

    /// <summary>Whole numbers beyond BIGINT.</summary>
    public static readonly DraftKind Wide = new("decimal(38,0)", null, t => Match(t, @"\s*-?(0|[1-9]\d{0,37})\s*"));

    public static readonly DraftKind Double = new("double", null, t =>
        Reads(t, @"\s*-?((0|[1-9]\d*)(\.\d*)?|\.\d+)" + Exponent, "DOUBLE"));

    /// <summary>A number whose decimals stand behind a comma.</summary>
    public static readonly DraftKind CommaDouble = new("double", null, t => Match(t, @"\s*-?(0|[1-9]\d*)(,\d+)?" + Exponent));

    public static readonly DraftKind Date = new("date", null, t => Reads(t, $@"\s*{Day}\s*", "DATE"));

    public static readonly DraftKind Timestamp = new("timestamp", null, t => Reads(t, $@"\s*{Day}([ T]{Clock})?\s*", "TIMESTAMP"));

    /// <summary>Every value says its zone: one without would be read as UTC by mere belief.</summary>
    public static readonly DraftKind Instant = new("timestamptz", null, t =>
        Reads(t, $@"\s*{Day}[ T]{Clock} ?(Z|[+-]\d{{2}}(:?\d{{2}})?)\s*", "TIMESTAMPTZ"));

    public static readonly DraftKind Text = new("varchar", null, _ => "true");

    /// <summary>What is looked for first, the narrower before the wider.</summary>
    public static readonly IReadOnlyList<DraftKind> Usual = [Boolean, Integer, Wide, Double, CommaDouble, Date, Timestamp, Instant];

    /// <summary>Dates and times that are not written as ISO 8601 says.</summary>
    public static readonly IReadOnlyList<DraftKind> Written =
    [
        .. DraftWords.Dates.Select(d => OfFormat("date", d)),
        .. DraftWords.Dates.SelectMany(d => DraftWords.Clocks.Select(c => OfFormat("timestamp", d + c))),
    ];

    public bool IsTime => Type is "date" or "timestamp" or "timestamptz";

    public bool IsText => Type == "varchar";

    /// <summary>SQL for the moment that a text says, for comparing two formats.</summary>
    public string Moment(string text) => $"try_strptime({text}, {SqlName.Text(Format!)})";

    private static DraftKind OfFormat(string type, string format) => new(type, format, t =>
        $"coalesce(year(try_strptime({t}, {SqlName.Text(format)})) >= 1000, false)");

    /// <summary>Only a text of the right form is cast: a cast that fails costs the engine a hundred times one that does not.</summary>
    private static string Reads(string text, string pattern, string type) =>
        $"CASE WHEN {Match(text, pattern)} THEN TRY_CAST({text} AS {type}) IS NOT NULL ELSE false END";

    private static string Match(string text, string pattern) => $"regexp_full_match({text}, {SqlName.Text(pattern)})";
}
