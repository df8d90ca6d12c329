using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Millrace.Scenarios;

/// <summary>A started millrace. Disposing kills it if it still runs.</summary>
internal sealed class RunningProgram : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _words;
    private readonly Task<string> _out;
    private readonly Task _errors;
    private readonly BlockingCollection<Moment> _news = [];
    private readonly BlockingCollection<string> _lines = [];
    private readonly List<Moment> _moments = [];
    private readonly StringBuilder _error = new();

    private RunningProgram(Process process, string words)
    {
        (_process, _words) = (process, words);
        _out = Task.Factory.StartNew(ReadOutput, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _errors = Task.Factory.StartNew(ReadErrors, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public int Id => _process.Id;

    /// <summary>Starts the program that was built with these tests.</summary>
    /// <param name="folder">Its working folder.</param>
    /// <param name="words">The command line.</param>
    /// <param name="variables">Environment variables; those of the test run that Millrace reads are taken away.</param>
    public static RunningProgram Start(string folder, IReadOnlyList<string> words, IReadOnlyDictionary<string, string>? variables = null)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Millrace.Cli" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MILLRACE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["MILLRACE_PROGRESS"] = "json";
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new RunningProgram(process, string.Join(' ', words));
    }

    /// <summary>Waits for a moment of the run.</summary>
    /// <returns>False when the program ended without it.</returns>
    public bool WaitFor(Func<Moment, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (_news.TryTake(out var moment, Timeout.Infinite, limit.Token))
        {
            if (wanted(moment))
                return true;
        }

        return false;
    }

    /// <summary>Waits for a line of its output.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">It ended without such a line.</exception>
    public string WaitForLine(Func<string, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (_lines.TryTake(out var line, Timeout.Infinite, limit.Token))
        {
            if (wanted(line))
                return line;
        }

        Assert.Fail($"millrace {_words} ended without the line that was waited for.\n{_error}");
        return "";
    }

    /// <summary>Asks it to end, as Ctrl-C would.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>Lets it run so long, at most until it ends.</summary>
    public void Let(TimeSpan run) => _process.WaitForExit(run);

    /// <summary>As <c>kill -9</c> would. One that has ended is left as it is.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits for its end.</summary>
    public Answer End()
    {
        if (!_process.WaitForExit(Longest))
        {
            _process.Kill();
            Assert.Fail($"millrace {_words} did not end within {Longest.TotalSeconds} s.\n{_error}\n{string.Join('\n', _moments)}");
        }

        Task.WaitAll([_out, _errors], Longest);
        return new Answer(_words, _process.ExitCode, _out.GetAwaiter().GetResult(), _error.ToString(), _moments);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(Longest);
        }

        _process.Dispose();
        _news.Dispose();
    }

    private string ReadOutput()
    {
        var all = new StringBuilder();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            all.Append(line).Append('\n');
            _lines.Add(line);
        }

        _lines.CompleteAdding();
        return all.ToString();
    }

    private void ReadErrors()
    {
        while (_process.StandardError.ReadLine() is { } line)
        {
            if (Moment.Read(line) is { } moment)
            {
                _moments.Add(moment);
                _news.Add(moment);
            }
            else
            {
                _error.Append(line).Append('\n');
            }
        }

        _news.CompleteAdding();
    }
}
