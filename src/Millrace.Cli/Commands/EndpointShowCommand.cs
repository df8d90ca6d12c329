using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Automation;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Monitoring;
using Millrace.Project;
using Millrace.Serving;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace endpoint show</c>.</summary>
internal sealed class EndpointShowCommand : CliCommand
{
    private const int MostWindows = 6;

    private readonly Argument<string?> _name = Word.Required("NAME", "The endpoint, such as demand.");

    public EndpointShowCommand() : base("endpoint show", "Show an endpoint: what answers, what it takes, what is watched, and how it goes.") =>
        Takes(_name);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace endpoint show demand", "model version, signature, labels, policy, and the last windows"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.Endpoint(call.Get(_name)!);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(view, engine.Environment));
        else
            Write(call, view, engine);
        return ExitCode.Done;
    }

    private static void Write(Invocation call, EndpointView view, Engine engine)
    {
        var (to, paint, width, now) = (call.Out, call.Paint, call.Terminal.Width, call.Terminal.Clock.GetUtcNow());
        var definition = view.Definition;
        var owner = definition.Owner is null ? "" : $", {definition.Owner}";
        to.WriteLine($"{paint.Of(Tone.Strong, definition.Key.Title)}  in '{engine.Environment}'{owner}");
        if (definition.Description is not null)
            to.WriteLine(definition.Description);
        to.WriteLine();
        FactList.Write(
            to, paint, width,
            ("answers with", view.Model is { } model
                ? $"{ModelWords.NameOf(model)}, made {Human.Ago(model.Record.Committed, now)}"
                : $"nothing: {definition.Model} has no champion"),
            ("truth", definition.Labels is { } labels
                ? $"{labels.Table}.{labels.Label}, where {labels.Key} is the {labels.Matches} of the prediction"
                : "never comes: it declares no labels"),
            ("watched", view.Monitor is { } monitor ? Watched(monitor) : "not at all: it declares no monitor"),
            ("retrained", view.Retrain is { } retrain ? Retrained(retrain) : "only by hand: it declares no policy"),
            ("now", view.Verdict is { } verdict ? PolicyText.Of(verdict) : null),
            ("logged", Logged(view, now)),
            ("read with", view.Predictions > 0 ? call.Suggest($"query \"SELECT * FROM {definition.Key.Name}__predictions\"") : null),
            ("serve with", call.SuggestRun("serve")));
        if (view.Model is { } served)
        {
            to.WriteLine();
            var table = new TextTable("takes", "type");
            foreach (var feature in served.Manifest.Features)
                table.Add(feature.Name, feature.Type.ToString().ToLowerInvariant());
            table.Write(to, paint, width);
        }

        if (view.Windows.Count == 0)
            return;
        to.WriteLine();
        var alerts = engine.Ledger.Alerts(engine.Environment, definition.Key);
        MonitorText.WriteWindows(to, paint, width, [.. view.Windows.TakeLast(MostWindows)], alerts);
        if (view.Windows.Count > MostWindows)
            to.WriteLine($"All {Human.Number(view.Windows.Count)} windows: {call.Suggest($"monitor show {definition.Key.Name}")}");
    }

    private static string Watched(MonitorRule rule)
    {
        var threshold = rule.DriftThreshold.ToString("0.####", CultureInfo.InvariantCulture);
        var ignored = rule.Ignore.Count == 0 ? "" : $" ({Human.Join(rule.Ignore)} left out)";
        var drift = $"by {rule.Window.Word()}, from {Human.Count(rule.MinRows, "prediction")} on: drift from PSI {threshold} or a distance of 0.1 on, "
            + $"in {Human.Percent(rule.DriftShare)} of the features or in the predictions{ignored}";
        return rule.Metric is null
            ? drift
            : $"{drift}; {rule.Metric} {Human.Percent(rule.WorseBy)} worse than on the holdout, from {Human.Count(rule.MinLabels, "label")} on";
    }

    private static string Retrained(RetrainRule rule)
    {
        var causes = rule.On.Concat(rule.Schedule is { } schedule ? [$"schedule '{schedule}' ({rule.TimeZone.Id})"] : []).ToList();
        return $"on {Human.Join(causes)}, then not for {rule.CoolDown}";
    }

    private static string Logged(EndpointView view, DateTimeOffset now)
    {
        if (view.Predictions == 0)
            return "no prediction yet";
        var last = view.LastPrediction is { } at ? $", the last {Human.Ago(at, now)}" : "";
        return $"{Human.Count(view.Predictions, "prediction")}{last}; the truth of {Human.Number(view.Labelled)} was known when they were measured";
    }

    private static JsonObject ToJson(EndpointView view, string environment) => new()
    {
        ["endpoint"] = view.Definition.Key.Name,
        ["environment"] = environment,
        ["description"] = view.Definition.Description,
        ["owner"] = view.Definition.Owner,
        ["model"] = view.Definition.Model,
        ["version"] = view.Model?.Version,
        ["features"] = JsonText.Array(view.Model?.Manifest.Features ?? [], f => new JsonObject
        {
            ["name"] = f.Name, ["type"] = f.Type.ToString().ToLowerInvariant(),
        }),
        ["labels"] = view.Definition.Labels is not { } labels ? null : ToJson(labels),
        ["monitor"] = view.Monitor is not { } rule ? null : new JsonObject
        {
            ["window"] = rule.Window.Word(), ["minRows"] = rule.MinRows,
            ["driftThreshold"] = rule.DriftThreshold, ["driftShare"] = rule.DriftShare,
            ["ignore"] = JsonText.Array(rule.Ignore, i => JsonValue.Create(i)),
            ["metric"] = rule.Metric, ["worseBy"] = rule.WorseBy, ["minLabels"] = rule.MinLabels,
        },
        ["retrain"] = view.Retrain is not { } retrain ? null : new JsonObject
        {
            ["on"] = JsonText.Array(retrain.On, o => JsonValue.Create(o)),
            ["schedule"] = retrain.Schedule?.ToString(), ["timeZone"] = retrain.TimeZone.Id,
            ["coolDown"] = retrain.CoolDown.ToString(),
        },
        ["policy"] = PolicyText.ToJson(view.Verdict),
        ["predictions"] = view.Predictions,
        ["labelled"] = view.Labelled,
        ["lastPrediction"] = JsonText.Moment(view.LastPrediction),
        ["windows"] = JsonText.Array(view.Windows, MonitorText.ToJson),
    };

    private static JsonObject ToJson(LabelRule labels) => new()
    {
        ["table"] = labels.Table, ["label"] = labels.Label, ["key"] = labels.Key, ["matches"] = labels.Matches,
    };
}
