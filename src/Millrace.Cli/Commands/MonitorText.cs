using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Ledger;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary>What was measured of an endpoint, for people and for programs.</summary>
internal static class MonitorText
{
    /// <summary>One line a window and version, and what the endpoint's rule said of it.</summary>
    public static void WriteWindows(TextWriter to, Paint paint, int? width, IReadOnlyList<WindowView> windows, IReadOnlyList<RaisedAlert> alerts)
    {
        var metric = windows.Select(w => w.Metric).FirstOrDefault("metric");
        var table = new TextTable(
            "window", "version", new Heading("predictions", true), new Heading("drifted", true), new Heading("PSI of answers", true),
            new Heading("labelled", true), new Heading(metric, true), "95 % interval", new Heading("holdout", true), "verdict");
        foreach (var w in windows)
        {
            table.Add(
                Human.Window(w.Window), ModelWords.NameOf(w.Model, w.Version), Human.Number(w.Rows),
                w.Features == 0 ? "-" : $"{Human.Number(w.Drifted)} of {Human.Number(w.Features)}",
                new Cell(Human.Measure(w.PredictionPsi), w.IsPredictionDrifted ? Tone.Warning : Tone.Plain),
                Human.Number(w.Labelled), new Cell(Human.Measure(w.Value), w.IsWorse ? Tone.Bad : Tone.Plain),
                w is { Low: { } low, High: { } high } ? $"{Human.Measure(low)} to {Human.Measure(high)}" : "",
                Human.Measure(w.Holdout), Verdict(w, alerts));
        }

        table.Write(to, paint, width);
    }

    /// <summary>What was raised about a window, in a word.</summary>
    private static Cell Verdict(WindowView window, IReadOnlyList<RaisedAlert> alerts)
    {
        var kinds = alerts.Where(a => a.Alert.Window.Start == window.Window.Start && a.Alert.ModelVersion == window.Version)
            .OrderBy(a => a.Id).Select(a => a.Alert.Kind == Alert.Drift ? "drift" : "worse").Distinct().ToList();
        if (kinds.Count > 0)
            return new Cell(string.Join(", ", kinds), kinds.Contains("worse") ? Tone.Bad : Tone.Warning);
        return window is { Features: 0, Value: null } ? new Cell("too few rows", Tone.Quiet) : new Cell("good", Tone.Good);
    }

    /// <summary>One line a feature, the most drifted first.</summary>
    public static void WriteFeatures(TextWriter to, Paint paint, int? width, IReadOnlyList<FeatureView> features, bool isByWindow)
    {
        var table = new TextTable(
            isByWindow ? "window" : "feature", "version", new Heading("rows", true), new Heading("PSI", true), new Heading("seen in training", true),
            "distance", new Heading("", true), new Heading("missing", true), "", "new values");
        foreach (var f in features)
        {
            table.Add(
                isByWindow ? Human.Window(f.Window) : f.Feature, ModelWords.NameOf(f.Model, f.Version), Human.Number(f.Rows), Human.Measure(f.Psi),
                Human.Measure(f.PsiLearnt), f.Distance, Human.Measure(f.DistanceValue), Human.Percent(f.MissingShare),
                f.IsDrifted ? new Cell("drifted", Tone.Warning) : "", f.NewLevels ?? "");
        }

        table.Write(to, paint, width);
    }

    /// <summary>What was raised, newest first.</summary>
    public static void WriteAlerts(TextWriter to, Paint paint, int? width, IReadOnlyList<RaisedAlert> alerts, DateTimeOffset now)
    {
        var table = new TextTable("alert", "raised", "what");
        foreach (var raised in alerts)
            table.Add(raised.Alert.Kind, Human.Ago(raised.Raised, now), PolicyText.Of(raised.Alert));
        table.Write(to, paint, width);
    }

    /// <summary>New versions that were asked for, and what became of them, newest first.</summary>
    public static void WriteRequests(TextWriter to, Paint paint, int? width, IReadOnlyList<RequestRecord> requests)
    {
        var table = new TextTable("asked for", "at", "by", "outcome", "run", "why");
        foreach (var request in requests)
        {
            var isRefused = request.State == RequestState.Refused && !string.IsNullOrEmpty(request.Message);
            var more = isRefused ? $"{request.Reason}; {request.Message}" : request.Reason;
            table.Add(request.Asset.Title, Human.Moment(request.Asked), request.Cause, PolicyText.StateOf(request), request.Run ?? "", more);
        }

        table.Write(to, paint, width);
    }

    public static JsonObject ToJson(WindowView w) => new()
    {
        ["model"] = w.Model,
        ["version"] = w.Version,
        ["start"] = JsonText.Moment(w.Window.Start),
        ["end"] = JsonText.Moment(w.Window.End),
        ["rows"] = w.Rows,
        ["labelled"] = w.Labelled,
        ["features"] = w.Features,
        ["drifted"] = w.Drifted,
        ["predictionPsi"] = w.PredictionPsi,
        ["predictionDrifted"] = w.IsPredictionDrifted,
        ["metric"] = w.Metric,
        ["value"] = w.Value,
        ["low"] = w.Low,
        ["high"] = w.High,
        ["holdout"] = w.Holdout,
        ["worse"] = w.IsWorse,
    };

    public static JsonObject ToJson(FeatureView f) => new()
    {
        ["model"] = f.Model,
        ["version"] = f.Version,
        ["start"] = JsonText.Moment(f.Window.Start),
        ["end"] = JsonText.Moment(f.Window.End),
        ["rows"] = f.Rows,
        ["feature"] = f.Feature,
        ["missingShare"] = f.MissingShare,
        ["newLevels"] = f.NewLevels is { } levels ? JsonNode.Parse(levels) : null,
        ["psi"] = f.Psi,
        ["psiLearnt"] = f.PsiLearnt,
        ["distance"] = f.Distance,
        ["distanceValue"] = f.DistanceValue,
        ["drifted"] = f.IsDrifted,
    };
}
