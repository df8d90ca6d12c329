using System.Reflection;
using System.Text.Json.Nodes;
using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Cli.Words;

namespace Millrace.Cli;

/// <summary>From the words of a command line to the command that they name, and to the exit code.</summary>
internal static class CommandLine
{
    /// <summary>Does what the words say.</summary>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> words, Terminal terminal)
    {
        try
        {
            var asksForHelp = words.Any(w => w is "--help" or "-h" or "-?");
            var tree = asksForHelp ? CommandTree.Whole() : CommandTree.For(words);
            var parsed = tree.Parse(words);
            if (!tree.IsWhole && (parsed.Errors.Count > 0 || !tree.Made.ContainsKey(parsed.CommandResult.Command)))
            {
                tree = CommandTree.Whole();
                parsed = tree.Parse(words);
            }

            if (parsed.GetValue(tree.Common.Help))
                return Help.Write(terminal, tree, parsed.CommandResult.Command);
            if (parsed.GetValue(tree.Common.Version))
                return WriteVersion(terminal, parsed.GetValue(tree.Common.Json));
            if (Mistake.In(tree, parsed, words) is { } mistake)
                return mistake.Report(terminal, words.Contains("--json"));
            return tree.Made.TryGetValue(parsed.CommandResult.Command, out var command)
                ? Execute(command, new Invocation(command, parsed, tree.Common, terminal))
                : Help.Write(terminal, tree, tree.Root);
        }
        finally
        {
            terminal.Out.Flush();
        }
    }

    private static int Execute(CliCommand command, Invocation call)
    {
        try
        {
            return command.Execute(call);
        }
        catch (Exception e)
        {
            return Failure.Report(e, call);
        }
    }

    private static int WriteVersion(Terminal terminal, bool asJson)
    {
        var version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+');
        if (asJson)
            JsonText.Write(terminal.Out, new JsonObject { ["version"] = version[0], ["commit"] = version.ElementAtOrDefault(1) });
        else if (version is [var number, { Length: >= 8 } commit])
            terminal.Out.WriteLine($"millrace {number} ({commit[..8]})");
        else
            terminal.Out.WriteLine($"millrace {version[0]}");
        return ExitCode.Done;
    }
}
