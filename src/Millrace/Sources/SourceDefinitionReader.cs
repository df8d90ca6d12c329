using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;
using Millrace.Sources.Contract;
using Millrace.Sources.Formats;

namespace Millrace.Sources;

/// <summary>Reads a file of <c>sources/</c>.</summary>
public static partial class SourceDefinitionReader
{
    private static readonly CsvOptions DefaultCsv = new();

    private static readonly Shape ColumnShape = new(
        "column",
        "One column that every file of the source has.",
        new Key("name", KeyKind.Text, "The column's name, as in the file's header.") { IsRequired = true, Example = "rides" },
        new Key("type", KeyKind.Text, "The type that each value must read as, in DuckDB's words.")
        {
            IsRequired = true,
            Example = "bigint",
        },
        new Key("required", KeyKind.Flag, "True when a row without a value does not fit the contract.") { Default = false },
        new Key("description", KeyKind.Text, "What the column is, for people."),
        new Key("format", KeyKind.Text, "How a date or timestamp is written, in the letters of strptime; without it ISO 8601.")
        {
            Example = "%d.%m.%Y",
        });

    private static readonly Shape CsvShape = new(
        "csv section",
        "How the files are written.",
        new Key("delimiter", KeyKind.Text, "What stands between two values, 1 to 4 characters.")
        {
            Default = DefaultCsv.Delimiter,
            Example = ";",
        },
        new Key("quote", KeyKind.Text, "What stands around a value that holds a delimiter; empty when quotes are ordinary letters.")
        {
            Default = DefaultCsv.Quote,
            Example = "'",
        },
        new Key("escape", KeyKind.Text, "What stands before a quote inside quotes; without it the quote itself.") { Example = "\\" },
        new Key("header", KeyKind.Flag, "True when the first line names the columns; else they come in the contract's order.")
        {
            Default = DefaultCsv.Header,
        },
        new Key("null_text", KeyKind.Text, "The text that means 'no value'.") { Default = DefaultCsv.NullText, Example = "NA" },
        new Key("encoding", KeyKind.Word, "How letters are stored.")
        {
            Words = ["utf-8", "utf-16", "latin-1", "windows-1252"],
            Default = DefaultCsv.Encoding,
        },
        new Key("decimal_separator", KeyKind.Word, "What stands before the decimals of a number.")
        {
            Words = [".", ","],
            Default = DefaultCsv.DecimalSeparator,
        },
        new Key("skip_lines", KeyKind.Integer, "How many lines stand before the header, or before the first row.")
        {
            Default = DefaultCsv.SkipLines,
            Minimum = 0,
            Maximum = 1_000_000,
        },
        new Key("comment", KeyKind.Text, "Lines that begin with this character are no rows.") { Example = "#" });

    private static readonly Shape ContractShape = new(
        "contract section",
        "What a load does where the data is not as the contract says.",
        new Key("columns", KeyKind.Word, "A column that the contract lacks: the table takes it in, the load stops, its rows or values go aside, or it is not read.")
        {
            Words = ["evolve", "freeze", "quarantine_row", "quarantine_value", "ignore"],
            Default = "freeze",
        },
        new Key("types", KeyKind.Word, "A value that its column cannot hold: it goes to a column beside, the load stops, or its row or it alone goes aside.")
        {
            Words = ["evolve", "freeze", "quarantine_row", "quarantine_value"],
            Default = "quarantine_row",
        },
        new Key("nullability", KeyKind.Word, "No value in a required column: it is told, the load stops, or the row goes aside.")
        {
            Words = ["evolve", "freeze", "quarantine_row"],
            Default = "quarantine_row",
        });

    private static readonly Shape XlsxShape = new(
        "xlsx section",
        "Which cells of a workbook hold the rows.",
        new Key("sheet", KeyKind.Text, "The sheet's name, or its number from 1; without it the first.") { Example = "Orders" },
        new Key("range", KeyKind.Text, "The cells that hold header and rows; without it all.") { Example = "B2:F100" },
        new Key("header_row", KeyKind.Integer, "The row of the sheet that names the columns; 0 when none does and they come in the contract's order.")
        {
            Minimum = 0,
            Maximum = 1_048_576,
            Example = 1,
        });

    /// <summary>The keys of a source. Its <c>checks</c> are of any kind until
    /// <see cref="Assets.Definitions.Shape.With"/> says more.</summary>
    public static Shape Shape { get; } = new(
        "source",
        "Where rows come from, and the contract they must fit.",
        [new Key("type", KeyKind.Word, "How the files of the project folder are written, or the kind of the place outside that is asked.")
        {
            IsRequired = true,
            Words = [.. KnownFormats.All.Select(f => f.Name), .. KnownConnectors.All.Select(c => c.Type)],
            Example = "csv",
        },
        new Key("path", KeyKind.Text, "The files to read: a glob relative to the project folder. Only for files.") { Example = "data/*.csv" },
        new Key("format", KeyKind.Word, "How the files of a place are written, where the place brings them as they are.")
        {
            Words = [.. KnownFormats.All.Select(f => f.Name)],
        },
        DefinitionFile.Description,
        DefinitionFile.Owner,
        DefinitionFile.Tags,
        new Key("csv", KeyKind.Map, "How the files are written.") { Shape = CsvShape },
        new Key("xlsx", KeyKind.Map, "Which cells of a workbook hold the rows.") { Shape = XlsxShape },
        new Key("time_column", KeyKind.Text, "The column that says when a row happened: a date or timestamp of the contract.")
        {
            Example = "day",
        },
        DefinitionFile.Interval,
        new Key("contract", KeyKind.Map, "What a load does where the data is not as the contract says.") { Shape = ContractShape },
        new Key("columns", KeyKind.List, "The contract: the columns of every file, in order, each with a name and a type.")
        {
            IsRequired = true,
            Shape = ColumnShape,
        },
        new Key("key", KeyKind.Texts, "The columns that tell rows of a place apart.") { Example = "id" },
        new Key("cursor", KeyKind.Map, "The column by which a place is read from where the last load ended.") { Shape = CursorShape },
        new Key("mode", KeyKind.Word, "What becomes of the rows that stand when new ones come from a place.")
        {
            Words = ["append", "merge", "replace", "changes"],
            Default = "append",
        },
        new Key("landing", KeyKind.Map, "The raw records of a place's loads.") { Shape = LandingShape },
        DefinitionFile.Checks,
        .. KnownConnectors.All.Select(c => new Key(c.Type, KeyKind.Map, $"The place, for type: {c.Type}.") { Shape = c.Shape })]);

    /// <summary>Reads one definition.</summary>
    /// <param name="file">The file relative to the project, with forward slashes.</param>
    /// <param name="text">The whole file, lines ended by <c>\n</c>.</param>
    /// <param name="problems">Takes every mistake of the file.</param>
    /// <returns>The definition, or null when the file has a mistake.</returns>
    public static SourceDefinition? Read(string file, string text, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var definition = Definition(file, text, found);
        found.ForEach(problems.Add);
        return definition;
    }

    private static SourceDefinition? Definition(string file, string text, List<Problem> problems)
    {
        var key = DefinitionFile.KeyOf(AssetKind.Source, file, problems);
        if (DefinitionText.Parse(text, file, 1, problems) is not { } node)
            return null;

        var section = new Section(Shape, node, problems);
        var columns = Columns(section);
        CheckTime(section, columns);
        var type = section.Text("type");
        var path = FilesPath(section);
        var place = PlaceOf(section, type);
        var format = FormatOf(section, type, place);
        var (keys, cursor, mode) = LoadingOf(section, columns);
        var keep = KeptFor(section, place);
        var csv = Csv(section);
        var xlsx = Xlsx(section);
        var contract = Contract(section, mode);
        var checks = section.Items("checks");
        if (key is null || type is null || format is null || problems.Count > 0)
            return null;

        return new SourceDefinition(key.Value, file, text)
        {
            Type = type,
            Path = path,
            Format = format,
            Place = place,
            KeyColumns = keys,
            Cursor = cursor,
            Mode = mode,
            KeepLanded = keep,
            Columns = [.. columns.Select(c => c.ToContract())],
            Description = section.Text("description"),
            Owner = section.Text("owner"),
            Tags = section.Texts("tags"),
            Csv = csv,
            Xlsx = xlsx,
            TimeColumn = section.Text("time_column") is { } time ? columns.Find(c => c.IsNamed(time))?.Name : null,
            Interval = DefinitionFile.UnitOf(section),
            Contract = contract,
            CheckNodes = checks,
        };
    }

    private static string? FilesPath(Section section)
    {
        if (section.Text("path") is not { } path)
        {
            if (section.Node("path") is null && section.Text("type") is { } type && KnownFormats.Find(type) is not null)
                section.Report("missing-key", "The source lacks the key 'path'. The files to read: a glob relative to the project folder. For example: path: data/*.csv");
            return null;
        }

        var wrong = path switch
        {
            "" => "is empty",
            _ when path.Contains('\\', StringComparison.Ordinal) => "has a backslash",
            _ when path.Contains("://", StringComparison.Ordinal) => "is a URL",
            _ when path[0] is '/' or '~' || (path.Length > 1 && path[1] == ':') => "is not relative to the project folder",
            _ when path.Split('/').Contains("..") => "leaves the project folder with '..'",
            _ when path.Split('/').Any(s => s.Contains("**", StringComparison.Ordinal) && s != "**") =>
                "has a '**' that is not a whole folder",
            _ when path.Any(char.IsControl) => "has a control character",
            _ => null,
        };
        if (wrong is null)
            return path;
        section.Report(
            "bad-path",
            $"'path' is '{path}', which {wrong}. Write a path inside the project folder with forward slashes, "
            + "for example data/*.csv or data/**/*.csv.",
            "path");
        return null;
    }

    private static List<DeclaredColumn> Columns(Section section)
    {
        var columns = new List<DeclaredColumn>();
        if (section.Node("columns") is { IsList: true, Items.Count: 0 })
            section.Report(
                "missing-value",
                "'columns' is an empty list. A contract has at least one column, for example: {name: rides, type: bigint}.",
                "columns");

        foreach (var item in section.List("columns"))
        {
            if (item.Text("name") is not { } name)
                continue;
            if (string.IsNullOrWhiteSpace(name))
                item.Report("bad-name", "The column's name is blank. Write the name that stands in the file's header.", "name");
            else if (columns.Find(c => c.IsNamed(name)) is { } first)
                item.Report(
                    "duplicate-name",
                    $"The column '{name}' is already declared in line {first.Item.Line}. Names are unique without regard to case.",
                    "name");

            var type = Type(item, name);
            if (item.Text("format") is not null && type is { IsTime: false })
                item.Report(
                    "wrong-kind",
                    $"The column '{name}' has a format, but its type is {type}. Only a date or timestamp has one.",
                    "format");
            columns.Add(new DeclaredColumn(name, type, item));
        }

        return columns;
    }

    private static DataType? Type(Section column, string name)
    {
        try
        {
            return column.Text("type") is { } text ? DataType.Parse(text) : null;
        }
        catch (FormatException e)
        {
            var hint = column.Text("type") is { } cut && cut.Contains('(') && !cut.Contains(')') ? " In a {...} mapping a comma ends the value: put the type in quotes, type: \"decimal(10,2)\"." : "";
            column.Report("bad-type", $"Column '{name}': {e.Message}{hint}", "type");
            return null;
        }
    }

    private static void CheckTime(Section section, List<DeclaredColumn> columns)
    {
        if (section.Node("time_column") is null && section.Node("interval") is not null)
        {
            section.Report(
                "missing-key",
                "'interval' counts the intervals of time_column, which is absent. Name a date or timestamp column with time_column, "
                + "or remove interval.",
                "interval");
        }

        if (section.Text("time_column") is not { } name || columns.Count == 0)
            return;
        if (columns.Find(c => c.IsNamed(name)) is not { } column)
        {
            var names = columns.Select(c => c.Name).ToArray();
            section.Report(
                "unknown-column",
                $"'time_column' is '{name}', which is no column of the contract.{Suggestion.Sentence(name, names)} Columns are: "
                + $"{string.Join(", ", names)}.",
                "time_column");
        }
        else if (column.Type is { IsTime: false })
        {
            section.Report(
                "bad-type",
                $"'time_column' is '{name}' of type {column.Type}. A time column is a date, timestamp or timestamptz.",
                "time_column");
        }
        else if (column.Type == DataType.Date && section.Text("interval") == "hour")
        {
            section.Report(
                "bad-type",
                $"'interval' is 'hour', but '{name}' is a date. Write interval: day, or make the column a timestamp.",
                "interval");
        }
    }

    private static CsvOptions Csv(Section source)
    {
        var delimiter = (KnownFormats.Find(source.Text("type") ?? "") as CsvFormat)?.Delimiter ?? ",";
        if (source.Map("csv") is not { } section)
            return new CsvOptions(delimiter);
        var options = new CsvOptions(
            section.Text("delimiter") is { } said && section.Node("delimiter") is not null ? said : delimiter,
            section.Text("quote") ?? "\"",
            section.Text("escape") ?? section.Text("quote") ?? "\"",
            section.Flag("header") ?? true,
            section.Text("null_text") ?? "",
            section.Text("encoding") ?? "utf-8",
            section.Text("decimal_separator") ?? ".",
            (int)(section.Integer("skip_lines") ?? 0),
            section.Text("comment"));

        if (options.Delimiter.Length is 0 or > 4 || options.Delimiter.AsSpan().ContainsAny('\n', '\r'))
            section.Report("bad-value", "'delimiter' takes 1 to 4 characters and no line end, for example \";\" or \"\\t\".", "delimiter");
        foreach (var key in (string[])["quote", "escape", "comment"])
        {
            if (section.Text(key) is { Length: > 1 } text)
                section.Report("bad-value", $"'{key}' is '{text}', but takes one character.", key);
        }

        if (options.Quote.Length > 0 && options.Delimiter.Contains(options.Quote, StringComparison.Ordinal))
            section.Report(
                "bad-value",
                $"'quote' is '{options.Quote}', which the delimiter holds too. Give each its own character.",
                "quote");
        if (options.Delimiter == options.DecimalSeparator)
            section.Report(
                "bad-value",
                $"'decimal_separator' and 'delimiter' are both '{options.Delimiter}'. Give each its own character.",
                "decimal_separator");
        return options;
    }

    private static LoadContract Contract(Section source, LoadMode loading)
    {
        if (source.Map("contract") is not { } section)
            return new LoadContract();
        static ContractMode Mode(string? word) => word switch
        {
            "evolve" => ContractMode.Evolve,
            "quarantine_row" => ContractMode.QuarantineRow,
            "quarantine_value" => ContractMode.QuarantineValue,
            "ignore" => ContractMode.Ignore,
            _ => ContractMode.Freeze,
        };
        var contract = new LoadContract(Mode(section.Text("columns")), Mode(section.Text("types")), Mode(section.Text("nullability")));
        if (loading == LoadMode.Changes && contract.CanWiden)
            section.Report("bad-value", "With mode: changes a table has the columns of the contract and no others. Take 'evolve' out of the contract.");
        return contract;
    }

    private static XlsxOptions Xlsx(Section source)
    {
        if (source.Map("xlsx") is not { } section)
            return new XlsxOptions();
        if (section.Text("range") is { } range && Formats.Xlsx.CellRange.Parse(range) is null)
            section.Report("bad-value", $"'range' is '{range}', which names no cells. Write for example B2:F100, or B:F.", "range");
        return new XlsxOptions(section.Text("sheet"), section.Text("range"), (int?)section.Integer("header_row"));
    }

    private sealed record DeclaredColumn(string Name, DataType? Type, Section Item)
    {
        public bool IsNamed(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

        public ContractColumn ToContract() =>
            new(Name, Type!, Item.Flag("required") ?? false, Item.Text("description"), Item.Text("format"), Item.Line);
    }
}
