using Millrace.Assets;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>How rows are shared out between training, early stopping and the verdict.</summary>
/// <param name="ByTime">True: the last rows are held out. False: rows are drawn by a hash of their key, so that a row never changes sides.</param>
/// <param name="Holdout">What the verdict is made on: a period, or a share of the rows.</param>
/// <param name="Validation">What early stopping looks at: a period before the holdout, or a share of the rows; null for none.</param>
public sealed record SplitRule(bool ByTime, Portion Holdout, Portion? Validation);

/// <summary>A part of the rows: a length of time, or a share.</summary>
/// <param name="Period">The last so much time; null for a share.</param>
/// <param name="Share">Between 0 and 1; 0 for a period.</param>
public sealed record Portion(Period? Period, double Share)
{
    /// <inheritdoc/>
    public override string ToString() => Period?.ToString() ?? FormattableString.Invariant($"{Share * 100:0.##}%");
}

/// <summary>A model as <c>models/NAME.yaml</c> declares it.</summary>
public sealed record ModelDefinition(AssetKey Key, string File, string Text) : AssetDefinition(Key, File, Text)
{
    /// <summary>What it predicts.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>The relation with one row an example.</summary>
    public required string Data { get; init; }

    /// <summary>The column to predict; rows without it are left out.</summary>
    public required string Label { get; init; }

    /// <summary>The columns that name a row: the total order in which rows are read. Never features.</summary>
    public required IReadOnlyList<string> KeyColumns { get; init; }

    /// <summary>The column of event time, or null.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>The columns to learn from; empty for all but label, key, time and <see cref="Exclude"/>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Columns that are no features.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How rows are shared out.</summary>
    public required SplitRule Split { get; init; }

    /// <summary>The trainer's name, such as <c>gbdt</c>.</summary>
    public required string Trainer { get; init; }

    /// <summary>The trainer's parameters, as written.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where chance comes from.</summary>
    public long Seed { get; init; }

    /// <summary>A column that is itself a naive forecast, such as the value a week before; null for the mean of the label in training.</summary>
    public string? Baseline { get; init; }

    /// <summary>The rules that a version must pass to become champion.</summary>
    public IReadOnlyList<Gate> Gates { get; init; } = [];
}
