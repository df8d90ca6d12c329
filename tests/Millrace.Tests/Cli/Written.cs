using Millrace.Cli.Output;

namespace Millrace.Tests.Cli;

/// <summary>Catches what is written, as text to compare with what a reader should see.</summary>
internal static class Written
{
    public static string By(Action<TextWriter> write)
    {
        var text = new StringWriter { NewLine = "\n" };
        write(text);
        return text.ToString();
    }

    /// <summary>The text of a raw literal, with line feeds whatever the checkout made of them, and a line feed at its end.</summary>
    public static string Page(string text) => text.ReplaceLineEndings("\n") + "\n";

    /// <summary>Calls the program as a process would, with pipes for its streams.</summary>
    public static (int ExitCode, string Out, string Error) Call(string folder, params string[] words) => CallAt(TimeProvider.System, folder, words);

    /// <summary>The same by another clock, and with something on the standard input.</summary>
    public static (int ExitCode, string Out, string Error) CallAt(TimeProvider clock, string folder, string[] words, string input = "")
    {
        var (answer, complaint) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal { Out = answer, Error = TextWriter.Synchronized(complaint), WorkingFolder = folder, Clock = clock, OpenIn = () => new StringReader(input) };
        var code = Millrace.Cli.CommandLine.Run(words, terminal);
        return (code, answer.ToString(), complaint.ToString());
    }
}
