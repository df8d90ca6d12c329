using Millrace.Lake;

namespace Millrace.Checks;

/// <summary>One rule over the rows of an asset, as its author declared it.</summary>
/// <param name="Id">What people and the ledger call it, such as <c>not_null(hour)</c>; unique within the asset.</param>
/// <param name="Effect">What happens when it fails.</param>
/// <param name="File">Where it is declared.</param>
/// <param name="Line">1-based.</param>
public abstract record Check(string Id, CheckEffect Effect, string File, int Line)
{
    /// <summary>The columns it names, which must be there.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>The rule in words, for a blocked run's message: <c>hour is never NULL</c>.</summary>
    public abstract string Rule { get; }

    /// <summary>What changes data: the text of a rule whose rows are quarantined; null for a rule that only looks.</summary>
    public string? DataText => Effect == CheckEffect.Quarantine ? $"{Id}: {Rule}" : null;
}

/// <summary>A rule that each row keeps or breaks on its own. All of an asset share one scan.</summary>
public abstract record RowCheck(string Id, CheckEffect Effect, string File, int Line) : Check(Id, Effect, File, Line)
{
    /// <summary>A SQL condition over the row that is true exactly when the row breaks the rule, and else false or NULL.</summary>
    public abstract string BreaksSql { get; }

    /// <summary>Texts that the column's type has to read, such as the bounds of a range of days; the column is the first that the check names.</summary>
    public virtual IReadOnlyList<string> Texts => [];

    /// <summary>True when the statistics that writing gave prove that no row breaks the rule; false says nothing.</summary>
    public virtual bool IsProvedBy(Func<string, ColumnStatistics?> statistics) => false;
}

/// <summary>A rule on groups of rows: no two rows have the same values in these columns. Rows with a NULL among them never count.</summary>
public sealed record UniqueCheck(string Id, CheckEffect Effect, string File, int Line, IReadOnlyList<string> Key) : Check(Id, Effect, File, Line)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Key;

    /// <inheritdoc/>
    public override string Rule => Key.Count == 1 ? $"{Key[0]} is unique" : $"({string.Join(", ", Key)}) is unique";
}

/// <summary>A rule on the whole table: its number of rows lies between two bounds, both inclusive.</summary>
public sealed record RowCountCheck(string Id, CheckEffect Effect, string File, int Line, long? Min, long? Max) : Check(Id, Effect, File, Line)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => [];

    /// <inheritdoc/>
    public override string Rule => (Min, Max) switch
    {
        ({ } min, { } max) => FormattableString.Invariant($"the table has {min} to {max} rows"),
        ({ } min, null) => FormattableString.Invariant($"the table has at least {min} rows"),
        _ => FormattableString.Invariant($"the table has at most {Max} rows"),
    };
}

/// <summary>A rule on lineage, proved from the SQL and not from rows: no value of these columns is computed from these columns upstream.</summary>
/// <param name="Among">The columns that must not derive; empty for all.</param>
/// <param name="Sources">Columns upstream as <c>asset.column</c>.</param>
public sealed record NotDerivedFromCheck(string Id, CheckEffect Effect, string File, int Line, IReadOnlyList<string> Among, IReadOnlyList<(string Asset, string Column)> Sources)
    : Check(Id, Effect, File, Line)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Among;

    /// <inheritdoc/>
    public override string Rule =>
        $"{(Among.Count == 0 ? "no column" : "none of " + string.Join(", ", Among))} derives from {string.Join(" or ", Sources.Select(s => $"{s.Asset}.{s.Column}"))}";
}
