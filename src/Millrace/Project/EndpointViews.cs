using Millrace.Assets;
using Millrace.Automation;
using Millrace.Ledger;
using Millrace.Monitoring;
using Millrace.Registry;
using Millrace.Serving;

namespace Millrace.Project;

/// <summary>An endpoint as it is released.</summary>
/// <param name="Definition">What its file says.</param>
/// <param name="Model">The version that answers; null when its model has no champion.</param>
/// <param name="Monitor">What is watched; null for nothing.</param>
/// <param name="Retrain">When a new version is asked for; null for never.</param>
/// <param name="Verdict">What the policy would say now; null without a policy.</param>
/// <param name="Predictions">Rows that were answered and logged.</param>
/// <param name="Labelled">Those of them whose truth was known when the windows were measured last.</param>
/// <param name="LastPrediction">When the newest of them came in, UTC; null for none.</param>
/// <param name="Windows">What was measured, the newest window last.</param>
public sealed record EndpointView(
    EndpointDefinition Definition, RegisteredModel? Model, MonitorRule? Monitor, RetrainRule? Retrain, RetrainVerdict? Verdict,
    long Predictions, long Labelled, DateTimeOffset? LastPrediction, IReadOnlyList<WindowView> Windows);

/// <summary>One window of one model version as it was measured last.</summary>
/// <param name="Window">The event time.</param>
/// <param name="Rows">Predictions in it.</param>
/// <param name="Labelled">Those whose truth was known; 0 where too few were for a verdict.</param>
/// <param name="Features">Features that were compared with training; 0 where the rows were too few.</param>
/// <param name="Drifted">Those that drifted by the endpoint's rule.</param>
/// <param name="PredictionPsi">The population stability index of the answers; null where none was measured.</param>
/// <param name="IsPredictionDrifted">By the endpoint's rule.</param>
/// <param name="Metric">The measure that the rule names, or the task's main one.</param>
/// <param name="Value">Null where the truth is not known.</param>
/// <param name="Low">The lower end of its 95 % interval, or null.</param>
/// <param name="High">The upper end.</param>
/// <param name="Holdout">The version's value on its own holdout.</param>
/// <param name="IsWorse">By the endpoint's rule.</param>
public sealed record WindowView(
    string Model, long Version, Interval Window, long Rows, long Labelled, int Features, int Drifted, double? PredictionPsi, bool IsPredictionDrifted,
    string Metric, double? Value, double? Low, double? High, double? Holdout, bool IsWorse);

/// <summary>One feature (or the answer) in one window, as it was measured last.</summary>
/// <param name="Feature">The feature, or <c>prediction</c>.</param>
/// <param name="MissingShare">In [0, 1]; null without a row.</param>
/// <param name="NewLevels">Levels that training had not seen, as a JSON array; null for none.</param>
/// <param name="Psi">The population stability index over ten deciles of the reference.</param>
/// <param name="PsiLearnt">The highest that chunks of the reference itself showed; null where it could not be learnt.</param>
/// <param name="Distance">The second measure's name.</param>
/// <param name="DistanceValue">The second measure.</param>
/// <param name="IsDrifted">By the endpoint's rule.</param>
public sealed record FeatureView(
    string Model, long Version, Interval Window, long Rows, string Feature, double? MissingShare, string? NewLevels, double? Psi, double? PsiLearnt,
    string Distance, double? DistanceValue, bool IsDrifted);

/// <summary>What is known of one endpoint's quality, and what came of it.</summary>
/// <param name="Windows">By event time, then version.</param>
/// <param name="Alerts">Newest first.</param>
/// <param name="Requests">New versions of its model that were asked for, newest first.</param>
/// <param name="Verdict">What the policy would say now; null without a policy.</param>
public sealed record MonitorView(
    AssetKey Endpoint, IReadOnlyList<WindowView> Windows, IReadOnlyList<RaisedAlert> Alerts, IReadOnlyList<RequestRecord> Requests, RetrainVerdict? Verdict);

/// <summary>What one endpoint's retraining policy would say now.</summary>
public sealed record PolicyView(AssetKey Endpoint, AssetKey Model, RetrainVerdict Verdict);
