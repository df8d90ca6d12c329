using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace resume</c>.</summary>
internal sealed class ResumeCommand : CliCommand
{
    private readonly Argument<string?> _asset = Word.Optional("ASSET", "Only what was rejected of this one. Default: everything.");

    public ResumeCommand() : base("resume", "Let runs use again what a rollback rejected.") => Takes(_asset);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace resume", "everything"),
        ("millrace resume rides", "one asset"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var lifted = engine.Resume(call.Get(_asset));
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["lifted"] = lifted });
        else if (lifted == 0)
            call.Out.WriteLine($"No rollback of '{engine.Environment}' holds anything back.");
        else
        {
            call.Out.WriteLine(
                $"{Human.Count(lifted, "rejection")} lifted. The next run uses what was rolled back: {call.SuggestRun("run")}");
            if (engine.Models().Count > 0)
            {
                call.Out.WriteLine(
                    "Policies may ask for new versions of models again. A version that was rolled back comes back by "
                    + $"{call.Suggest("model promote MODEL@VERSION")}; the versions are in {call.Suggest("model list")}");
            }
        }

        return ExitCode.Done;
    }
}
