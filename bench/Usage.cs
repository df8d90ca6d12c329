using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Millrace.Bench;

/// <summary>What one piece of work took: seconds on the wall, and seconds of user and system time over all threads.</summary>
internal readonly record struct Usage(double WallSeconds, double CpuSeconds)
{
    /// <summary>Measures work of this process.</summary>
    public static Usage Of(Action work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var cpu = Environment.CpuUsage.TotalTime;
        var wall = Stopwatch.StartNew();
        work();
        return new Usage(wall.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}

/// <summary>A program run to its end.</summary>
/// <param name="Usage">Its own and its children's.</param>
/// <param name="FirstOutputSeconds">From the start to the first byte on standard output or error; null when it wrote nothing.</param>
/// <param name="PeakBytes">The most memory resident at one time.</param>
/// <param name="Output">Standard output and error together.</param>
internal sealed record ProgramRun(Usage Usage, double? FirstOutputSeconds, long PeakBytes, int ExitCode, string Output)
{
    /// <summary>Runs <c>./millrace</c> of this repository.</summary>
    public static ProgramRun Millrace(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository, "millrace")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var before = ChildCpuSeconds();
        var wall = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var gate = new Lock();
        var text = new System.Text.StringBuilder();
        double? first = null;
        void Read(StreamReader reader)
        {
            var buffer = new char[4096];
            for (int n; (n = reader.Read(buffer, 0, buffer.Length)) > 0;)
            {
                lock (gate)
                {
                    first ??= wall.Elapsed.TotalSeconds;
                    text.Append(buffer, 0, n);
                }
            }
        }

        var readers = new[] { new Thread(() => Read(process.StandardOutput)), new Thread(() => Read(process.StandardError)) };
        foreach (var reader in readers)
            reader.Start();
        var peak = 0L;
        while (!process.WaitForExit(5))
            peak = Math.Max(peak, PeakOf(process.Id));
        var seconds = wall.Elapsed.TotalSeconds;
        foreach (var reader in readers)
            reader.Join();
        return new ProgramRun(new Usage(seconds, ChildCpuSeconds() - before), first, peak, process.ExitCode, text.ToString());
    }

    /// <summary>The folder that holds <c>Millrace.slnx</c>.</summary>
    public static string Repository
    {
        get
        {
            for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "Millrace.slnx")))
                    return folder;
            }

            throw new InvalidOperationException($"The bench runs from a build inside the repository, and none of the folders above {AppContext.BaseDirectory} has a Millrace.slnx.");
        }
    }

    /// <summary>The most memory that a running process held so far. The wrapper becomes the program, so the process is the same.</summary>
    public static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6, line.Length - 8), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>CPU seconds of all children that ended.</summary>
    private static double ChildCpuSeconds()
    {
        const int OfChildren = -1;
        var usage = new long[18];
        if (getrusage(OfChildren, usage) != 0)
            throw new InvalidOperationException($"getrusage failed with errno {Marshal.GetLastPInvokeError()}.");
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int getrusage(int who, [Out] long[] usage);
}
