using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace monitor show</c>.</summary>
internal sealed class MonitorShowCommand : CliCommand
{
    private readonly Argument<string?> _endpoint = Word.Optional("ENDPOINT", "Only this endpoint. Default: every endpoint of the environment.");
    private readonly Option<string?> _feature = Word.Text("--feature", "NAME", "How this feature (or 'prediction') went, window by window.");
    private readonly Option<DateTimeOffset?> _window = Word.Moment("--window", "The features of the window that this moment lies in, such as 2012-03-01.");

    public MonitorShowCommand() : base("monitor show", "Show what was measured of endpoints: drift, quality, alerts, and what came of them.") =>
        Takes(_endpoint, _feature, _window);

    public override string Details =>
        "A run measures what has come since the last one, and so does 'run --due'; this only shows it. PSI is the population stability index against "
        + "the rows that the version learnt from, 0 for equal shares.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace monitor show", "one line a window of every endpoint"),
        ("millrace monitor show demand --window 2012-03-01", "which features moved in that month"),
        ("millrace monitor show demand --feature temperature_c", "one feature over time"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var views = engine.Monitored(call.Get(_endpoint));
        if (call.Get(_feature) is null && call.Get(_window) is null)
        {
            if (call.IsJson)
                JsonText.Write(call.Out, JsonText.Array(views, ToJson));
            else
                Write(call, engine.Environment, views);
            return ExitCode.Done;
        }

        if (views.Count != 1)
        {
            var names = string.Join(", ", views.Select(v => v.Endpoint.Name));
            throw new EngineException(views.Count == 0 ? $"No endpoint is released in '{engine.Environment}'." : $"Name one endpoint of: {names}.")
            {
                IsMistake = true,
            };
        }

        var isByWindow = call.Get(_feature) is not null;
        var features = engine.DriftOf(views[0].Endpoint.Name, call.Get(_feature), call.Get(_window));
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(features, MonitorText.ToJson));
        else if (features.Count == 0)
            call.Out.WriteLine("Nothing was measured there.");
        else
            MonitorText.WriteFeatures(call.Out, call.Paint, call.Terminal.Width, Ordered(features, isByWindow), isByWindow);
        return ExitCode.Done;
    }

    private static IReadOnlyList<FeatureView> Ordered(IReadOnlyList<FeatureView> features, bool isByWindow) =>
        isByWindow ? features : [.. features.OrderBy(f => f.Version).ThenByDescending(f => f.Psi ?? 0)];

    private static void Write(Invocation call, string environment, IReadOnlyList<MonitorView> views)
    {
        var (to, paint, width) = (call.Out, call.Paint, call.Terminal.Width);
        if (views.Count == 0)
            to.WriteLine($"No endpoint is released in '{environment}'.");
        foreach (var (view, i) in views.Select((v, i) => (v, i)))
        {
            if (i > 0)
                to.WriteLine();
            Write(to, paint, width, view, call.Terminal.Clock.GetUtcNow());
        }
    }

    internal static void Write(TextWriter to, Paint paint, int? width, MonitorView view, DateTimeOffset now)
    {
        to.WriteLine(paint.Of(Tone.Strong, view.Endpoint.Title));
        if (view.Windows.Count == 0)
            to.WriteLine("Nothing was measured yet: a run measures what was predicted, once enough rows of a window are there.");
        else
            MonitorText.WriteWindows(to, paint, width, view.Windows, view.Alerts);
        if (view.Alerts.Count > 0)
        {
            to.WriteLine();
            MonitorText.WriteAlerts(to, paint, width, view.Alerts, now);
        }

        if (view.Requests.Count > 0)
        {
            to.WriteLine();
            MonitorText.WriteRequests(to, paint, width, view.Requests);
        }

        if (view.Verdict is { } verdict)
        {
            to.WriteLine();
            to.WriteLine($"Policy: {PolicyText.Of(verdict)}.");
        }
    }

    private static JsonObject ToJson(MonitorView view) => new()
    {
        ["endpoint"] = view.Endpoint.Name,
        ["windows"] = JsonText.Array(view.Windows, MonitorText.ToJson),
        ["alerts"] = JsonText.Array(view.Alerts, PolicyText.ToJson),
        ["requests"] = JsonText.Array(view.Requests, PolicyText.ToJson),
        ["policy"] = PolicyText.ToJson(view.Verdict),
    };
}
