namespace Millrace.Lake;

/// <summary>What becomes of rows when a source is merged into a table. Conditions and values are SQL; in them <c>t</c> is the table's row
/// and
/// <c>s</c> the source's.</summary>
public sealed record MergeOptions
{
    /// <summary>The columns by which a row of the source and one of the table are the same. In the source they are never NULL, and no two
    /// rows have the same.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>A row that is in both is taken out where this is true, such as <c>s.op = 'D'</c>; null takes none out.</summary>
    public string? DeleteWhen { get; init; }

    /// <summary>True gives a row that is in both, and is not taken out, the values of <see cref="Set"/>.</summary>
    public bool UpdatesMatched { get; init; } = true;

    /// <summary>Only rows for which this is true are changed, such as <c>s.changed_at > t.changed_at</c>; null changes all.</summary>
    public string? UpdateWhen { get; init; }

    /// <summary>The new value of each column that changes; null takes every column that the source has.</summary>
    public IReadOnlyDictionary<string, string>? Set { get; init; }

    /// <summary>True brings in rows that only the source has. Columns that the source lacks are NULL.</summary>
    public bool InsertsUnmatched { get; init; } = true;

    /// <summary>Only rows for which this is true come in, such as <c>s.op &lt;> 'D'</c>; null takes all.</summary>
    public string? InsertWhen { get; init; }

    /// <summary>True takes out rows that only the table has.</summary>
    public bool DeletesUnmatchedBySource { get; init; }

    /// <summary>Only rows for which this is true are taken out, such as <c>t.day = DATE '2026-01-01'</c>; null takes all.</summary>
    public string? DeleteBySourceWhen { get; init; }
}
