using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Delivery;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace deliver</c>.</summary>
internal sealed class DeliverCommand : CliCommand
{
    private readonly Argument<string[]> _sinks = new("SINK") { Description = "Which sinks; all of the environment when none is named.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _again = Word.Flag("--again", "Deliver all rows anew, also where the place holds the released version.");
    private readonly Option<bool> _look = Word.Flag("--dry-run", "Say what is due, and ask no place.");

    public DeliverCommand() : base("deliver", "Bring released tables to their consumers.") => Takes(_sinks, _again, _look);

    public override string Details =>
        "Each file of sinks/ names a table and a place: a file, a PostgreSQL table, an address. What is released and not yet there is delivered; every run "
        + "does so at its end, and a rollback is delivered like any release. A place that did not take its rows is tried again by the next delivery.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace deliver", "what is due"),
        ("millrace deliver --dry-run", "what would be delivered"),
        ("millrace deliver hourly_csv --again", "one sink, whole"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        using var engine = call.Open();
        if (call.Get(_look))
        {
            Write(call, engine.LookAtSinks());
            return ExitCode.Done;
        }

        var results = engine.Deliver(call.Get(_sinks) ?? [], call.Get(_again), _ => { }, interruption.Token);
        Write(call, results);
        return results.Any(r => r.State == DeliveryState.Failed) ? ExitCode.Refused : ExitCode.Done;
    }

    private static void Write(Invocation call, IReadOnlyList<DeliveryResult> results)
    {
        if (call.IsJson)
            JsonText.Write(call.Out, JsonText.Array(results, DeliveryText.ToJson));
        else if (results.Count == 0)
            call.Out.WriteLine("The environment has no sinks. A file in sinks/ names a table and a place: see 'millrace deliver --help'.");
        else
            DeliveryText.Write(call.Out, call.Paint, results);
    }
}
