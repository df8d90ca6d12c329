using System.Globalization;
using System.Text;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sources;
using Millrace.Sources.Formats;
using Millrace.Sql;

namespace Millrace.Project;

/// <summary>Drafts one source from its files: the contract first, then the checks from what a load with that contract gives.</summary>
/// <param name="session">A clean session.</param>
/// <param name="folder">The project folder, as a full path.</param>
/// <param name="group">The files.</param>
internal sealed class DraftSource(SqlSession session, string folder, DraftGroup group)
{
    /// <summary>Above this many days, intervals are counted in months.</summary>
    private const int MaxDays = 4000;

    private readonly List<string> _notes = [];
    private readonly List<string> _paths = [];

    /// <summary>What its reader should know.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Copies the files and writes the definitions.</summary>
    /// <param name="work">A folder for what lies between, which the caller removes.</param>
    /// <param name="write">Writes one file of the project.</param>
    public void Write(string work, Action<string, string> write)
    {
        foreach (var file in group.Files)
            Copy(file.Path);
        var (raw, typed) = (Path.Combine(work, group.Name + ".raw.parquet"), Path.Combine(work, group.Name + ".parquet"));
        var lost = Stage(raw);
        var (csv, columns) = new DraftProfile(session, Parquet(raw), group.Columns).Read(group.Files[0].Csv);
        File.Delete(raw);

        var load = Load(csv, columns, typed);
        if (load.Aside > lost + columns.Sum(c => c.Odd) && load.Blamed.Count > 0)
        {
            columns = [.. columns.Select(c => load.Blamed.Contains(c.Name) && c.Odd == 0
                ? c with { Kind = DraftKind.Text, Remark = $"text, because not every value reads as {c.Kind.Type} where it is quoted" }
                : c)];
            load = Load(csv, columns, typed);
        }

        var checks = new DraftChecks(session, Parquet(typed), columns);
        var key = checks.Key();
        var time = checks.TimeColumn(out var times);
        var isMonthly = time is not null && DaysOf(checks.Range(time)) > MaxDays;
        Note(columns, load, times);
        write($"sources/{group.Name}.yaml", Contract(csv, columns, time, isMonthly, load, checks.Lines(key)));
        write($"tables/{group.Name}_clean.sql", Table(columns, key, time, isMonthly, load));
        File.Delete(typed);
    }

    private string Glob
    {
        get
        {
            var endings = _paths.Select(Ending).Distinct(StringComparer.Ordinal).ToList();
            return $"data/{group.Name}/*{(endings.Count == 1 ? endings[0] : "")}";
        }
    }

    private static string Ending(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Path.GetExtension(path[..^3]) + path[^3..] : Path.GetExtension(path);

    private static string Parquet(string path) => $"read_parquet({SqlName.Text(path)})";

    private void Copy(string path)
    {
        var name = string.Concat(Path.GetFileName(path).Select(c => char.IsControl(c) || c is '[' or ']' or '*' or '?' ? '_' : c));
        var file = $"data/{group.Name}/{name}";
        for (var number = 2; _paths.Contains(file); number++)
            file = FormattableString.Invariant($"data/{group.Name}/{number}_{name}");
        Directory.CreateDirectory(Path.Combine(folder, "data", group.Name));
        File.Copy(path, Path.Combine(folder, file));
        _paths.Add(file);
    }

    /// <summary>Keeps every value as text in one file of columns, so that each later question reads only what it needs.</summary>
    /// <returns>The lines that fell apart.</returns>
    private long Stage(string raw)
    {
        var selects = group.Files.Select((f, i) =>
        {
            var rejects = FormattableString.Invariant(
                $"store_rejects=true, rejects_table='draft_raw_{i}', rejects_scan='draft_raw_scan_{i}'");
            var columns = group.Columns.Select((c, n) => FormattableString.Invariant(
                $"{SqlName.Quote(f.Names.First(name => name.Equals(c, StringComparison.OrdinalIgnoreCase)))} AS v{n}"));
            return $"SELECT {string.Join(", ", columns)} FROM {DraftCsv.Reader(Path.Combine(folder, _paths[i]), f.Csv, f.Names, rejects)}";
        });
        session.Execute($"COPY ({string.Join("\nUNION ALL\n", selects)}) TO {SqlName.Text(raw)} (FORMAT parquet)");
        return group.Files.Select((_, i) => DraftProfile.Numbers(
            session,
            FormattableString.Invariant($"SELECT count(DISTINCT (scan_id, file_id, line)) FROM draft_raw_{i}"))[0]).Sum();
    }

    /// <summary>Loads the files as a run will.</summary>
    private Loaded Load(CsvOptions csv, IReadOnlyList<DraftColumn> columns, string typed)
    {
        var text = Contract(csv, columns, null, false, new Loaded(0, 0, [], []), []);
        var problems = new List<Problem>();
        var source = SourceDefinitionReader.Read($"sources/{group.Name}.yaml", text, problems);
        if (source is null)
            throw new ProblemException(problems);

        var reader = new CsvFormat().Open(new ReadRequest
        {
            Source = source,
            Files = [.. _paths.Select(p => new InputFile(p, Path.Combine(folder, p)))],
            Scratch = typed + ".scratch",
            Connection = session.Connection,
        });
        var isSecondPass = false;
        try
        {
            Save(reader.Rows, typed);
        }
        catch (DuckException e) when (reader.IsUnreadable(e))
        {
            isSecondPass = true;
            Save(reader.FittingRows, typed);
        }

        var unreadable = reader.Unreadable(session.Connection, isSecondPass);
        var fitting = DraftProfile.Numbers(session, $"SELECT count(*) FROM {Parquet(typed)}")[0];
        if (unreadable.Count == 0)
            return new Loaded(fitting, 0, [], []);

        using var examples = session.Query($"""
            SELECT coalesce(source, '') || coalesce(' line ' || line, '') || ': ' || reason
            FROM ({unreadable.Select}) ORDER BY source, line, reason LIMIT 3
            """);
        var shown = examples.Rows().Select(r => OneLine((string)r[0]!)).ToList();
        var blamed = columns.Where(c => !c.Kind.IsText && DraftProfile.Numbers(
            session,
            $"""
            SELECT count(*) FROM ({unreadable.Select})
            WHERE starts_with(reason, {SqlName.Text(c.Name + " holds '")}) OR contains(reason, {SqlName.Text($"column \"{c.Name}\"")})
            """)[0] > 0);
        return new Loaded(fitting, unreadable.Count, shown, [.. blamed.Select(c => c.Name)]);
    }

    private void Save(string rows, string typed) =>
        session.Execute($"COPY ({rows}) TO {SqlName.Text(typed)} (FORMAT parquet)");

    private static string OneLine(string text)
    {
        var line = text.Split('\n')[0].Trim();
        line = string.Concat(line.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length > 160 ? line[..160] + "..." : line;
    }

    private static int DaysOf((string Min, string Max) range) =>
        Day(range.Max) is { } last && Day(range.Min) is { } first ? last.DayNumber - first.DayNumber + 1 : 0;

    private static DateOnly? Day(string text) => text.Length >= 10
        && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : null;

    private void Note(IReadOnlyList<DraftColumn> columns, Loaded load, IReadOnlyList<string> times)
    {
        Add($"{DraftText.Count(load.Rows, "row")} in {DraftText.Count(_paths.Count, "file")}, {DraftText.Count(columns.Count, "column")}"
            + (load.Aside == 0 ? "; all rows fit the contract." : "."));
        if (load.Aside > 0)
        {
            var share = string.Create(CultureInfo.InvariantCulture, $"{DraftText.Count(load.Aside, "row")} of {load.Rows:N0}");
            Add($"{share} will be quarantined, for example {load.Examples[0].TrimEnd('.')}.");
        }

        foreach (var column in columns.Where(c => c.Remark is not null))
            Add($"column {column.Name}: {column.Remark}.");
        if (group.LeftOut.Count > 0)
            Add($"not read, because not every file has {(group.LeftOut.Count == 1 ? "it" : "them")}: {string.Join(", ", group.LeftOut)}.");
        if (times.Count > 1)
        {
            Add($"no time_column, because {string.Join(" and ", times)} could each be it. "
                + $"Name one in sources/{group.Name}.yaml to compute by intervals.");
        }

        var lines = group.Files.Sum(f => f.Bytes.Lines - (f.Csv.Header ? 1 : 0) - f.Csv.SkipLines);
        if (group.Files.All(f => f.Bytes.Lines is not null) && lines != load.Rows)
        {
            Add($"the files have {DraftText.Count(lines!.Value, "line")} and {DraftText.Count(load.Rows, "row")}: "
                + "line breaks inside quotes, comments and empty lines are no rows.");
        }

        void Add(string note) => _notes.Add($"{group.Name}: {note}");
    }

    private string Contract(
        CsvOptions csv, IReadOnlyList<DraftColumn> columns, string? time, bool isMonthly, Loaded load, IReadOnlyList<string> checks)
    {
        var text = new StringBuilder()
            .Append("# Drafted by 'millrace init' from ").Append(DraftText.Count(load.Rows, "row")).Append(" in ")
            .Append(DraftText.Count(_paths.Count, "file")).Append(".\n# It says what was seen in them; change what you know better.\n")
            .Append("type: csv\npath: ").Append(DraftText.Yaml(Glob)).Append('\n');
        if (load.Aside > 0)
        {
            text.Append("# seen: ").Append(DraftText.Count(load.Aside, "row")).Append(" that will be quarantined, for example\n");
            foreach (var example in load.Examples)
                text.Append("#   ").Append(example).Append('\n');
        }

        if (Options(csv) is { Count: > 0 } options)
            text.Append("csv:\n").AppendJoin("", options.Select(o => $"  {o}\n"));
        if (time is not null)
            text.Append("time_column: ").Append(DraftText.Yaml(time)).Append('\n')
                .Append("interval: ").Append(isMonthly ? "month" : "day").Append('\n');
        if (group.LeftOut.Count > 0)
            text.Append("# Not every file has: ").AppendJoin(", ", group.LeftOut).Append("\ncontract: {columns: ignore}\n");
        text.Append("\ncolumns:\n");
        foreach (var column in columns)
        {
            if (column.Remark is not null)
                text.Append("  # seen: ").Append(column.Remark).Append('\n');
            text.Append("  - {name: ").Append(DraftText.Yaml(column.Name)).Append(", type: ")
                .Append(column.Kind.Type.Contains(',', StringComparison.Ordinal) ? $"\"{column.Kind.Type}\"" : column.Kind.Type)
                .Append(column.Kind.Format is { } format ? $", format: {DraftText.Yaml(format)}" : "")
                .Append(column.IsRequired ? ", required: true" : "").Append("}\n");
        }

        if (checks.Count > 0)
        {
            if (checks.Any(c => c.Contains("on_fail: warn", StringComparison.Ordinal)))
            {
                text.Append("\n# What was only observed warns. Without on_fail a check blocks; with on_fail: quarantine it keeps the rows")
                    .Append(" aside.");
            }

            text.Append("\nchecks:\n").AppendJoin("\n", checks).Append('\n');
        }

        return text.ToString();
    }

    private static List<string> Options(CsvOptions csv)
    {
        var standard = new CsvOptions();
        var options = new List<string>();
        Add("delimiter", csv.Delimiter, standard.Delimiter);
        Add("quote", csv.Quote, standard.Quote);
        if (csv.Quote.Length > 0)
            Add("escape", csv.Escape, csv.Quote);
        if (!csv.Header)
            options.Add("header: false");
        Add("null_text", csv.NullText, standard.NullText);
        Add("encoding", csv.Encoding, standard.Encoding);
        Add("decimal_separator", csv.DecimalSeparator, standard.DecimalSeparator);
        if (csv.SkipLines > 0)
            options.Add(FormattableString.Invariant($"skip_lines: {csv.SkipLines}"));
        Add("comment", csv.Comment ?? "", "");
        return options;

        void Add(string name, string value, string usual)
        {
            if (value != usual)
                options.Add($"{name}: {DraftText.Yaml(value)}");
        }
    }

    private string Table(IReadOnlyList<DraftColumn> columns, IReadOnlyList<string> key, string? time, bool isMonthly, Loaded load)
    {
        var keywords = DraftChecks.Keywords(session);
        var text = new StringBuilder("/*---\n");
        text.Append(time is null
            ? "kind: full\n"
            : $"kind: incremental\ntime_column: {DraftText.Yaml(time)}\ninterval: {(isMonthly ? "month" : "day")}\n");
        var complete = columns.Where(c => c.IsRequired).Select(c => c.Name).ToList();
        if (complete.Count > 0 || key.Count > 0)
        {
            text.Append("checks:\n");
            if (complete.Count > 0)
                text.Append("  # seen: a value in every row\n").Append(Wrapped(complete));
            if (key.Count > 0)
            {
                text.Append("  # seen: ").Append(DraftText.Count(load.Fitting, "row")).Append(", as many different values\n")
                    .Append("  - unique: ").Append(DraftChecks.List(key)).Append('\n');
            }
        }

        text.Append("---*/\n-- Drafted by 'millrace init': the source as it is. Rename, compute and filter here.\nSELECT\n    ")
            .AppendJoin(",\n    ", columns.Select(c => DraftText.Sql(c.Name, keywords)))
            .Append("\nFROM ").Append(DraftText.Sql(group.Name, keywords)).Append('\n');
        if (time is not null)
            text.Append("WHERE ").Append(DraftText.Sql(time, keywords)).Append(" >= @start AND ")
                .Append(DraftText.Sql(time, keywords)).Append(" < @end\n");
        return text.ToString();
    }

    /// <summary>A not_null check whose names stay within the width of a page.</summary>
    private static string Wrapped(IReadOnlyList<string> names)
    {
        const int Width = 120;
        var lines = new List<string> { "  - not_null: [" };
        foreach (var name in names.Select(DraftText.Yaml))
        {
            if (lines[^1].Length + name.Length > Width)
                lines.Add("      ");
            lines[^1] += name + ", ";
        }

        return string.Join('\n', lines.Select(l => l.TrimEnd()))[..^1] + "]\n";
    }

    /// <summary>What a load gives.</summary>
    /// <param name="Fitting">Rows that fit the contract.</param>
    /// <param name="Aside">Rows that do not.</param>
    /// <param name="Examples">Where some of these lie, and why.</param>
    /// <param name="Blamed">Columns that some of the reasons name.</param>
    private sealed record Loaded(long Fitting, long Aside, IReadOnlyList<string> Examples, IReadOnlyList<string> Blamed)
    {
        public long Rows => Fitting + Aside;
    }
}
