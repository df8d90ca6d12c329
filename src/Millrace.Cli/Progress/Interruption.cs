using System.Runtime.InteropServices;
using Millrace.Cli.Output;

namespace Millrace.Cli.Progress;

/// <summary>Turns Ctrl-C and a request to end into a cancellation, once: a second Ctrl-C ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations;

    public Interruption(Terminal terminal)
    {
        void Stop(PosixSignalContext context)
        {
            if (_source.IsCancellationRequested)
                return;
            context.Cancel = true;
            ExitCode = context.Signal == PosixSignal.SIGINT ? Cli.ExitCode.Interrupted : Cli.ExitCode.Terminated;
            if (context.Signal == PosixSignal.SIGINT && terminal.IsErrorTerminal)
                terminal.Error.WriteLine("Stopping. Ctrl-C again stops at once.");
            _source.Cancel();
        }

        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(s => PosixSignalRegistration.Create(s, Stop))];
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What the process ends with, once it was asked to end.</summary>
    public int? ExitCode { get; private set; }

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }
}
