using System.Text;

namespace Millrace.Cli.Output;

/// <summary>Where words come from and text goes to: the streams of the process, or those of a test.</summary>
/// <remarks>Answers go to <see cref="Out"/>; progress and complaints go to <see cref="Error"/>, so that a pipe carries nothing but the answer.</remarks>
internal sealed class Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>True when a person sees the answers, false when a file or a program takes them.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>True when a person sees the progress.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal that answers go to; null when there is none.</summary>
    public int? Width { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The folder that relative paths start from.</summary>
    public required string WorkingFolder { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Paint OutPaint => field ??= new Paint(IsOutTerminal && HasColour);

    public Paint ErrorPaint => field ??= new Paint(IsErrorTerminal && HasColour);

    private bool HasColour => string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal
        {
            // Answers can be millions of rows, so they are flushed in blocks; what is on stderr is wanted at once.
            Out = new StreamWriter(Console.OpenStandardOutput(), utf8, 1 << 16) { NewLine = "\n" },
            Error = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError(), utf8, 1 << 10) { NewLine = "\n", AutoFlush = true }),
            In = Console.In,
            IsOutTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            Width = Console.IsOutputRedirected ? null : Math.Max(40, Console.WindowWidth is > 0 and var width ? width : 100),
            Variable = Environment.GetEnvironmentVariable,
            WorkingFolder = Directory.GetCurrentDirectory(),
        };
    }
}
