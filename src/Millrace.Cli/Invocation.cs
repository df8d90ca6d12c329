using System.CommandLine;
using Millrace.Assets;
using Millrace.Cli.Commands;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Cli;

/// <summary>One call of one command: its words, where the project lies, and where the answer goes.</summary>
internal sealed class Invocation(CliCommand command, ParseResult words, CommonWords common, Terminal terminal)
{
    public string CommandName => command.Name;

    public Terminal Terminal => terminal;

    public TextWriter Out => terminal.Out;

    public Paint Paint => terminal.OutPaint;

    public bool IsJson => words.GetValue(common.Json);

    /// <summary>Full path of the project's folder, or null when none is named and none lies around the working folder.</summary>
    public string? ProjectFolder => (WordedProject ?? NonEmpty(terminal.Variable("MILLRACE_PROJECT"))) is { } named
        ? Path.GetFullPath(named, terminal.WorkingFolder)
        : Around(terminal.WorkingFolder);

    /// <summary>Full path of the folder for state, or null when there is no project.</summary>
    public string? HomeFolder => NamedHome is { } named
        ? Path.GetFullPath(named, terminal.WorkingFolder)
        : ProjectFolder is { } project ? Path.Combine(project, ".millrace") : null;

    /// <summary>What stands before a file's name so that it can be opened from the working folder: empty, or a path with a slash.</summary>
    public string ShownBefore => ProjectFolder is { } folder && Path.GetRelativePath(terminal.WorkingFolder, folder) is not "." and var path
        ? path.Replace(Path.DirectorySeparatorChar, '/') + "/"
        : "";

    /// <summary>The project as this command line names it. What an environment variable says needs no repeating in a suggestion.</summary>
    private string? WordedProject => (command.Project is { } argument ? words.GetValue(argument) : null) ?? words.GetValue(common.Project);

    private string? NamedEnvironment => words.GetValue(common.Environment) ?? NonEmpty(terminal.Variable("MILLRACE_ENV"));

    private string? NamedHome => words.GetValue(common.Home) ?? NonEmpty(terminal.Variable("MILLRACE_HOME"));

    public T? Get<T>(Option<T> option) => words.GetValue(option);

    public T? Get<T>(Argument<T> argument) => words.GetValue(argument);

    /// <summary>Opens the project.</summary>
    /// <param name="observe">Told every moment of a run.</param>
    /// <param name="waiting">Told who holds the home.</param>
    /// <param name="asReleased">True: what is released, whatever lies in the folder.</param>
    public Engine Open(Action<RunMoment>? observe = null, Action<string>? waiting = null, bool asReleased = false)
    {
        try
        {
            return Opened(observe, waiting, asReleased);
        }
        catch (ProblemException e) when (!command.NeedsSoundProject && HomeFolder is { } home && Home.Exists(home) && e.Problems.All(p => p.Code != "no-project"))
        {
            // Whoever looks at what stands, or takes it back, must not be kept from it by a file that someone is writing.
            terminal.Error.WriteLine($"The project has {Human.Count(e.Problems.Count, "mistake")}, which 'millrace plan' shows. This is what is released.");
            return Opened(observe, waiting, asReleased: true);
        }
    }

    private Engine Opened(Action<RunMoment>? observe, Action<string>? waiting, bool asReleased) => Engine.Open(new EngineOptions
    {
        AsReleased = asReleased,
        ProjectFolder = ProjectFolder ?? terminal.WorkingFolder,
        HomeFolder = NamedHome is null ? null : HomeFolder,
        Environment = NamedEnvironment,
        Clock = terminal.Clock,
        Observe = observe,
        Waiting = waiting,
    });

    /// <summary>A command that a person can copy: it reaches the same project, environment and home as this call.</summary>
    public string Suggest(string command) =>
        Written(command, WordedProject is { } project ? $" {common.Project.Name} {Quoted(project)}" : "");

    /// <summary>The same for <c>plan</c> and <c>run</c>, which take the project by its place.</summary>
    public string SuggestRun(string command)
    {
        var verb = command.Split(' ')[0];
        return Written(WordedProject is { } project ? $"{verb} {Quoted(project)}{command[verb.Length..]}" : command, "");
    }

    /// <summary>The words for another process that shall reach the same project, environment and home.</summary>
    public IReadOnlyList<string> Repeated(params IReadOnlyList<string> command)
    {
        var all = new List<string>(command) { common.Project.Name, ProjectFolder ?? terminal.WorkingFolder };
        if (HomeFolder is { } home)
            all.AddRange([common.Home.Name, home]);
        if (NamedEnvironment is { } environment)
            all.AddRange([common.Environment.Name, environment]);
        return all;
    }

    private string Written(string command, string project)
    {
        var (environment, home) = (words.GetValue(common.Environment), words.GetValue(common.Home));
        return (NonEmpty(terminal.Variable("MILLRACE_PROGRAM")) ?? "millrace") + " " + command + project
            + (environment is null ? "" : $" {common.Environment.Name} {Quoted(environment)}")
            + (home is null ? "" : $" {common.Home.Name} {Quoted(home)}");
    }

    private static string Quoted(string value) =>
        value.All(c => char.IsAsciiLetterOrDigit(c) || "/._-~:\\".Contains(c, StringComparison.Ordinal)) ? value : $"'{value}'";

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string? Around(string folder)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "millrace.yaml")))
                return at;
        }

        return null;
    }
}
