using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;
using Millrace.Sources.Formats;

namespace Millrace.Sources;

public static partial class SourceDefinitionReader
{
    /// <summary>The keys that say what a place is asked for and what becomes of its rows.</summary>
    private static readonly string[] PlaceKeys = ["format", "key", "cursor", "mode", "landing"];

    private static Shape CursorShape => new(
        "cursor",
        "The column by which a place is read from where the last load ended.",
        new Key("column", KeyKind.Text, "A column of the contract: a number, a time or a text that grows with new and changed rows.")
        {
            IsRequired = true,
            Example = "updated_at",
        },
        new Key("initial", KeyKind.Text, "Rows below it are never read.") { Example = "2024-01-01" },
        new Key("end", KeyKind.Text, "Rows at it or above are never read.") { Example = "2025-01-01" },
        new Key("lag", KeyKind.Text, "How far below the last value a load reads again: a time such as 90s, 15m, 1h, 2d, or a number.") { Example = "1h" },
        new Key("order", KeyKind.Word, "The order in which the place gives its rows, if it does.") { Words = ["asc", "desc"] },
        new Key("on_missing", KeyKind.Word, "What becomes of rows without a value: the load fails, they are taken, or left out.")
        {
            Words = ["raise", "include", "exclude"],
            Default = "raise",
        },
        new Key("start", KeyKind.Word, "Whether rows at the last value are read again and told apart (closed), or not (open).")
        {
            Words = ["closed", "open"],
            Default = "closed",
        });

    private static Shape LandingShape => new(
        "landing section",
        "The raw records of a place's loads.",
        new Key("keep", KeyKind.Text, "How long they are kept after their load, such as 12h or 30d; always keeps them for ever.") { Example = "7d" });

    private static Place? PlaceOf(Section section, string? type)
    {
        foreach (var other in KnownConnectors.All.Where(c => c.Type != type && section.Node(c.Type) is not null))
            section.Report("unknown-key", $"The section '{other.Type}' is for type: {other.Type}, but the type is '{type}'. Change one of them.", other.Type);
        if (type is null || KnownConnectors.Find(type) is not { } connector)
        {
            foreach (var key in type is null ? [] : PlaceKeys.Where(k => section.Node(k) is not null))
            {
                section.Report(
                    "unknown-key",
                    $"'{key}' is for places that are asked, such as {Places()}. Files of the project folder are known by their path and bytes: "
                    + $"remove '{key}'.",
                    key);
            }

            return null;
        }

        if (section.Node("path") is not null)
            section.Report("unknown-key", $"'path' is for files of the project folder. Say in the section '{type}' what is read.", "path");
        if (section.Map(type) is not { } keys)
        {
            if (section.Node(type) is null)
                section.Report("missing-key", $"The source lacks the section '{type}', which says where its rows are. Its keys are: {string.Join(", ", connector.Shape.Keys.Select(k => k.Name))}.");
            return null;
        }

        LiteralSecrets.Refuse(section, keys.Source);
        return connector.Read(keys);
    }

    private static string Places() => KnownConnectors.All.Count == 0 ? "a database" : string.Join(", ", KnownConnectors.All.Select(c => c.Type).Take(3));

    private static string? FormatOf(Section section, string? type, Place? place)
    {
        if (type is null || KnownFormats.Find(type) is not null)
            return type;
        if (place is null)
            return null;
        var said = section.Text("format");
        if (said is null && place.Format.Length == 0)
        {
            section.Report(
                "missing-key",
                $"The source lacks the key 'format': a {type} brings files as they are. It can be one of: {string.Join(", ", KnownFormats.All.Select(f => f.Name))}.");
        }
        else if (said is not null && place.Format.Length > 0 && said != place.Format)
        {
            section.Report("bad-value", $"'format' is '{said}', but the rows of this {type} land as {place.Format}. Remove 'format'.", "format");
        }

        return said ?? (place.Format.Length > 0 ? place.Format : null);
    }

    private static (IReadOnlyList<string> Keys, CursorRule? Cursor, LoadMode Mode) LoadingOf(Section section, List<DeclaredColumn> columns)
    {
        string? Column(string name, Section at, string key)
        {
            if (columns.Find(c => c.IsNamed(name)) is { } found)
                return found.Name;
            var names = columns.Select(c => c.Name).ToArray();
            at.Report(
                "unknown-column",
                $"'{key}' names '{name}', which is no column of the contract.{Suggestion.Sentence(name, names)} Columns are: {string.Join(", ", names)}.",
                key);
            return null;
        }

        var keys = section.Texts("key").Select(k => Column(k, section, "key")).OfType<string>().ToList();
        var mode = section.Text("mode") switch
        {
            "merge" => LoadMode.Merge,
            "replace" => LoadMode.Replace,
            "changes" => LoadMode.Changes,
            _ => LoadMode.Append,
        };
        if (mode is LoadMode.Merge or LoadMode.Changes && section.Node("key") is null)
            section.Report("missing-key", $"'mode: {section.Text("mode")}' needs 'key': the columns that tell which row a new one takes the place of, for example key: id.", "mode");
        if (section.Map("cursor") is not { } cursor)
            return (keys, null, mode);
        if (mode == LoadMode.Replace)
            section.Report("wrong-kind", "'mode: replace' reads everything each time, and so has no cursor. Remove 'cursor', or write mode: merge.", "mode");
        var column = cursor.Text("column") is { } name ? Column(name, cursor, "column") : null;
        var type = columns.Find(c => column is not null && c.IsNamed(column))?.Type;
        if (type is { IsNested: true } || type == DataType.Boolean)
            cursor.Report("bad-type", $"The cursor '{column}' is {type}. A cursor is a number, a time or a text that grows.", "column");
        var rule = new CursorRule(column ?? "")
        {
            Initial = cursor.Text("initial"),
            End = cursor.Text("end"),
            Lag = Lag(cursor, type),
            Order = cursor.Text("order") switch { "asc" => CursorOrder.Ascending, "desc" => CursorOrder.Descending, _ => null },
            OnMissing = cursor.Text("on_missing") switch { "include" => OnMissing.Include, "exclude" => OnMissing.Exclude, _ => OnMissing.Raise },
            IsStartClosed = cursor.Text("start") != "open",
        };
        return (keys, rule, mode);
    }

    private static decimal Lag(Section cursor, DataType? type)
    {
        if (cursor.Text("lag") is not { } text || type is null)
            return 0;
        if (type.IsTime && TryTime(text, out var time))
            return (decimal)time.Ticks / TimeSpan.TicksPerSecond;
        if (type.IsNumeric && decimal.TryParse(text, NumberStyles.Number & ~NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number >= 0)
            return number;
        cursor.Report(
            "bad-value",
            $"'lag' is '{text}', but the cursor is {type}. "
            + (type.IsTime ? "Write a time such as 90s, 15m, 1h or 2d." : type.IsNumeric ? "Write a number such as 1000." : "Only a time or a number has a lag: remove it."),
            "lag");
        return 0;
    }

    private static TimeSpan? KeptFor(Section section, Place? place)
    {
        if (section.Map("landing") is { } landing && landing.Text("keep") is { } text)
        {
            if (text == "always")
                return null;
            if (TryTime(text, out var time))
                return time;
            landing.Report("bad-value", $"'keep' is '{text}', but takes a time such as 12h or 30d, or always.", "keep");
        }

        return place is { ForgetsWhatItGave: true } ? null : TimeSpan.FromDays(7);
    }

    private static bool TryTime(string text, out TimeSpan time)
    {
        time = default;
        if (Time().Match(text) is not { Success: true } match || !long.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var number) || number > 1_000_000)
            return false;
        time = match.Groups[2].Value switch
        {
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
        return true;
    }

    [GeneratedRegex(@"^([0-9]{1,9})([smhd])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Time();
}
