using System.Globalization;
using Millrace.Assets;

namespace Millrace.Sources;

/// <summary>How a source that only grows or changes is read from where the last load ended.</summary>
/// <param name="Column">A column of the contract whose value never falls for rows that are new or changed: a number, a time or a text.</param>
public sealed record CursorRule(string Column)
{
    /// <summary>Rows below are never read; null reads from the beginning.</summary>
    public string? Initial { get; init; }

    /// <summary>Rows at or above are never read; null reads to the end.</summary>
    public string? End { get; init; }

    /// <summary>How far below the last value a load reads again: seconds for a time, else a difference of numbers; 0 for none.</summary>
    public decimal Lag { get; init; }

    /// <summary>The order in which the place gives its rows, by which a connector may stop early; null when it gives none.</summary>
    public CursorOrder? Order { get; init; }

    /// <summary>What becomes of rows without a value.</summary>
    public OnMissing OnMissing { get; init; } = OnMissing.Raise;

    /// <summary>True: rows at the last value are read again and told apart, since more of them may have come. False: they are not.</summary>
    public bool IsStartClosed { get; init; } = true;

    /// <summary>The last value with the lag taken off, as SQL that gives a text in the form that the column's type reads.</summary>
    internal string StartSql(DataType type, string value)
    {
        var last = $"CAST({SqlName.Text(value)} AS {type.Sql})";
        if (Lag != 0)
        {
            var lag = Lag.ToString(CultureInfo.InvariantCulture);
            last = $"CAST({last} - {(type.IsTime ? $"to_microseconds(CAST({lag}::DECIMAL(38,6) * 1000000 AS BIGINT))" : lag)} AS {type.Sql})";
        }

        return Initial is { } initial ? $"greatest({last}, CAST({SqlName.Text(initial)} AS {type.Sql}))::VARCHAR" : $"({last})::VARCHAR";
    }
}

/// <summary>The order in which a place gives its rows.</summary>
public enum CursorOrder
{
    /// <summary>Smallest value first.</summary>
    Ascending,

    /// <summary>Largest value first.</summary>
    Descending,
}

/// <summary>What becomes of rows that have no value in the cursor's column.</summary>
public enum OnMissing
{
    /// <summary>The load fails, and says how many there are.</summary>
    Raise,

    /// <summary>They are loaded each time they come, unless they stand already.</summary>
    Include,

    /// <summary>They are left out.</summary>
    Exclude,
}

/// <summary>What becomes of the rows that stand when new ones come.</summary>
public enum LoadMode
{
    /// <summary>They stay, and rows that stand already are not added again.</summary>
    Append,

    /// <summary>A row with the same key goes; of several the newest by the cursor stands.</summary>
    Merge,

    /// <summary>All go.</summary>
    Replace,

    /// <summary>Each new row says what became of the row with its key: insert, update or delete.</summary>
    Changes,
}
