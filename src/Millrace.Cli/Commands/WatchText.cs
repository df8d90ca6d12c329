using System.Text.Json.Nodes;
using Millrace.Automation;
using Millrace.Cli.Output;
using Millrace.Monitoring;
using Millrace.Project;
using Millrace.Registry;

namespace Millrace.Cli.Commands;

/// <summary>What a look at the endpoints found that is new, in a few lines.</summary>
internal static class WatchText
{
    private const int MostWindows = 3;

    /// <summary>True when there is something to tell.</summary>
    public static bool IsNews(EndpointWatch watch) => Judged(watch).Any() || watch.Verdict is RetrainVerdict.Ask || watch.Failure is not null;

    /// <summary>Writes one paragraph an endpoint about which there is something new; nothing when there is none.</summary>
    public static void Write(
        TextWriter to, Paint paint, IReadOnlyList<EndpointWatch> watched, Func<string, string> suggest, Func<string, string> suggestRun)
    {
        foreach (var watch in watched.Where(IsNews))
        {
            var windows = Judged(watch).ToList();
            var more = suggest($"monitor show {watch.Endpoint.Name}");
            if (windows.Count > 0)
                to.WriteLine($"{watch.Endpoint.Title}: {Human.Count(windows.Count, "window")} measured. More: {more}");
            if (windows.Count > MostWindows)
                to.WriteLine($"  {Human.Count(windows.Count - MostWindows, "earlier window")}, then:");
            foreach (var window in windows.TakeLast(MostWindows))
                to.WriteLine($"  {Human.Window(window.Window)}, {ModelWords.NameOf(window.Model, window.Version)}: {Findings(paint, window)}");
            if (watch.Failure is { } failure)
                to.WriteLine($"{paint.Of(Tone.Bad, $"{watch.Endpoint.Title} cannot be measured:")} {failure}");
            if (watch.Verdict is RetrainVerdict.Ask ask)
                to.WriteLine($"{paint.Of(Tone.Warning, "Asked for a new version:")} {ask.Reason}. To train it: {suggestRun("run --due")}");
            else if (watch.Verdict is RetrainVerdict.Wait wait)
                to.WriteLine($"Note on {watch.Endpoint.Title}: {wait.Why}.");
        }
    }

    public static JsonObject ToJson(EndpointWatch watch) => new()
    {
        ["endpoint"] = watch.Endpoint.Name,
        ["windows"] = JsonText.Array(watch.Windows, w => new JsonObject
        {
            ["model"] = w.Model,
            ["version"] = w.Version,
            ["start"] = JsonText.Moment(w.Window.Start),
            ["end"] = JsonText.Moment(w.Window.End),
            ["rows"] = w.Rows,
            ["drifted"] = JsonText.Array(w.Drift.Where(d => d.IsDrifted), d => JsonValue.Create(d.Feature)),
            ["quality"] = JsonText.Array(w.Quality, q => new JsonObject
            {
                ["metric"] = q.Metric, ["labelled"] = q.Labelled, ["value"] = q.Value, ["holdout"] = q.Holdout, ["worse"] = q.IsWorse,
            }),
        }),
        ["policy"] = PolicyText.ToJson(watch.Verdict),
        ["failure"] = watch.Failure,
    };

    /// <summary>A window with too few rows for a verdict is no news.</summary>
    private static IEnumerable<WindowReport> Judged(EndpointWatch watch) => watch.Windows.Where(w => w.Drift.Count > 0 || w.Quality.Count > 0);

    private static string Findings(Paint paint, WindowReport window)
    {
        var parts = new List<string> { Human.Count(window.Rows, "prediction") };
        var features = window.Drift.Where(d => d.Feature != ModelManifest.PredictionSketch).ToList();
        var drifted = features.Where(d => d.IsDrifted).OrderByDescending(d => d.Result.Psi.Value).Select(d => d.Feature).ToList();
        if (drifted.Count > 0)
        {
            var share = $"{Human.Number(drifted.Count)} of {Human.Count(features.Count, "feature")} drifted ({Human.Join(drifted, 3)})";
            parts.Add(paint.Of(Tone.Warning, share));
        }
        else if (features.Count > 0)
        {
            parts.Add("no feature drifted");
        }

        if (window.Drift.FirstOrDefault(d => d.Feature == ModelManifest.PredictionSketch) is { IsDrifted: true } prediction)
            parts.Add(paint.Of(Tone.Warning, $"the predictions drifted (PSI {Human.Measure(prediction.Result.Psi.Value)})"));
        if (window.Quality.OrderByDescending(q => q.IsWorse).ThenByDescending(q => q.Low is not null).FirstOrDefault() is { } quality)
        {
            var labels = Human.Count(quality.Labelled, "label");
            var text = $"{quality.Metric} {Human.Measure(quality.Value)} against {Human.Measure(quality.Holdout)} on the holdout, of {labels}";
            parts.Add(quality.IsWorse ? paint.Of(Tone.Bad, text + ": worse") : text);
        }

        return string.Join("; ", parts);
    }
}
