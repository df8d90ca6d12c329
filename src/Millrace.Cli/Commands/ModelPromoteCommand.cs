using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace model promote</c>.</summary>
internal sealed class ModelPromoteCommand : CliCommand
{
    private readonly Argument<string?> _version = ModelWords.Version();
    private readonly Option<string?> _message = Word.Text("--message", "TEXT", "Why, for those who read the list of releases.");

    public ModelPromoteCommand() : base("model promote", "Release a version of a model that you choose.")
    {
        _message.Aliases.Add("-m");
        Takes(_version, _message);
    }

    public override string Details =>
        "The version becomes the champion in a new release; nothing else moves. A version that its gates refused cannot be released. Runs do not "
        + "go back to the version that stood before, until its definition or rows change or until 'millrace resume'.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace model promote demand@1 -m \"version 2 is worse on Sundays\"", "back to an earlier version, and only the model"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open(waiting: owner => call.Terminal.Error.WriteLine($"Waiting for {owner}, which holds this project's state."));
        var release = engine.Promote(call.Get(_version)!, call.Get(_message));
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Of(release));
        else
            Write(call.Out, call.Paint, release, call.Suggest);
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, ReleaseRecord release, Func<string, string> suggest)
    {
        var move = release.Moves.First(m => m.To is not null);
        var before = move.From is { } from ? $" instead of version {Human.Number(from.Version.Number)}" : "";
        var since = $"since release {Human.Number(release.Id)} of '{release.Environment}'";
        to.WriteLine($"{paint.Of(Tone.Good, "Promoted:")} {since} {ModelWords.TitleOf(move.To!)} is the champion{before}.");
        to.WriteLine($"Endpoints of it answer with that version from now on. To take it back: {suggest("rollback")}");
    }
}
