using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Assets;
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
        var asset = call.Get(_asset);
        var rejected = engine.Ledger.Rejections(engine.Environment).Where(r => asset is null || r.Asset.Name == asset || r.Asset.Title == asset).ToList();
        var lifted = engine.Resume(asset);
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["lifted"] = lifted });
        else if (lifted == 0)
            call.Out.WriteLine($"No rollback of '{engine.Environment}' holds anything back.");
        else
            Tell(call, lifted, rejected.Any(r => r.Asset.Kind != AssetKind.Model), rejected.Find(r => r.Asset.Kind == AssetKind.Model)?.Asset);
        return ExitCode.Done;
    }

    private static void Tell(Invocation call, int lifted, bool hasTables, AssetKey? model)
    {
        call.Out.WriteLine(
            $"{Human.Count(lifted, "rejection")} lifted.{(hasTables ? $" The next run uses what was rolled back: {call.SuggestRun("run")}" : "")}");
        if (model is not { } key)
            return;
        call.Out.WriteLine($"Policies may ask for new versions of {key.Name} again. To bring a version back that was rolled back, look and choose:");
        call.Out.WriteLine($"  {call.Suggest("model list")}");
        call.Out.WriteLine($"  {call.Suggest($"model promote {key.Name}@VERSION")}");
    }
}
