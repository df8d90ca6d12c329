using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace model list</c>.</summary>
internal sealed class ModelListCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Optional("MODEL", "Only the versions of this one. Default: of every model.");

    public ModelListCommand() : base("model list", "List the versions of models, newest first.") => Takes(_name);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace model list", "every version of every model, and which one is the champion"),
        ("millrace model list demand --json", "for programs"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var models = engine.Models(call.Get(_name));
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(models, ModelJson.Brief));
        else if (models.Count == 0)
            call.Out.WriteLine($"No model has a version yet. To train those of the project: {call.SuggestRun("run")}");
        else
            Write(call.Out, call.Paint, call.Terminal.Width, models, call.Terminal.Clock.GetUtcNow());
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, IReadOnlyList<ModelView> models, DateTimeOffset now)
    {
        var table = new TextTable(
            "version", "state", new Heading("trained rows", true), "metric", new Heading("holdout", true), new Heading("baseline", true), "made", "");
        foreach (var view in models)
        {
            var (model, evaluation) = (view.Model, view.Model.Manifest.Evaluation);
            var metric = ModelWords.MainMetric(model);
            table.Add(
                ModelWords.NameOf(model), ModelWords.StateOf(view), Human.Number(model.Manifest.Training.Rows.Train), metric,
                Human.Measure(evaluation.Metrics.GetValueOrDefault(metric)), Human.Measure(evaluation.Baseline.GetValueOrDefault(metric)),
                Human.Moment(model.Record.Committed), new Cell(Human.Ago(model.Record.Committed, now), Tone.Quiet));
        }

        table.Write(to, paint, width);
    }
}
