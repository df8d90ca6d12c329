using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace model show</c>.</summary>
internal sealed class ModelShowCommand : CliCommand
{
    private readonly Argument<string?> _version = ModelWords.Version();

    public ModelShowCommand() : base("model show", "Show a version of a model: what it proved, on which rows, and what made it.") => Takes(_version);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace model show demand", "the champion"),
        ("millrace model show demand@2", "a version, released or not"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var view = engine.Model(call.Get(_version)!);
        var description = engine.Project.Assets.GetValueOrDefault(view.Model.Key)?.Definition.Description;
        if (call.IsJson)
            JsonText.Write(call.Out, ModelJson.Whole(view));
        else
            Write(call.Out, call.Paint, call.Terminal.Width, view, description, call.Terminal.Clock.GetUtcNow());
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, ModelView view, string? description, DateTimeOffset now)
    {
        var (record, manifest) = (view.Model.Record, view.Model.Manifest);
        var (training, recipe) = (manifest.Training, manifest.Training.Recipe);
        var state = ModelWords.StateOf(view);
        var stands = state.Text.Length > 0 ? ", " + paint.Of(state.Tone, state.Text) : "";
        to.WriteLine($"{paint.Of(Tone.Strong, ModelWords.NameOf(view.Model))}  {ModelWords.TaskOf(manifest.Task)}{stands}");
        if (description is not null)
            to.WriteLine(description);
        to.WriteLine();
        var (run, took) = (record.Task.Split('/')[0], Human.Elapsed(TimeSpan.FromMilliseconds(record.Milliseconds)));
        var inputs = training.Inputs.Select(i => $"{i.Asset} version {Human.Number(i.Version)} ({i.Fingerprint[..8]})")
            .Concat(training.Views.Select(v => $"view {v.Name}"));
        FactList.Write(
            to, paint, width,
            ("predicts", $"{recipe.Query.Label} of {recipe.Query.Data}, by {Human.Join(recipe.Query.Key)}"),
            ("made", $"{Human.Moment(record.Committed)}, {Human.Ago(record.Committed, now)}, by {run} in {took}"),
            ("rows", ModelWords.Rows(training)),
            ("trainer", $"{ModelWords.Trainer(recipe)}; {Human.Count(training.Iterations, "iteration")} kept"),
            ("inputs", Human.Join([.. inputs])),
            ("makers", Human.Join([.. manifest.Makers.Select(m => $"{m.Key} {m.Value}")])),
            ("file", $"{Human.Bytes(manifest.OnnxBytes)} ONNX, sha256 {manifest.Onnx}"));

        Head(to, paint, $"On {Human.Count(training.Rows.Holdout, "held-out row")}");
        ModelText.Metrics(view.Model).Write(to, paint, width);
        if (manifest.Evaluation.Slices.Count > 0)
        {
            to.WriteLine();
            ModelText.WriteSlices(to, paint, width, view.Model);
        }

        if (record.Checks.Count > 0)
        {
            Head(to, paint, "Gates");
            ModelText.WriteGates(to, paint, width, record);
        }

        Head(to, paint, Human.Count(manifest.Features.Count, "feature"));
        ModelText.WriteFeatures(to, paint, width, manifest);
        if (manifest.Notes.Count > 0)
            Head(to, paint, "Notes");
        foreach (var note in manifest.Notes)
            to.WriteLine(note);
    }

    private static void Head(TextWriter to, Paint paint, string text)
    {
        to.WriteLine();
        to.WriteLine(paint.Of(Tone.Strong, text));
    }
}
