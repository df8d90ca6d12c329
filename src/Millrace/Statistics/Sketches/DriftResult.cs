namespace Millrace.Statistics.Sketches;

/// <summary>How far the current rows of one column lie from its reference.</summary>
/// <param name="Rows">The current rows, missing values included.</param>
/// <param name="MissingRows">Those of them without a value.</param>
/// <param name="Measures">Always the same ones for a kind of column, in one order.</param>
/// <param name="NewLevels">Levels that the reference lacks, the most frequent first, at most 20. Empty for numbers.</param>
/// <param name="NewRows">The rows of all such levels. Null for numbers, and where the reference had too many levels to tell.</param>
public sealed record DriftResult(
    long Rows, long MissingRows, IReadOnlyList<DriftMeasure> Measures, IReadOnlyList<string> NewLevels, long? NewRows)
{
    /// <summary>In [0, 1]; null without a row.</summary>
    public double? MissingShare => Rows == 0 ? null : (double)MissingRows / Rows;

    /// <summary>
    /// The share of the rows with a value whose level the reference lacks; null where it cannot be told, and without a value.
    /// </summary>
    public double? NewShare => Rows == MissingRows ? null : (double?)NewRows / (Rows - MissingRows);

    /// <summary>The population stability index: over ten deciles of numbers, over levels of anything else.</summary>
    public DriftMeasure Psi => Measures.FirstOrDefault(m => m.Name == DriftMeasure.PsiDeciles) ?? this[DriftMeasure.PsiLevels];

    /// <summary>The measure of a name.</summary>
    /// <exception cref="KeyNotFoundException">This kind of column has no such measure; the message lists those it has.</exception>
    public DriftMeasure this[string name] => Measures.FirstOrDefault(m => m.Name == name)
        ?? throw new KeyNotFoundException(
            $"'{name}' is not measured here. Measured are: {string.Join(", ", Measures.Select(m => m.Name))}.");
}
