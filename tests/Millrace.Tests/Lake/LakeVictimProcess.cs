using System.Diagnostics;

namespace Millrace.Tests.Lake;

/// <summary>A program of its own that changes a table, see <c>LakeVictim</c>.</summary>
internal sealed class LakeVictimProcess : IDisposable
{
    private readonly Process _process;

    private LakeVictimProcess(Process process) => _process = process;

    public static LakeVictimProcess Start(string folder, string verb, IEnumerable<string> words, string? failpoint = null)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Millrace.Victim" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, ["lake-" + verb, folder, .. words]) { RedirectStandardError = true };
        start.Environment.Remove("MILLRACE_FAILPOINT");
        if (failpoint is not null)
            start.Environment["MILLRACE_FAILPOINT"] = failpoint;
        return new LakeVictimProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
    public int End()
    {
        var said = _process.StandardError.ReadToEnd();
        Assert.True(_process.WaitForExit(TimeSpan.FromMinutes(5)), "The victim did not end within five minutes.");
        Assert.True(_process.ExitCode != 2 && !said.Contains("Unhandled exception", StringComparison.Ordinal), said);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
