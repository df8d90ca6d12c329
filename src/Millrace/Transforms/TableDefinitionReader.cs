using System.Globalization;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sql;

namespace Millrace.Transforms;

/// <summary>Reads a file of <c>tables/</c>: an optional front matter between <c>/*---</c> and <c>---*/</c>, then one SELECT.</summary>
public static class TableDefinitionReader
{
    private const string Opening = "/*---";
    private const string Closing = "---*/";

    /// <summary>The keys of the front matter. Its <c>checks</c> are of any kind until
    /// <see cref="Assets.Definitions.Shape.With"/> says more.</summary>
    public static Shape Shape { get; } = new(
        "front matter",
        "How a table is computed and checked.",
        new Key("kind", KeyKind.Word, "How the table is kept up to date: computed whole, not stored, or interval by interval.")
        {
            Words = ["full", "view", "incremental"],
            LaterWords = ["merge", "history", "seed"],
            Default = "full",
        },
        DefinitionFile.Description,
        DefinitionFile.Owner,
        DefinitionFile.Tags,
        new Key("time_column", KeyKind.Text, "The column of the result that says in which interval a row lies.") { Example = "hour" },
        DefinitionFile.Interval,
        new Key("reads_back", KeyKind.Integer, "How many intervals before its own an interval's rows read from the parents.")
        {
            Default = 0,
            Minimum = 0,
            Maximum = 1_000_000,
            Example = 7,
        },
        new Key("batch", KeyKind.Integer, "At most this many intervals are computed in one task.")
        {
            Minimum = 1,
            Maximum = 1_000_000,
            Example = 30,
        },
        new Key("start", KeyKind.Text, "Nothing before this date or instant (UTC) is computed.") { Example = "2011-01-01" },
        DefinitionFile.Checks);

    /// <summary>Reads one definition.</summary>
    /// <param name="file">The file relative to the project, with forward slashes.</param>
    /// <param name="text">The whole file, lines ended by <c>\n</c>.</param>
    /// <param name="problems">Takes every mistake of the file.</param>
    /// <returns>The definition, or null when the file has a mistake.</returns>
    public static TableDefinition? Read(string file, string text, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var definition = Definition(file, text, found);
        found.ForEach(problems.Add);
        return definition;
    }

    private static TableDefinition? Definition(string file, string text, List<Problem> problems)
    {
        var key = DefinitionFile.KeyOf(AssetKind.Table, file, problems);
        var sqlStart = 0;
        DefinitionNode? node = DefinitionNode.OfMap(file, 1, []);
        var opening = text.Length - text.TrimStart().Length;
        if (IsOpening(text, opening))
        {
            var closing = text.IndexOf(Closing, opening + Opening.Length, StringComparison.Ordinal);
            if (closing < 0)
            {
                problems.Add(new Problem(
                    "front-matter",
                    $"The front matter that starts here with {Opening} is never closed. Write {Closing} after its last key.",
                    file,
                    LineAt(text, opening)));
                return null;
            }

            node = DefinitionText.Parse(text[(opening + Opening.Length)..closing], file, LineAt(text, opening), problems);
            sqlStart = closing + Closing.Length;
        }

        var (sql, sqlLine, hasCode) = Sql(file, text, sqlStart, problems);
        if (node is null)
            return null;

        var section = new Section(Shape, node, problems);
        TableKind? kind = section.Text("kind") switch
        {
            "full" => TableKind.Full,
            "view" => TableKind.View,
            "incremental" => TableKind.Incremental,
            _ => null,
        };
        CheckKeysOfKind(section, kind);
        if (hasCode && problems.TrueForAll(p => p.Code != "front-matter"))
            CheckVariables(file, sql, sqlLine, kind, section, problems);
        var start = Start(section);
        var checks = section.Items("checks");
        if (key is null || kind is null || problems.Count > 0)
            return null;

        return new TableDefinition(key.Value, file, text)
        {
            Kind = kind.Value,
            TimeColumn = section.Text("time_column"),
            Interval = DefinitionFile.UnitOf(section),
            ReadsBack = (int)(section.Integer("reads_back") ?? 0),
            Batch = (int?)section.Integer("batch"),
            Start = start,
            Sql = sql,
            SqlLine = sqlLine,
            Checks = checks,
            Description = section.Text("description"),
            Owner = section.Text("owner"),
            Tags = section.Texts("tags"),
        };
    }

    private static (string Sql, int Line, bool HasCode) Sql(string file, string text, int from, List<Problem> problems)
    {
        var start = from;
        while (start < text.Length && char.IsWhiteSpace(text[start]))
            start++;
        var sql = text[start..];
        var line = LineAt(text, start);

        int? firstCode = null, semicolon = null, second = null;
        foreach (var part in SqlParts.Parts(sql))
        {
            if (part.Kind == SqlParts.PartKind.Comment)
            {
                if (IsOpening(sql, part.Start))
                {
                    problems.Add(new Problem(
                        "front-matter",
                        $"This comment starts with {Opening} as a front matter does, "
                        + $"but stands after {(from > 0 ? "the front matter" : "the start of the file")}. "
                        + "A file has one front matter, before all else.",
                        file,
                        line + LineAt(sql, part.Start) - 1));
                }

                continue;
            }

            for (var at = part.Start; at < part.End; at++)
            {
                if (part.Kind == SqlParts.PartKind.Code && char.IsWhiteSpace(sql[at]))
                    continue;
                if (part.Kind == SqlParts.PartKind.Code && sql[at] == ';')
                    semicolon ??= at;
                else if (semicolon is null)
                    firstCode ??= at;
                else
                    second ??= at;
            }
        }

        if (firstCode is null && second is null)
        {
            problems.Add(new Problem(
                "missing-sql",
                "The file has no SQL. Write one SELECT, for example: SELECT hour, count(*) AS rides FROM trips GROUP BY hour",
                file,
                line));
            return (sql, line, false);
        }

        if (second is not null)
            problems.Add(new Problem(
                "many-statements",
                "A second statement starts here. A table is one SELECT: remove the semicolon before, "
                + "or move the rest to a file of its own.",
                file,
                line + LineAt(sql, second.Value) - 1));
        return ((semicolon is null ? sql : sql[..semicolon.Value]).TrimEnd(), line, true);
    }

    private static void CheckKeysOfKind(Section section, TableKind? kind)
    {
        var hasTime = section.Node("time_column") is not null;
        if (kind == TableKind.Incremental && !hasTime)
            section.Report(
                "missing-key",
                "An incremental table needs time_column: the column of its result that says in which interval a row lies. "
                + "For example: time_column: hour",
                "kind");
        if (kind is TableKind.Full or TableKind.View)
        {
            foreach (var name in (string[])["reads_back", "batch", "start"])
            {
                if (section.Node(name) is not null)
                    section.Report(
                        "wrong-kind",
                        $"'{name}' is for tables of kind incremental, and this one is {Word(kind)}. Remove it, or write kind: incremental.",
                        name);
            }

            if (!hasTime && section.Node("interval") is not null)
                section.Report(
                    "missing-key",
                    "'interval' counts the intervals of time_column, which is absent. Write time_column too, or remove interval.",
                    "interval");
        }

        if (section.Text("time_column") is { } column && string.IsNullOrWhiteSpace(column))
            section.Report("bad-name", "'time_column' is blank. Write the name of a column of the result.", "time_column");
    }

    /// <summary>SQL that goes back from <c>@start</c> reads rows before its interval; unless it says how far, late rows there would change nothing here.</summary>
    private static void CheckReadsBack(string file, string sql, int sqlLine, SqlText used, Section section, List<Problem> problems)
    {
        if (section.Integer("reads_back") > 0)
            return;
        for (var at = used.IndexOf("start"); at >= 0; at = sql.IndexOf("@start", at + 1, StringComparison.Ordinal))
        {
            if (!sql.AsSpan(at + "@start".Length).TrimStart().StartsWith("-") || sql.AsSpan(at + "@start".Length).TrimStart().StartsWith("--"))
                continue;
            problems.Add(new Problem(
                "missing-reads-back",
                "The SQL reads rows from before @start, but does not say how far back: a late row there would not compute this table again. "
                + "Write reads_back: with the number of intervals, for example reads_back: 7.",
                file,
                sqlLine + LineAt(sql, at) - 1));
            return;
        }
    }

    private static void CheckVariables(string file, string sql, int sqlLine, TableKind? kind, Section section, List<Problem> problems)
    {
        var used = new SqlText(sql);
        if (kind == TableKind.Incremental)
        {
            var missing = ((string[])["start", "end"]).Where(v => used.IndexOf(v) < 0).Select(v => "@" + v).ToArray();
            if (missing.Length == 0)
            {
                CheckReadsBack(file, sql, sqlLine, used, section, problems);
                return;
            }

            var column = section.Text("time_column") ?? "hour";
            problems.Add(new Problem(
                "missing-variable",
                $"The table is incremental, but its SQL does not use {string.Join(" and ", missing)}: each interval would hold all rows. "
                + $"Read only the interval's rows, for example: WHERE {column} >= @start AND {column} < @end",
                file,
                sqlLine));
        }
        else if (kind is not null)
        {
            foreach (var name in (string[])["start", "end"])
            {
                if (used.IndexOf(name) is var at and >= 0)
                    problems.Add(new Problem(
                        "wrong-variable",
                        $"The SQL uses @{name}, which only an incremental table has, and this one is {Word(kind)}. Remove it, "
                        + "or write kind: incremental and time_column.",
                        file,
                        sqlLine + LineAt(sql, at) - 1));
            }
        }
    }

    private static DateTimeOffset? Start(Section section)
    {
        if (section.Text("start") is not { } text)
            return null;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        string[] formats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-dd HH:mm:ssK"];
        if (DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, Utc, out var start))
            return start;
        section.Report(
            "wrong-kind",
            $"'start' is '{text}', but takes a date or an instant in UTC. For example: start: 2011-01-01, or start: 2011-01-01T06:00:00Z",
            "start");
        return null;
    }

    private static bool IsOpening(string text, int at) =>
        text.AsSpan(at).StartsWith(Opening)
        && (text.Length == at + Opening.Length || text[at + Opening.Length] is not ('-' or '*'));

    private static string Word(TableKind? kind) => kind == TableKind.View ? "a view" : "full";

    private static int LineAt(string text, int at) => 1 + text.AsSpan(0, at).Count('\n');
}
