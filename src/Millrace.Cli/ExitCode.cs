namespace Millrace.Cli;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The world or a check said no.</summary>
    public const int Refused = 1;

    /// <summary>The project or the words are wrong.</summary>
    public const int Wrong = 2;

    /// <summary>Stopped by Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Stopped from outside: 128 + SIGTERM.</summary>
    public const int Terminated = 143;
}
