using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Delivery;
using Millrace.Ledger;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace rollback</c>.</summary>
internal sealed class RollbackCommand : CliCommand
{
    private readonly Option<long?> _to = Word.Number("--to", "The release to go back to. Default: the one before the current one.", 1);
    private readonly Option<string?> _message = Word.Text("--message", "TEXT", "Why, for those who read the list of releases.");

    public RollbackCommand() : base("rollback", "Put back what an earlier release had, in one step.") => Takes(_to, _message);

    public override string Details =>
        "A rollback is a new release with the earlier pointers; no file is touched. It holds: later runs skip the definitions and the "
        + "source files that it took back, until they change or until 'millrace resume'.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace rollback --message \"wrong prices in March\"", "to the release before"),
        ("millrace rollback --to 12", "to a certain release, see 'millrace releases'"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var release = engine.Rollback(call.Get(_to), call.Get(_message));
        using var interruption = new Interruption(call.Terminal);
        var delivered = engine.Deliver([], isAgain: false, _ => { }, interruption.Token);
        if (call.IsJson)
        {
            var json = JsonText.Of(release);
            json["delivered"] = JsonText.Array(delivered, DeliveryText.ToJson);
            JsonText.Write(call.Out, json);
        }
        else
        {
            Write(call.Out, call.Paint, release, call.Suggest);
            DeliveryText.Write(call.Out, call.Paint, [.. delivered.Where(d => d.State != DeliveryState.Stands)]);
        }

        return delivered.Any(d => d.State == DeliveryState.Failed) ? ExitCode.Refused : ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, ReleaseRecord release, Func<string, string> suggest)
    {
        var (now, then) = (Human.Number(release.Id), Human.Number(release.Target!.Value));
        var moved = release.Moves.Select(m => m.To is null ? $"{m.Asset.Title} (removed)" : ModelWords.TitleOf(m.To)).ToList();
        to.WriteLine($"{paint.Of(Tone.Good, "Rolled back:")} release {now} of '{release.Environment}' has again what release {then} had.");
        to.WriteLine($"Moved back: {Human.Join(moved)}.");
        to.WriteLine($"Runs skip what was taken back until it changes, or until: {suggest("resume")}");
    }
}
