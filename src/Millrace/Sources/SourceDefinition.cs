using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;
using Millrace.Sources.Contract;

namespace Millrace.Sources;

/// <summary>Where rows come from, and the contract they must fit: one file in <c>sources/</c>.</summary>
public sealed record SourceDefinition(AssetKey Key, string File, string Text) : AssetDefinition(Key, File, Text)
{
    /// <summary>The word of <c>type:</c>: a format for files of the project folder, such as <c>csv</c>, or a connector for a place outside.</summary>
    public required string Type { get; init; }

    /// <summary>The files to read: a glob inside the project folder with <c>*</c>, <c>?</c>, <c>[...]</c> and <c>**</c>; null for a place outside.</summary>
    public required string? Path { get; init; }

    /// <summary>The name of the format in which the files lie, or land.</summary>
    public string Format { get; init; } = "csv";

    /// <summary>The columns that tell rows apart; none when nothing does.</summary>
    public IReadOnlyList<string> KeyColumns { get; init; } = [];

    /// <summary>How a place is read from where the last load ended; null reads what the place itself calls new.</summary>
    public CursorRule? Cursor { get; init; }

    /// <summary>What becomes of the rows that stand when new ones come from a place.</summary>
    public LoadMode Mode { get; init; } = LoadMode.Append;

    /// <summary>How long the raw records of a load are kept; null for ever.</summary>
    public TimeSpan? KeepLanded { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The place outside that is asked for rows; null for files of the project folder.</summary>
    internal Place? Place { get; init; }

    /// <summary>The columns in order, at least one, named uniquely without regard to case.</summary>
    public required IReadOnlyList<ContractColumn> Columns { get; init; }

    /// <summary>What a load does where the data is not as the contract says.</summary>
    public LoadContract Contract { get; init; } = new();

    /// <summary>How the files are written.</summary>
    public CsvOptions Csv { get; init; } = new();

    /// <summary>Which cells of a workbook hold the rows.</summary>
    public XlsxOptions Xlsx { get; init; } = new();

    /// <summary>The contract's column that says when a row happened; null when a load touches all of time.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>The grain in which touched intervals are counted.</summary>
    public IntervalUnit Interval { get; init; } = IntervalUnit.Day;

    /// <summary>The items of <c>checks:</c> as written, for the room that reads checks.</summary>
    public IReadOnlyList<DefinitionNode> CheckNodes { get; init; } = [];

    /// <summary>The same with the columns that a table has beside those of the contract.</summary>
    internal SourceDefinition Over(Schema table) => this with
    {
        Columns =
        [
            .. Columns,
            .. table.Columns.Where(c => Columns.All(d => !d.Name.Equals(c.Name, StringComparison.OrdinalIgnoreCase)))
                .Select(c => new ContractColumn(c.Name, c.Type, false, null, null, 0) { IsEvolved = true }),
        ],
    };

    /// <summary>The columns as the lake stores them.</summary>
    public Schema Schema => new([.. Columns.Select(c => new Column(c.Name, c.Type, !c.IsRequired))]);

    /// <summary>What beside the contract decides which rows come from a place and what becomes of them: part of the fingerprint.</summary>
    internal IReadOnlyList<string?> PlaceTexts => Place is null
        ? []
        : ["place", Place.Identity, Format, Mode.ToString(), .. KeyColumns, "cursor", Cursor?.Column, Cursor?.Initial, Cursor?.End, Cursor?.OnMissing.ToString()];
}

/// <summary>One column that every file of a source has.</summary>
/// <param name="Name">As in the file's header.</param>
/// <param name="Type">The stored type that each value must read as.</param>
/// <param name="IsRequired">True when a row without a value does not fit the contract.</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="Format">How a date or timestamp is written, in the letters of <c>strptime</c>; null for ISO 8601.</param>
/// <param name="Line">Where the column is declared.</param>
public sealed record ContractColumn(string Name, DataType Type, bool IsRequired, string? Description, string? Format, int Line)
{
    /// <summary>True for a column that the table took in from the data: a file may lack it.</summary>
    public bool IsEvolved { get; init; }
}

/// <summary>How a CSV file is written.</summary>
/// <param name="Delimiter">Between two values, 1 to 4 characters.</param>
/// <param name="Quote">Around a value that holds a delimiter; empty when quotes are ordinary letters.</param>
/// <param name="Escape">Before a quote inside quotes.</param>
/// <param name="Header">True when the first line names the columns; else they come in the contract's order.</param>
/// <param name="NullText">The text that means "no value".</param>
/// <param name="Encoding"><c>utf-8</c>, <c>utf-16</c>, <c>latin-1</c> or <c>windows-1252</c>; a byte order mark in a file has the last word.</param>
/// <param name="DecimalSeparator"><c>.</c> or <c>,</c>.</param>
/// <param name="SkipLines">Lines before the header, or before the first row.</param>
/// <param name="Comment">Lines that begin with this character are no rows; null when there are none.</param>
public sealed record CsvOptions(
    string Delimiter = ",",
    string Quote = "\"",
    string Escape = "\"",
    bool Header = true,
    string NullText = "",
    string Encoding = "utf-8",
    string DecimalSeparator = ".",
    int SkipLines = 0,
    string? Comment = null);
