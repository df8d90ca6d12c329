using System.CommandLine;
using Millrace.Cli.Commands;

namespace Millrace.Cli.Words;

/// <summary>The words that the program knows, as a tree of commands.</summary>
internal sealed class CommandTree
{
    private static readonly ParserConfiguration Parser = new()
    {
        // SQL may begin with an @, which elsewhere means "read more words from this file".
        ResponseFileTokenReplacer = null,
    };

    private readonly Dictionary<Command, CliCommand> _made = [];

    private CommandTree(IEnumerable<(string Name, string Group, Func<CliCommand> Make)> commands)
    {
        foreach (var option in Common.All)
            Root.Options.Add(option);
        foreach (var (name, _, make) in commands)
        {
            var command = make();
            _made.Add(command.Words, command);
            ParentOf(name).Subcommands.Add(command.Words);
        }

        IsWhole = _made.Count == Commands.Count;
    }

    /// <summary>Every command in the order of the help.</summary>
    /// <remarks>Only those are made that the words may mean: declaring all would cost each start some milliseconds.</remarks>
    public static IReadOnlyList<(string Name, string Group, Func<CliCommand> Make)> Commands { get; } =
    [
        ("init", "Begin", () => new InitCommand()),
        ("doctor", "Begin", () => new DoctorCommand()),
        ("schemas", "Begin", () => new SchemasCommand()),
        ("plan", "Compute", () => new PlanCommand()),
        ("run", "Compute", () => new RunCommand()),
        ("check", "Compute", () => new CheckCommand()),
        ("deliver", "Compute", () => new DeliverCommand()),
        ("serve", "Serve", () => new ServeCommand()),
        ("query", "Look", () => new QueryCommand()),
        ("table show", "Look", () => new TableShowCommand()),
        ("table history", "Look", () => new TableHistoryCommand()),
        ("table export", "Look", () => new TableExportCommand()),
        ("table diff", "Look", () => new TableDiffCommand()),
        ("table vacuum", "Take back", () => new TableVacuumCommand()),
        ("delta show", "Look", () => new DeltaShowCommand()),
        ("delta scan", "Look", () => new DeltaScanCommand()),
        ("delta optimize", "Look", () => new DeltaOptimizeCommand()),
        ("delta vacuum", "Look", () => new DeltaVacuumCommand()),
        ("source show", "Look", () => new SourceShowCommand()),
        ("quarantine show", "Look", () => new QuarantineShowCommand()),
        ("quarantine replay", "Compute", () => new QuarantineReplayCommand()),
        ("quarantine drop", "Compute", () => new QuarantineDropCommand()),
        ("lineage", "Look", () => new LineageCommand()),
        ("status", "Look", () => new StatusCommand()),
        ("model list", "Learn", () => new ModelListCommand()),
        ("model show", "Learn", () => new ModelShowCommand()),
        ("model compare", "Learn", () => new ModelCompareCommand()),
        ("model promote", "Learn", () => new ModelPromoteCommand()),
        ("model label", "Learn", () => new ModelLabelCommand()),
        ("predict", "Learn", () => new PredictCommand()),
        ("verify", "Learn", () => new VerifyCommand()),
        ("endpoint show", "Serve", () => new EndpointShowCommand()),
        ("monitor show", "Serve", () => new MonitorShowCommand()),
        ("releases", "Take back", () => new ReleasesCommand()),
        ("rollback", "Take back", () => new RollbackCommand()),
        ("resume", "Take back", () => new ResumeCommand()),
    ];

    /// <summary>What the commands of two words are about, by the first.</summary>
    private static readonly Dictionary<string, string> Groups = new()
    {
        ["table"] = "One table",
        ["delta"] = "Any Delta table on disk",
        ["source"] = "Look at one source",
        ["quarantine"] = "The rows that were set aside",
        ["model"] = "The versions of models",
        ["endpoint"] = "Look at one endpoint",
        ["monitor"] = "What was measured of endpoints",
    };

    public Command Root { get; } = new("millrace", "Data pipelines that check, version and release what they make.");

    public CommonWords Common { get; } = new();

    /// <summary>The commands by the words that name them.</summary>
    public IReadOnlyDictionary<Command, CliCommand> Made => _made;

    public bool IsWhole { get; }

    public static CommandTree Whole() => new(Commands);

    /// <summary>The commands whose first word is among the words.</summary>
    public static CommandTree For(IReadOnlyList<string> words) => new(Commands.Where(c => words.Contains(c.Name.Split(' ')[0])));

    public ParseResult Parse(IReadOnlyList<string> words) => Root.Parse(words, Parser);

    private Command ParentOf(string name)
    {
        var space = name.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
            return Root;
        if (Root.Subcommands.FirstOrDefault(c => c.Name == name[..space]) is { } parent)
            return parent;
        var all = Commands.Where(c => c.Name.StartsWith(name[..(space + 1)], StringComparison.Ordinal)).Select(c => c.Name[(space + 1)..]);
        parent = new Command(name[..space], $"{Groups[name[..space]]}: {string.Join(", ", all)}.");
        Root.Subcommands.Add(parent);
        return parent;
    }
}
