using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Runs;
using Spectre.Console;

namespace Millrace.Cli.Progress;

/// <summary>A line with a spinner for each asset that is being worked on, gone when the run ends.</summary>
/// <remarks>The display starts with the first work: a run that has nothing to do never loads it.</remarks>
internal sealed class LiveProgress(Terminal terminal) : RunProgress
{
    /// <summary>In a larger project an asset leaves the display when it is done: what left the terminal's top cannot be cleared.</summary>
    private const int MostLines = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<AssetKey, ProgressTask> _tasks = [];
    private readonly ManualResetEventSlim _ended = new();
    private Thread? _display;
    private ProgressContext? _context;

    public override void Observe(RunMoment moment)
    {
        if (moment.Phase == "decided" || moment.Asset is not { } asset)
            return;
        lock (_gate)
        {
            if (_ended.IsSet)
                return;
            var context = _context ??= Start();
            if (!_tasks.TryGetValue(asset, out var task))
                _tasks[asset] = task = context.AddTask(Text(moment));
            task.Description = Text(moment);
            task.IsIndeterminate = moment.Share is null;
            task.Value = (moment.Share ?? 0) * task.MaxValue;
            if (moment is { Phase: "committed", Share: >= 1 } or { Phase: "blocked" or "refused" or "failed" })
                task.StopTask();
        }
    }

    public override void Wait(string owner) =>
        terminal.Error.WriteLine(terminal.ErrorPaint.Of(Tone.Quiet, $"Waiting for {owner}, which holds this project's state."));

    public override void Dispose()
    {
        lock (_gate)
            _ended.Set();
        _display?.Join();
        _display = null;
    }

    private ProgressContext Start()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = terminal.HasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        var started = new TaskCompletionSource<ProgressContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        _display = new Thread(() => console.Progress()
            .AutoClear(true)
            .HideCompleted(Assets > MostLines)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ElapsedTimeColumn())
            .Start(context =>
            {
                started.SetResult(context);
                _ended.Wait();
            })) { Name = "display", IsBackground = true };
        _display.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private static string Text(RunMoment moment) => $"{Markup.Escape(moment.Asset!.Value.Title)}  [grey]{Markup.Escape(moment.Phase)}[/]";
}
