using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Progress;
using Millrace.Cli.Words;
using Millrace.Project;
using Millrace.Server;
using Millrace.Sources.Connectors;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace serve</c>.</summary>
internal sealed class ServeCommand : CliCommand
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>A segment of the prediction log that is this old is folded into its table.</summary>
    private static readonly TimeSpan FoldAfter = TimeSpan.FromMinutes(1);

    private readonly Option<string?> _listen = Word.Text("--listen", "ADDRESS", "Where to listen: 127.0.0.1 and a port; port 0 takes a free one. Default: 127.0.0.1:5080.");
    private readonly Option<int?> _every = new("--tick") { Description = "Seconds between two looks of automation; 0 for none. Default: 10.", HelpName = "SECONDS" };

    public ServeCommand() : base("serve", "Answer requests with the released models, and run what is due.") => Takes(Project, _listen, _every);

    public override Argument<string?> Project { get; } = Word.Project();

    public override string Details =>
        "Every endpoint of the environment answers by the Open Inference Protocol with the model version that is released. Every answer is in the "
        + "prediction log before it goes out. A new release is followed at once and without a dropped request.\n"
        + "Automation looks every few seconds: it measures what was predicted, asks for new versions where policies say so, and runs them in a process "
        + "of their own, by the definitions that are released.";

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace serve", "on 127.0.0.1:5080"),
        ("millrace serve samples/bike-demand --listen 127.0.0.1:0", "on a free port"),
        ("millrace serve --tick 0", "answer, and leave runs to others"),
    ];

    public override int Execute(Invocation call)
    {
        using var interruption = new Interruption(call.Terminal);
        return ServeAsync(call, interruption).GetAwaiter().GetResult();
    }

    private async Task<int> ServeAsync(Invocation call, Interruption interruption)
    {
        var port = Port(call.Get(_listen) ?? "127.0.0.1:5080");
        var every = TimeSpan.FromSeconds(call.Get(_every) ?? 10);
        using var engine = call.Open(asReleased: true);
        using var endpoints = engine.Serve();
        endpoints.Refresh(text => Say(call, "serving", text));
        using var inboxes = engine.Inboxes();
        if (endpoints.ByName.Values.All(e => !e.IsReady) && (inboxes.Sources.Count == 0 || endpoints.HasFailures))
            throw new EngineException(endpoints.ByName.Count > 0 || endpoints.HasFailures
                ? "No endpoint can be served; the lines above say why."
                : $"Nothing that can be served is released in '{engine.Environment}': no endpoint with a model version. Run first: {call.SuggestRun("run")}");

        MillraceServer server;
        try
        {
            server = await MillraceServer.StartAsync(
                new ServerOptions { Port = port, Failed = e => Say(call, "error", e.Message) }, endpoints.ByName, inboxes, interruption.Token).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new EngineException($"127.0.0.1:{port} cannot be listened to: {e.Message} Stop what uses it, or choose another port with --listen 127.0.0.1:0.");
        }

        await using (server.ConfigureAwait(false))
        {
            Begin(call, server.Address, endpoints, inboxes);
            var follower = Follow(call, engine, endpoints, interruption.Token);
            var automation = every > TimeSpan.Zero ? Automate(call, engine, every, interruption.Token) : Task.CompletedTask;
            await Task.WhenAll(follower, automation).ConfigureAwait(false);
            await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        endpoints.Fold(TimeSpan.Zero, CancellationToken.None);
        Say(call, "stopped", "every request that had come was answered");
        return ExitCode.Done;
    }

    private static void Begin(Invocation call, Uri address, ServedEndpoints endpoints, Inboxes inboxes)
    {
        if (call.IsJson)
        {
            Say(call, "listening", address.ToString());
            return;
        }

        call.Out.WriteLine($"Listening on {call.Paint.Of(Tone.Strong, address.ToString())}. Stop with Ctrl-C.");
        call.Out.WriteLine();
        foreach (var (name, endpoint) in endpoints.ByName.Take(1))
        {
            var signature = endpoint.Current is null ? "" : $"what {name} takes";
            call.Out.WriteLine($"  curl {address}v2/models/{name}   # {signature}");
            call.Out.WriteLine($"  curl {address}v2/models/{name}/infer -d '{{\"inputs\": [...]}}'");
        }

        foreach (var source in inboxes.Sources.Take(1))
            call.Out.WriteLine($"  curl {address}ingest/{source.Name} -H 'Content-Type: application/x-ndjson' --data-binary @rows.ndjson");
        call.Out.Flush();
    }

    /// <summary>Follows releases, and folds what was predicted.</summary>
    private static async Task Follow(Invocation call, Engine engine, ServedEndpoints endpoints, CancellationToken stop)
    {
        var folded = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                endpoints.Refresh(text => Say(call, "serving", text));
                if (folded.Elapsed >= FoldAfter)
                {
                    endpoints.Fold(FoldAfter, stop);
                    folded.Restart();
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // What fails here (a full disk, a broken log entry) must not stop the answers; it is tried again.
                Say(call, "error", e.Message);
                folded.Restart();
            }

            await Task.Delay(FollowEvery, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks whether something is due and lets a process of its own do it, so that a crash there never stops serving.</summary>
    private static async Task Automate(Invocation call, Engine engine, TimeSpan every, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(every, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return;
            try
            {
                if (engine.IsDue())
                    await RunDue(call, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Say(call, "error", e.Message);
            }
        }
    }

    private static async Task RunDue(Invocation call, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = call.Terminal.WorkingFolder };
        start.Environment["MILLRACE_PROGRESS"] = "json";
        foreach (var word in call.Repeated("run", "--due"))
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return;
        }

        foreach (var line in (await output.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Say(call, "automation", line.TrimEnd());
        if (process.ExitCode == ExitCode.Done)
            return;

        // Beside the moments of the run, which are JSON, its error stream says what went wrong.
        var said = (await errors.ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("{\"asset\":", StringComparison.Ordinal));
        Say(call, "error", $"the run of what was due ended with exit code {process.ExitCode}. {string.Join(" ", said.Select(l => l.Trim()))}".TrimEnd());
    }

    private static int Port(string listen)
    {
        if (int.TryParse(listen, out var only) && only is >= 0 and <= 65535)
            return only;
        return IPEndPoint.TryParse(listen, out var place) && IPAddress.IsLoopback(place.Address) && listen.Contains(':', StringComparison.Ordinal)
            ? place.Port
            : throw new EngineException($"'--listen {listen}' is no place to listen. Millrace listens on this machine only, such as --listen 127.0.0.1:5080.") { IsMistake = true };
    }

    private static void Say(Invocation call, string what, string text)
    {
        lock (call.Out)
        {
            if (call.IsJson)
                call.Out.WriteLine(new JsonObject { ["at"] = JsonText.Moment(call.Terminal.Clock.GetUtcNow()), ["event"] = what, ["text"] = text }.ToJsonString());
            else
                call.Out.WriteLine($"{call.Terminal.Clock.GetUtcNow():HH:mm:ss} {text}");
            call.Out.Flush();
        }
    }
}
