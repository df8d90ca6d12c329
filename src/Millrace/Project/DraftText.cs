using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Millrace.Assets;

namespace Millrace.Project;

/// <summary>Values, names and numbers as drafted files write them.</summary>
internal static partial class DraftText
{
    private static readonly HashSet<string> YamlWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
    };

    /// <summary>A text as a YAML scalar that stands anywhere: plain where nothing can be misread, else in double quotes.</summary>
    public static string Yaml(string text)
    {
        if (PlainYaml().IsMatch(text) && !YamlWords.Contains(text))
            return text;
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\t' => "\\t",
                '\n' => "\\n",
                '\r' => "\\r",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' =>
                    "\\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A column or relation in SQL: quoted where it has to be.</summary>
    /// <param name="name">The name.</param>
    /// <param name="keywords">The engine's words that are no names.</param>
    public static string Sql(string name, IReadOnlySet<string> keywords) =>
        PlainSql().IsMatch(name) && !keywords.Contains(name) ? name : SqlName.Quote(name);

    /// <summary>A value inside a comment or a note: in single quotes, on one line, cut where it is long.</summary>
    public static string Shown(string value)
    {
        var line = string.Concat(value.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
        return $"'{(line.Length > 40 ? line[..40] + "..." : line)}'";
    }

    /// <summary>A count with its noun: <c>1 row</c>, <c>17,379 rows</c>.</summary>
    public static string Count(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>A name for an asset, made from any text: lower case, a-z, 0-9 and _, a letter first; null when nothing is left.</summary>
    public static string? AssetName(string text)
    {
        var words = Camel().Replace(text, "_").ToLowerInvariant();
        var name = NotInName().Replace(words, "_").Trim('_').TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '_');
        return name.Length == 0 ? null : name;
    }

    [GeneratedRegex(@"^[A-Za-z_]([A-Za-z0-9_./*+=<>-]| (?=[A-Za-z0-9+=]))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainYaml();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainSql();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex Camel();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotInName();
}
