using System.Diagnostics;

namespace Millrace;

/// <summary>Named places where a test can make the process die as by <c>kill -9</c>, to prove that nothing is lost there.</summary>
/// <remarks>
/// <c>MILLRACE_FAILPOINT=name</c> kills at the first passing of that place, <c>name:3</c> at the third. Without the variable a passing costs
/// one comparison. The names stand in CONTRIBUTING.md.
/// </remarks>
public static class Failpoint
{
    private static readonly string? Name;
    private static int _passings;

    static Failpoint()
    {
        var setting = Environment.GetEnvironmentVariable("MILLRACE_FAILPOINT");
        if (string.IsNullOrEmpty(setting))
            return;
        var colon = setting.LastIndexOf(':');
        Name = colon > 0 ? setting[..colon] : setting;
        _passings = colon > 0 ? int.Parse(setting.AsSpan(colon + 1), provider: System.Globalization.CultureInfo.InvariantCulture) : 1;
    }

    /// <summary>Dies here if the variable names this place.</summary>
    public static void Pass(string name)
    {
        if (Name is not null && Name == name && Interlocked.Decrement(ref _passings) == 0)
        {
            Process.GetCurrentProcess().Kill();
            Thread.CurrentThread.Join();
        }
    }
}
