using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Monitoring;

/// <summary>What is watched of an endpoint, over windows of event time.</summary>
/// <param name="Window">The length of a window.</param>
/// <param name="MinRows">A window with fewer predictions gets no verdict.</param>
/// <param name="DriftThreshold">The population stability index (over ten deciles of the reference, or its levels) from which a column counts as drifted.</param>
/// <param name="DriftShare">The share of the features that has to drift before an alert is raised.</param>
/// <param name="Ignore">Features that are measured and never count as drifted, such as the month.</param>
/// <param name="IsCalibrated">True when a column must also leave the range that its reference chunks showed.</param>
/// <param name="Metric">The measure of quality once labels are there; null for none.</param>
/// <param name="WorseBy">The relative loss against the version's own holdout from which an alert is raised.</param>
/// <param name="MinLabels">A window with fewer labels gets no verdict on quality.</param>
public sealed record MonitorRule(
    IntervalUnit Window, int MinRows, double DriftThreshold, double DriftShare, IReadOnlyList<string> Ignore, bool IsCalibrated, string? Metric, double WorseBy, int MinLabels)
{
    /// <summary>What decides a verdict on drift, as one text.</summary>
    internal string DriftText => FormattableString.Invariant($"{Window} {MinRows} {DriftThreshold} {IsCalibrated} {string.Join(",", Ignore)}");

    /// <summary>What decides a verdict on quality, as one text.</summary>
    internal string QualityText => FormattableString.Invariant($"{Window} {Metric} {WorseBy} {MinLabels}");

    private static readonly Shape DriftShape = new(
        "drift section",
        "When inputs and predictions count as drifted from the reference that training kept.",
        new Key("threshold", KeyKind.Number, "The population stability index from which a column counts as drifted; a Wasserstein or Jensen-Shannon distance of 0.1 counts too.")
        {
            Default = 0.2, Minimum = 0, Example = 0.2,
        },
        new Key("share", KeyKind.Number, "The share of the features that has to drift before an alert is raised. A drifted prediction always raises one.")
        {
            Default = 0.3, Minimum = 0, Maximum = 1, Example = 0.3,
        },
        new Key("ignore", KeyKind.Texts, "Features that are measured and never count as drifted, such as the month.") { Example = new[] { "month" } },
        new Key("calibrated", KeyKind.Flag, "True: a column must also leave the range that ten chunks of the reference showed, so that seasons raise no alarm.")
        {
            Default = true,
        });

    private static readonly Shape PerformanceShape = new(
        "performance section",
        "When the quality counts as fallen, once labels are there.",
        new Key("metric", KeyKind.Text, "What is measured.") { IsRequired = true, Example = "mae" },
        new Key("worse_by", KeyKind.Number, "The relative loss against the version's holdout from which an alert is raised.") { Default = 0.25, Minimum = 0, Example = 0.25 },
        new Key("min_labels", KeyKind.Integer, "A window with fewer labels gets no verdict.") { Default = 100, Minimum = 1, Maximum = int.MaxValue });

    /// <summary>The keys of <c>monitor</c>.</summary>
    public static Shape Shape { get; } = new(
        "monitor section",
        "What is watched over windows of event time.",
        new Key("window", KeyKind.Word, "The length of a window, in UTC.") { Words = IntervalUnits.Words, Default = "week" },
        new Key("min_rows", KeyKind.Integer, "A window with fewer predictions gets no verdict.") { Default = 100, Minimum = 1, Maximum = int.MaxValue },
        new Key("drift", KeyKind.Map, "When inputs and predictions count as drifted.") { Shape = DriftShape },
        new Key("performance", KeyKind.Map, "When the quality counts as fallen.") { Shape = PerformanceShape });

    /// <summary>Reads what an endpoint says under <c>monitor</c>.</summary>
    /// <returns>The rule; null after a Problem.</returns>
    public static MonitorRule? Read(DefinitionNode node, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var section = new Section(Shape, node, found);
        var drift = section.Map("drift") ?? new Section(DriftShape, DefinitionNode.OfMap(node.File, node.Line, []), found);
        var performance = section.Map("performance");
        found.ForEach(problems.Add);
        return found.Count > 0 ? null : new MonitorRule(
            (IntervalUnit)IntervalUnits.Words.ToList().IndexOf(section.Text("window")!),
            (int)section.Integer("min_rows")!,
            drift.Number("threshold")!.Value,
            drift.Number("share")!.Value,
            drift.Texts("ignore"),
            drift.Flag("calibrated")!.Value,
            performance?.Text("metric"),
            performance?.Number("worse_by") ?? 0,
            (int)(performance?.Integer("min_labels") ?? 0));
    }
}
