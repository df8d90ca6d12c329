namespace Millrace.Statistics.Drift;

/// <summary>A test statistic and how often chance alone would give one as large.</summary>
/// <remarks>Over many rows every p-value is tiny: decide by a distance and its threshold, and show p as information.</remarks>
/// <param name="PValue">In [0, 1]; null where the test is undefined, as against a level that the reference lacks.</param>
public readonly record struct HypothesisTest(double Statistic, double? PValue);
