using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace model label</c>.</summary>
internal sealed class ModelLabelCommand : CliCommand
{
    private readonly Argument<string?> _version = ModelWords.Version();
    private readonly Argument<string?> _label = Word.Required("NAME", "The label: letters, digits, - and _.");
    private readonly Option<bool> _remove = Word.Flag("--remove", "Take the label away from the model.");

    public ModelLabelCommand() : base("model label", "Give a version of a model a name of its own.") => Takes(_version, _label, _remove);

    public override string Details =>
        "A label names one version of a model, and other commands take it as demand@LABEL. Setting it again moves it. It changes nothing of what is "
        + "released: 'champion' is no label, it is the version that a release points at.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace model label demand@2 holiday-season", "then demand@holiday-season is version 2"),
        ("millrace model label demand holiday-season --remove", "the name goes, the version stays"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var (reference, label, isRemoved) = (call.Get(_version)!, call.Get(_label)!, call.Get(_remove));
        var model = reference.Split('@')[0];
        var number = isRemoved ? (long?)null : engine.Model(reference).Model.Version;
        engine.Label(model, label, number);
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["model"] = model, ["label"] = label, ["version"] = number });
        else
            call.Out.WriteLine(number is { } n ? $"{model}@{label} is {ModelWords.NameOf(model, n)} now." : $"{model} has no label '{label}' any more.");
        return ExitCode.Done;
    }
}
