using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Governance;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace verify</c>.</summary>
internal sealed class VerifyCommand : CliCommand
{
    private readonly Argument<string?> _version = ModelWords.Version();

    public VerifyCommand() : base("verify", "Make a version of a model again, and compare the bytes.") => Takes(_version);

    public override string Details =>
        "The version is trained again from what was recorded of it: the same table versions, the same recipe, the same seed. Nothing is registered. "
        + "The exit code is 0 when the file is the same to the last byte, else 1.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace verify demand@1", "is this file what its records say?"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        using var engine = call.Open();
        var result = engine.Verify(call.Get(_version)!, interruption.Token);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(result));
        else
            Write(call.Out, call.Paint, call.Terminal.Width, result);
        return result.IsIdentical == true ? ExitCode.Done : ExitCode.Refused;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, RebuildResult result)
    {
        var (tone, word) = result.IsIdentical switch { true => (Tone.Good, "identical"), false => (Tone.Bad, "different"), _ => (Tone.Warning, "unknown") };
        to.WriteLine($"{ModelWords.NameOf(result.Model)}: {paint.Of(tone, word)}. {result.Message}");
        FactList.Write(
            to, paint, width,
            ("recorded", $"sha256 {result.Model.Manifest.Onnx}"),
            ("rebuilt", result.Rebuilt is { } hash ? $"sha256 {hash}" : null),
            ("made by", result.OtherMakers.Count == 0 ? "the same programs as then" : $"other programs than then: {string.Join("; ", result.OtherMakers)}"));
    }

    private static JsonObject ToJson(RebuildResult result) => new()
    {
        ["model"] = result.Model.Key.Name,
        ["version"] = result.Model.Version,
        ["identical"] = result.IsIdentical,
        ["recorded"] = result.Model.Manifest.Onnx,
        ["rebuilt"] = result.Rebuilt,
        ["message"] = result.Message,
        ["otherMakers"] = JsonText.Array(result.OtherMakers, m => JsonValue.Create(m)),
    };
}
