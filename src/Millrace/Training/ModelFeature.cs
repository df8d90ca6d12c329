namespace Millrace.Training;

/// <summary>One input of a model, in the order of its signature.</summary>
public sealed record ModelFeature(string Name, FeatureType Type);
