using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Delivery;
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

    private readonly Option<string?> _retrain = Word.Text(
        "--retrain", "NAMES", "Train a new version of these models, though one stands. Their gates decide whether it is released.");
    private readonly Option<bool> _due = Word.Flag(
        "--due", "Measure what was predicted, ask for what policies want, and run what is asked for, as it is released.");

    public RunCommand() : base("run", "Compute what changed, check it, and release it.")
    {
        Takes(Project, _select, _asOf, _plan, _retrain, _due);
        Words.Validators.Add(result =>
        {
            if (result.GetResult(_due) is { Implicit: false }
                && new Option[] { _select, _plan, _retrain }.FirstOrDefault(o => result.GetResult(o) is not null) is { } other)
                result.AddError($"--due runs what is asked for, and {other.Name} chooses something else. Give one of them.");
        });
    }

    public override Argument<string?> Project { get; } = Word.Project();

    public override string Details =>
        "A run plans first: it computes what is new or changed and what stands on it, and nothing else. Every table is checked before it "
        + "is committed. At the end all that succeeded is released in one step; what failed or was blocked keeps what it had, and so does "
        + "everything that stands on it.\n"
        + "A model is trained the first time and when its definition changes. New rows alone train nothing: --retrain does, or a policy of an endpoint, "
        + "which --due asks. A new version that a gate refuses is kept, and the one that stands stays. A run also measures what endpoints predicted.\n"
        + "A second run in the same place waits for the first. A run that was killed is taken up by the next one.";

    public override bool NeedsSoundProject => true;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace run", "the project around the working folder"),
        ("millrace run samples/bike-demand", "the project in that folder"),
        ("millrace run --select hourly+", "one table and all that stands on it"),
        ("millrace run --env dev", "in another environment: no data is copied"),
        ("millrace run --plan 4f2a91c0", "what was reviewed, and nothing else"),
        ("millrace run --retrain demand", "a new version of a model, from the rows as they are now"),
        ("millrace run --due", "one tick of automation, for cron or a timer"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        using var progress = RunProgress.For(call.Terminal);
        var timer = Stopwatch.StartNew();
        using var engine = call.Open(progress.Observe, progress.Wait, asReleased: call.Get(_due));
        progress.Assets = engine.Project.Assets.Count;
        RunResult? result;
        TickResult? tick = null;
        try
        {
            if (call.Get(_due))
                result = (tick = engine.RunDue(call.Get(_asOf), interruption.Token)).Run;
            else
                result = engine.Run(Request(call, engine), interruption.Token);
        }
        catch (Exception e) when (interruption.ExitCode is not null
            && e is OperationCanceledException or DuckException { Kind: DuckErrorKind.Interrupt })
        {
            progress.Dispose();
            return Stopped(call, engine, interruption.ExitCode ?? ExitCode.Interrupted);
        }

        progress.Dispose();
        if (!call.IsJson)
            Write(call, engine, result, tick, timer, interruption.Token);
        var isFirst = true;
        var delivered = engine.Deliver([], isAgain: false, d => WriteDelivered(call, d, ref isFirst), interruption.Token);
        if (call.IsJson)
            JsonText.Write(call.Out, ToJson(call, engine, result, tick, delivered, interruption.Token));
        var isSound = tick?.Watched.Any(w => w.Failure is not null) != true && delivered.All(d => d.State != DeliveryState.Failed);
        return result is null or { State: RunState.Done } && isSound ? ExitCode.Done : ExitCode.Refused;
    }

    private RunRequest Request(Invocation call, Engine engine)
    {
        var request = new RunRequest { Select = call.Get(_select), AsOf = call.Get(_asOf), PlanHash = call.Get(_plan) };
        return call.Get(_retrain) is { } names ? request with { Retrain = engine.RetrainOf(names) } : request;
    }

    private void Write(Invocation call, Engine engine, RunResult? result, TickResult? tick, Stopwatch timer, CancellationToken cancellationToken)
    {
        var facts = Facts(call, engine, result, timer);
        if (tick is not null)
            DueText.Write(call.Out, call.Paint, tick, engine.Environment, facts);
        if (result is not null)
            RunText.Write(call.Out, call.Paint, call.Terminal.Width, result, facts);
        if (tick is not null)
            return;
        var watched = engine.Watch(call.Get(_asOf), cancellationToken);
        if (watched.Any(WatchText.IsNews))
            call.Out.WriteLine();
        WatchText.Write(call.Out, call.Paint, watched, call.Suggest, call.SuggestRun);
    }

    /// <summary>Says what was done; that a place holds what it should is no news.</summary>
    private static void WriteDelivered(Invocation call, DeliveryResult delivered, ref bool isFirst)
    {
        if (call.IsJson || delivered.State == DeliveryState.Stands)
            return;
        if (isFirst)
            call.Out.WriteLine();
        isFirst = false;
        DeliveryText.Write(call.Out, call.Paint, [delivered]);
    }

    private JsonObject ToJson(
        Invocation call, Engine engine, RunResult? result, TickResult? tick, IReadOnlyList<DeliveryResult> delivered, CancellationToken cancellationToken)
    {
        var run = result is null ? null : RunJson.Of(result, engine.Trained(result));
        if (tick is not null)
        {
            var due = DueText.ToJson(tick, run);
            due["delivered"] = JsonText.Array(delivered, DeliveryText.ToJson);
            return due;
        }

        run!["delivered"] = JsonText.Array(delivered, DeliveryText.ToJson);
        run["watched"] = JsonText.Array(engine.Watch(call.Get(_asOf), cancellationToken), WatchText.ToJson);
        return run;
    }

    private RunFacts Facts(Invocation call, Engine engine, RunResult? result, Stopwatch timer) => new()
    {
        Elapsed = timer.Elapsed,
        Now = call.Terminal.Clock.GetUtcNow(),
        Standing = result?.Release ?? engine.Releases(1).FirstOrDefault(),
        Trained = result is null ? [] : engine.Trained(result),
        Asked = call.Get(_retrain) is { } names && result is not null ? [.. engine.RetrainOf(names).Keys] : [],
        Champions = result?.Run is null
            ? new Dictionary<AssetKey, long>()
            : engine.Ledger.Pointers(engine.Environment).Values.Where(p => p.Asset.Kind == AssetKind.Model)
                .ToDictionary(p => p.Asset, p => p.Version.Number),
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
