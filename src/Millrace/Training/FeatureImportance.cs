namespace Millrace.Training;

/// <summary>What a raw feature did for a model.</summary>
/// <param name="Gain">
/// Trees: the sum of the gains of its splits, in units of the loss. Linear models: the sum of |weight| over its prepared columns, which
/// have a standard deviation of 1 where they are numbers. 0 for a feature that is not used. Comparable within a model only.
/// </param>
/// <param name="Splits">Trees: the number of splits on it. Linear models: the number of its prepared columns.</param>
public sealed record FeatureImportance(string Feature, double Gain, int Splits);
