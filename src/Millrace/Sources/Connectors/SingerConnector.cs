using Millrace.Assets.Definitions;

namespace Millrace.Sources.Connectors;

/// <summary>Any Singer tap: a command that writes <c>SCHEMA</c>, <c>RECORD</c> and <c>STATE</c> lines.</summary>
internal sealed class SingerConnector : IConnector
{
    /// <inheritdoc/>
    public string Type => "singer";

    /// <inheritdoc/>
    public Shape Shape { get; } = new(
        "singer section",
        "A Singer tap: a command that writes records as lines of JSON.",
        new Key("command", KeyKind.Texts, "The tap and its words; run in the project folder, without a shell.") { IsRequired = true, Example = new[] { "tap-github" } },
        new Key("stream", KeyKind.Text, "Which of the tap's streams is this source; without it the tap must have one only.") { Example = "issues" },
        new Key("config", KeyKind.Scalars, "The tap's settings, as its config file has them; secrets as references. Numbers and true/false are given as such."),
        new Key("config_file", KeyKind.Text, "A JSON file of settings with references, relative to the project folder; 'config' goes before it.") { Example = "taps/github.json" },
        new Key("catalog", KeyKind.Text, "The tap's catalog, relative to the project folder.") { Example = "taps/github-catalog.json" },
        new Key("properties", KeyKind.Text, "As catalog, for older taps that take --properties."),
        new Key("environment", KeyKind.Scalars, "The variables that the tap sees; none but these, and PATH."),
        new Key("replication", KeyKind.Word, "Whether the tap sends what is new since its state, or everything each time.")
        {
            Words = ["incremental", "full_table"],
            Default = "incremental",
        },
        new Key("timeout_minutes", KeyKind.Number, "How long the tap may run.") { Default = 360, Minimum = 0.001, Maximum = 10080 },
        new Key("max_line_mb", KeyKind.Number, "The longest line, in MiB.") { Default = 64, Minimum = 0.001, Maximum = 1024 });

    /// <inheritdoc/>
    public Place? Read(Section section)
    {
        var command = section.Texts("command");
        if (section.Node("command") is not null && (command.Count == 0 || command[0].Length == 0))
            section.Report("missing-value", "'command' is empty. Write the tap, for example command: tap-github.", "command");
        foreach (var name in section.Scalars("environment").Keys.Where(n => n.Length == 0 || n.Contains('=', StringComparison.Ordinal)))
            section.Report("bad-name", $"'{name}' is no name of an environment variable.", "environment");
        return command.Count == 0 || command[0].Length == 0
            ? null
            : new SingerPlace
            {
                Command = command,
                Stream = section.Text("stream"),
                Config = section.Scalars("config"),
                ConfigFile = section.Text("config_file"),
                Catalog = section.Text("catalog"),
                Properties = section.Text("properties"),
                Environment = section.Scalars("environment"),
                IsFullTable = section.Text("replication") == "full_table",
                TimeOut = TimeSpan.FromMinutes(section.Number("timeout_minutes") ?? 360),
                MaxLineBytes = (int)((section.Number("max_line_mb") ?? 64) * (1 << 20)),
            };
    }
}

/// <summary>A Singer tap.</summary>
internal sealed record SingerPlace : Place
{
    public required IReadOnlyList<string> Command { get; init; }

    public string? Stream { get; init; }

    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    public string? ConfigFile { get; init; }

    public string? Catalog { get; init; }

    public string? Properties { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public bool IsFullTable { get; init; }

    public TimeSpan TimeOut { get; init; } = TimeSpan.FromHours(6);

    public int MaxLineBytes { get; init; } = 64 << 20;

    /// <inheritdoc/>
    public override string Identity => $"singer {string.Join(' ', Command)} {Stream}";

    /// <inheritdoc/>
    public override string Format => "ndjson";

    /// <inheritdoc/>
    public override FetchResult Fetch(FetchRequest request, CancellationToken cancellationToken)
    {
        using var tap = new SingerTap(this, request);
        return tap.Run(cancellationToken);
    }
}
