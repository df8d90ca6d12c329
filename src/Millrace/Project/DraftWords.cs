using System.Text.RegularExpressions;

namespace Millrace.Project;

/// <summary>What words in data and in headers tend to mean.</summary>
internal static partial class DraftWords
{
    /// <summary>Texts by which other programs say that there is no value; blanks of any length are too.</summary>
    public static readonly IReadOnlyList<string> NoValue =
        ["NA", "N/A", "n/a", "#N/A", "#NA", "NULL", "null", "(null)", "None", "nan", "NaN", "NAN", "-", "--", "?", ".", @"\N"];

    /// <summary>How people write dates, in the letters of strptime, beside ISO 8601.</summary>
    public static readonly IReadOnlyList<string> Dates =
    [
        "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
        "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y",
    ];

    /// <summary>How they write the time of day after a date.</summary>
    public static readonly IReadOnlyList<string> Clocks = [" %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S"];

    /// <summary>True for a number, a date or a time, in any of the usual forms.</summary>
    public static bool IsNumberOrTime(string text) => NumberOrTime().IsMatch(text);

    /// <summary>True when a column is called as keys are.</summary>
    public static bool IsKeyName(string column) => KeyName().IsMatch(column);

    /// <summary>True when a column's times are of people's lives, not of the rows'.</summary>
    public static bool IsBirthName(string column) => BirthName().IsMatch(column);

    [GeneratedRegex(
        @"^\s*([+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T].*)?|true|false)\s*\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex NumberOrTime();

    [GeneratedRegex(
        @"(?i:(^|[_\s.-])(id|key|uuid|guid|no|nr|num|number|code|index|sku|isbn|ean))\z|[a-z](Id|ID|Key|Nr|Number|Code)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex KeyName();

    [GeneratedRegex(@"birth|(^|[_\s.-])dob\z|deceased|death", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex BirthName();
}
