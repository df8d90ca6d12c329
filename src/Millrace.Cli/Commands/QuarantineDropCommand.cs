using System.CommandLine;
using Millrace.Cli.Words;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace quarantine drop</c>.</summary>
internal sealed class QuarantineDropCommand : CliCommand
{
    private readonly QuarantineWords _words = new();
    private readonly Option<string?> _message = Word.Text("--message", "TEXT", "Why the rows are not wanted. Needed.");

    public QuarantineDropCommand() : base("quarantine drop", "Say of rows that were set aside that they are not wanted.")
    {
        Takes(_words.Name, _words.Run, _words.Check, _words.Where, _message);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_message) is null)
                result.AddError("A drop says why: give --message, for example --message \"test rows of the supplier\".");
        });
    }

    public override string Details => "The journal keeps the rows, marked as dropped, with the reason.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace quarantine drop rides --run run-12 --message \"test rows of the supplier\"", "what one run set aside"),
    ];

    public override bool NeedsSoundProject => true;

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var settled = engine.QuarantineDrop(call.Get(_words.Name)!, _words.Filter(call), call.Get(_message)!, CancellationToken.None);
        QuarantineReplayCommand.Write(call, settled, "looked at", "dropped");
        return ExitCode.Done;
    }
}
