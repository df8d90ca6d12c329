using Millrace.Assets;
using Millrace.Statistics.Sketches;

namespace Millrace.Monitoring;

/// <summary>What was measured of one model version over one window of event time.</summary>
/// <param name="Window">The event time.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Rows">Predictions in the window.</param>
/// <param name="Drift">One a feature and one for the prediction; empty when nothing new had come.</param>
/// <param name="Quality">One a metric; empty when no new label had come.</param>
public sealed record WindowReport(Interval Window, string Model, long Version, long Rows, IReadOnlyList<FeatureDrift> Drift, IReadOnlyList<QualityMeasure> Quality)
{
    internal string DriftState { get; init; } = "";

    internal string QualityState { get; init; } = "";
}

/// <summary>How far one column lies from its reference.</summary>
/// <param name="Feature">The feature, or <c>prediction</c>.</param>
/// <param name="Result">All distances.</param>
/// <param name="IsDrifted">By the endpoint's rule.</param>
public sealed record FeatureDrift(string Feature, DriftResult Result, bool IsDrifted);

/// <summary>One metric over the labelled predictions of a window.</summary>
/// <param name="Labelled">Predictions whose truth is known.</param>
/// <param name="Value">Null where it is undefined.</param>
/// <param name="Low">The lower end of its 95 % interval; null where none was computed.</param>
/// <param name="High">The upper end.</param>
/// <param name="Holdout">The version's value on its own holdout.</param>
/// <param name="Loss">How much worse than the holdout, relative to it.</param>
/// <param name="IsWorse">By the endpoint's rule; false for other metrics than the rule's.</param>
public sealed record QualityMeasure(string Metric, long Labelled, double? Value, double? Low, double? High, double? Holdout, double? Loss, bool IsWorse);
