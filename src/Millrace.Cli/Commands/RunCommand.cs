using System.CommandLine;
using System.Diagnostics;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace run</c>.</summary>
internal sealed class RunCommand : CliCommand
{
    private readonly Option<string?> _select = Word.Select();
    private readonly Option<DateTimeOffset?> _asOf = Word.Moment(
        "--as-of", "Compute as if it were this moment, UTC: incremental tables stop there, and @as_of is it.");
    private readonly Option<string?> _plan = Word.Text("--plan", "HASH", "Apply exactly the plan that 'millrace plan' showed, or nothing.");

    public RunCommand() : base("run", "Compute what changed, check it, and release it.") => Takes(Project, _select, _asOf, _plan);

    public override Argument<string?> Project { get; } = Word.Project();

    public override string Details =>
        "A run plans first: it computes what is new or changed and what stands on it, and nothing else. Every table is checked before it "
        + "is committed. At the end all that succeeded is released in one step; what failed or was blocked keeps what it had, and so does "
        + "everything that stands on it.\n"
        + "A second run in the same place waits for the first. A run that was killed is taken up by the next one.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace run", "the project around the working folder"),
        ("millrace run samples/bike-demand", "the project in that folder"),
        ("millrace run --select hourly+", "one table and all that stands on it"),
        ("millrace run --env dev", "in another environment: no data is copied"),
        ("millrace run --plan 4f2a91c0", "what was reviewed, and nothing else"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        using var progress = RunProgress.For(call.Terminal);
        var timer = Stopwatch.StartNew();
        using var engine = call.Open(progress.Observe, progress.Wait);
        progress.Assets = engine.Project.Assets.Count;
        RunResult result;
        try
        {
            result = engine.Run(
                new RunRequest { Select = call.Get(_select), AsOf = call.Get(_asOf), PlanHash = call.Get(_plan) }, interruption.Token);
        }
        catch (Exception e) when (interruption.ExitCode is not null
            && e is OperationCanceledException or DuckException { Kind: DuckErrorKind.Interrupt })
        {
            progress.Dispose();
            return Stopped(call, engine, interruption.ExitCode ?? ExitCode.Interrupted);
        }

        progress.Dispose();
        if (call.IsJson)
            JsonText.Write(call.Out, RunJson.Of(result));
        else
            RunText.Write(call.Out, call.Paint, call.Terminal.Width, result, Facts(call, engine, result, timer));
        return result.State == RunState.Done ? ExitCode.Done : ExitCode.Refused;
    }

    private static RunFacts Facts(Invocation call, Engine engine, RunResult result, Stopwatch timer) => new()
    {
        Elapsed = timer.Elapsed,
        Now = call.Terminal.Clock.GetUtcNow(),
        Standing = result.Release ?? engine.Releases(1).FirstOrDefault(),
        Suggest = call.Suggest,
        SuggestRun = call.SuggestRun,
    };

    private static int Stopped(Invocation call, Engine engine, int code)
    {
        var standing = engine.Releases(1).FirstOrDefault() is { } release
            ? $"'{engine.Environment}' stays at release {Human.Number(release.Id)}."
            : $"'{engine.Environment}' stays without a release.";
        var message = $"Stopped. Nothing was released: {standing} What was committed is kept, and the next run takes it up.";
        if (call.IsJson)
            JsonText.Write(call.Out, Failure.ToJson("stopped", message, []));
        else
            call.Terminal.Error.WriteLine(message);
        return code;
    }
}
