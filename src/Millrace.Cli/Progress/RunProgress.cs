using Millrace.Cli.Output;
using Millrace.Runs;

namespace Millrace.Cli.Progress;

/// <summary>Shows on stderr what a run is at. Disposing clears what is not meant to stay; it may be disposed twice.</summary>
internal abstract class RunProgress : IDisposable
{
    /// <summary>The progress that fits: JSON where MILLRACE_PROGRESS asks for it, a live display on a terminal, else plain lines.</summary>
    public static RunProgress For(Terminal terminal) => terminal.Variable("MILLRACE_PROGRESS") switch
    {
        "json" => new JsonProgress(terminal.Error),
        _ when terminal.IsErrorTerminal && terminal.Variable("TERM") != "dumb" => new LiveProgress(terminal),
        _ => new LineProgress(terminal.Error),
    };

    /// <summary>How many assets the project has; set before the run begins.</summary>
    public int Assets { get; set; }

    /// <summary>Shows one moment. Called from the threads of the run.</summary>
    public abstract void Observe(RunMoment moment);

    /// <summary>Shows who holds the home while this run waits for it.</summary>
    public abstract void Wait(string owner);

    public virtual void Dispose()
    {
    }
}
