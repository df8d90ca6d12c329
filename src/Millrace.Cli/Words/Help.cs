using System.CommandLine;
using Millrace.Cli.Output;

namespace Millrace.Cli.Words;

/// <summary>What <c>--help</c> shows, for the program and for each command.</summary>
internal static class Help
{
    private const int Indent = 2;
    private const int NarrowestText = 30;

    /// <summary>Writes the help of a command, or of the program.</summary>
    public static int Write(Terminal terminal, CommandTree tree, Command command)
    {
        var page = new Page(terminal);
        if (tree.Made.TryGetValue(command, out var made))
            WriteCommand(page, tree, made);
        else if (command == tree.Root)
            WriteProgram(page, tree);
        else
            WriteGroup(page, tree, command);
        return ExitCode.Done;
    }

    /// <summary>The line that shows how a command is written.</summary>
    public static string Usage(CommandTree tree, Command command)
    {
        if (command.Subcommands.Count > 0)
            return $"Usage: {Mistake.NameOf(tree, command)} COMMAND [options]. More: {Mistake.NameOf(tree, command)} --help";
        return $"{UsageLine(tree, command)}. More: {Mistake.NameOf(tree, command)} --help";
    }

    private static string UsageLine(CommandTree tree, Command command)
    {
        var arguments = string.Concat(command.Arguments.Select(a => a.Arity.MinimumNumberOfValues > 0 ? $" {a.Name}" : $" [{a.Name}]"));
        var options = string.Concat(command.Options.Select(o => $" [{Form(o)}]"));
        return $"Usage: {Mistake.NameOf(tree, command)}{arguments}{options}";
    }

    private static void WriteProgram(Page page, CommandTree tree)
    {
        page.Line("millrace makes tables and models from files and SQL: it plans what changed, computes just that, checks and releases it.");
        page.Head("Usage");
        page.Line("  millrace COMMAND [options]");
        foreach (var group in CommandTree.Commands.GroupBy(c => c.Group))
        {
            page.Head(group.Key);
            page.Pairs(group.Select(c => (c.Name, tree.Made.Values.First(m => m.Name == c.Name).Words.Description!)));
        }

        page.Head("Options of every command");
        page.Pairs(tree.Root.Options.Select(o => (Form(o), o.Description!)));
        page.Head("Examples");
        page.Pairs(
        [
            ("millrace init shop --from orders.csv", "a new project around a file"),
            ("millrace run shop", "compute everything, then only what changes"),
            ("millrace query \"SELECT * FROM orders\"", "read it with SQL"),
            ("millrace rollback", "put back what stood before"),
        ]);
        page.Head("Exit codes");
        page.Line("  0 done    1 the world or a check said no    2 the project or the words are wrong");
        page.Gap();
        page.Line("'millrace COMMAND --help' explains a command.");
    }

    private static void WriteGroup(Page page, CommandTree tree, Command command)
    {
        page.Line(command.Description!);
        page.Head("Commands");
        page.Pairs(command.Subcommands.Select(c => ($"{command.Name} {c.Name}", c.Description!)));
    }

    private static void WriteCommand(Page page, CommandTree tree, Commands.CliCommand made)
    {
        page.Line(made.Words.Description!);
        if (made.Details is { } details)
        {
            page.Gap();
            foreach (var paragraph in details.Split('\n'))
                page.Line(paragraph);
        }

        page.Head("Usage");
        page.Indented(UsageLine(tree, made.Words)["Usage: ".Length..]);
        page.Pairs(made.Words.Arguments.Select(a => (a.Name, a.Description!)), before: true);
        if (made.Words.Options.Count > 0)
        {
            page.Head("Options");
            page.Pairs(made.Words.Options.Select(o => (Form(o), o.Description!)));
        }

        page.Head("Examples");
        page.Pairs(made.Examples);
        page.Head("Options of every command");
        page.Pairs(tree.Root.Options.Where(o => o.Recursive).Select(o => (Form(o), o.Description!)));
    }

    private static string Form(Option option) => option.Arity.MaximumNumberOfValues switch
    {
        0 => option.Name,
        1 => $"{option.Name} {option.HelpName}",
        _ => $"{option.Name} {option.HelpName}…",
    };

    /// <summary>Text under headings, wrapped to the terminal.</summary>
    private sealed class Page(Terminal terminal)
    {
        private readonly int _width = Math.Min(terminal.Width ?? 120, 120);

        public void Line(string text)
        {
            foreach (var line in TextTable.Wrap(text, _width))
                terminal.Out.WriteLine(line);
        }

        /// <summary>A line that is set in, and further where it goes on.</summary>
        public void Indented(string text)
        {
            var lines = TextTable.Wrap(text, _width - (3 * Indent));
            for (var i = 0; i < lines.Count; i++)
                terminal.Out.WriteLine(new string(' ', i == 0 ? Indent : 3 * Indent) + lines[i]);
        }

        public void Gap() => terminal.Out.WriteLine();

        public void Head(string text)
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(terminal.OutPaint.Of(Tone.Strong, text));
        }

        public void Pairs(IEnumerable<(string Word, string Meaning)> pairs, bool before = false)
        {
            var all = pairs.ToList();
            if (before && all.Count > 0)
                Gap();
            var column = all.Count == 0 ? 0 : all.Max(p => p.Word.Length) + Indent + 2;
            foreach (var (word, meaning) in all)
            {
                // Beside a word that leaves too little room the meaning stands below it.
                var isBelow = _width - column < NarrowestText;
                var (indent, room) = isBelow ? (Indent + 4, _width - Indent - 4) : (column, _width - column);
                var lines = TextTable.Wrap(meaning, room);
                var head = new string(' ', Indent) + word;
                terminal.Out.WriteLine(isBelow ? head : head.PadRight(column) + lines[0]);
                foreach (var line in lines.Skip(isBelow ? 0 : 1))
                    terminal.Out.WriteLine(new string(' ', indent) + line);
            }
        }
    }
}
