using System.CommandLine;

namespace Millrace.Cli.Words;

/// <summary>The options that every command takes.</summary>
internal sealed class CommonWords
{
    public Option<string?> Project { get; } = Word.Text(
        "--project",
        "DIR",
        "The project's folder. Default: $MILLRACE_PROJECT, else the nearest folder upwards that has a millrace.yaml.");

    public Option<string?> Environment { get; } =
        Word.Text("--env", "NAME", "The environment. Default: $MILLRACE_ENV, else the first one in millrace.yaml.");

    public Option<string?> Home { get; } =
        Word.Text("--home", "DIR", "The folder for state: ledger, tables, logs. Default: $MILLRACE_HOME, else .millrace in the project.");

    public Option<bool> Json { get; } = Word.Flag("--json", "Answer with one JSON document, errors included.");

    public Option<bool> Help { get; } = Word.Flag("--help", "Show what a command does.", "-h", "-?");

    public Option<bool> Version { get; } = Word.Flag("--version", "Show the version.");

    public IEnumerable<Option> All
    {
        get
        {
            // A command may have a --version of its own, so the program's is understood only before it.
            foreach (var option in new Option[] { Project, Environment, Home, Json, Help })
                option.Recursive = true;
            return [Project, Environment, Home, Json, Help, Version];
        }
    }
}
