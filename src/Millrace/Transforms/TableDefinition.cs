using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Transforms;

/// <summary>How a table is kept up to date.</summary>
public enum TableKind
{
    /// <summary>Computed whole, each time.</summary>
    Full,

    /// <summary>Not computed: its SQL is read in its place.</summary>
    View,

    /// <summary>Computed interval by interval, where parents touched them.</summary>
    Incremental,
}

/// <summary>One SELECT over other assets: one file in <c>tables/</c>.</summary>
public sealed record TableDefinition(AssetKey Key, string File, string Text) : AssetDefinition(Key, File, Text)
{
    /// <summary>How the table is kept up to date.</summary>
    public TableKind Kind { get; init; } = TableKind.Full;

    /// <summary>The column of the result that says in which interval a row lies; never null when incremental.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>The grain in which intervals are computed.</summary>
    public IntervalUnit Interval { get; init; } = IntervalUnit.Day;

    /// <summary>
    /// How many intervals before its own an interval's rows read from the parents, 0 or more: an interval touched in a parent touches also
    /// this many after it.
    /// </summary>
    public int ReadsBack { get; init; }

    /// <summary>At most this many intervals in one task, 1 or more; null when the engine decides.</summary>
    public int? Batch { get; init; }

    /// <summary>Nothing before this instant is computed; null when the parents decide.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>The text after the front matter, without white space around it and without a trailing semicolon.</summary>
    public required string Sql { get; init; }

    /// <summary>The line of the file on which <see cref="Sql"/> starts, from 1.</summary>
    public required int SqlLine { get; init; }

    /// <summary>The items of <c>checks:</c> as written, for the room that reads checks.</summary>
    public IReadOnlyList<DefinitionNode> Checks { get; init; } = [];
}
