using System.Text;

namespace Millrace.Cli.Output;

/// <summary>Where words come from and text goes to: the streams of the process, or those of a test.</summary>
/// <remarks>Answers go to <see cref="Out"/>, progress and complaints to <see cref="Error"/>: a pipe carries only the answer.</remarks>
internal sealed class Terminal
{
    private const int NarrowestWidth = 40;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Opens the standard input. Only a command that reads it may: opening it changes the terminal.</summary>
    public Func<TextReader> OpenIn { get; init; } = () => TextReader.Null;

    /// <summary>True when a person sees the answers, false when a file or a program takes them.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>True when a person sees the progress.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal that answers go to; null when there is none.</summary>
    public int? Width => IsOutTerminal ? Math.Max(NarrowestWidth, MeasureWidth()) : null;

    /// <summary>Asks for the columns of the terminal.</summary>
    public Func<int> MeasureWidth { get; init; } = () => 100;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The folder that relative paths start from.</summary>
    public required string WorkingFolder { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Paint OutPaint => field ??= new Paint(IsOutTerminal && HasColour);

    public Paint ErrorPaint => field ??= new Paint(IsErrorTerminal && HasColour);

    /// <summary>True unless the person asked for text without colours.</summary>
    public bool HasColour => string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal
        {
            // Answers can be millions of rows, so they are flushed in blocks; what is on stderr is wanted at once.
            Out = new StreamWriter(Console.OpenStandardOutput(), utf8, 1 << 16) { NewLine = "\n" },
            Error = TextWriter.Synchronized(
                new StreamWriter(Console.OpenStandardError(), utf8, 1 << 10) { NewLine = "\n", AutoFlush = true }),
            OpenIn = () => Console.In,
            IsOutTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            MeasureWidth = () => Console.WindowWidth is > 0 and var width ? width : 100,
            Variable = Environment.GetEnvironmentVariable,
            WorkingFolder = Directory.GetCurrentDirectory(),
        };
    }
}
