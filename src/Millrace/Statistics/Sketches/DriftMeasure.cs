namespace Millrace.Statistics.Sketches;

/// <summary>One distance between the reference and the current rows of a column, with the two lines that it may cross.</summary>
/// <param name="Name">One of the names below.</param>
/// <param name="Value">At least 0; null where it is undefined: without a value to measure, or where its sums overflow.</param>
/// <param name="Customary">The line that people in the field draw, the same for each column; null where there is none.</param>
/// <param name="Learnt">
/// Mean + 3 population standard deviations of the same distance between chunks of the reference and the whole; null where nothing was
/// learnt.
/// </param>
public sealed record DriftMeasure(string Name, double? Value, double? Customary, double? Learnt)
{
    /// <summary>
    /// <c>psi_deciles</c>: PSI over the deciles of the reference, missing values being a bin of their own. Customary: 0.25.
    /// </summary>
    public const string PsiDeciles = "psi_deciles";

    /// <summary>
    /// <c>psi_levels</c>: PSI over the levels of the reference, missing values being a level of their own. Customary: 0.25.
    /// </summary>
    public const string PsiLevels = "psi_levels";

    /// <summary><c>wasserstein</c>: the earth mover's distance in the column's unit. No customary line.</summary>
    public const string Wasserstein = "wasserstein";

    /// <summary><c>wasserstein_normed</c>: the same in standard deviations of the reference. Customary: 0.1.</summary>
    public const string WassersteinNormed = "wasserstein_normed";

    /// <summary>
    /// <c>jensen_shannon</c>: the distance with natural logarithms over Doane's bins of the reference, or over its levels. Customary: 0.1.
    /// </summary>
    public const string JensenShannon = "jensen_shannon";

    /// <summary><c>missing_share</c>: the share of missing values. No customary line.</summary>
    public const string MissingShare = "missing_share";

    /// <summary>Whether the value is at or above the customary line.</summary>
    public bool IsAboveCustomary => Value >= Customary;

    /// <summary>Whether the value is above the learnt line.</summary>
    public bool IsAboveLearnt => Value > Learnt;
}
