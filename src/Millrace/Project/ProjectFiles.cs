using Millrace.Assets;
using Millrace.Delivery;
using Millrace.Governance;
using Millrace.Serving;
using Millrace.Sources;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>A project folder as read: its definitions, and everything that is wrong with it.</summary>
public sealed record ProjectFiles
{
    /// <summary>The folder, as a full path.</summary>
    public required string Folder { get; init; }

    /// <summary>The project's name; empty when <c>millrace.yaml</c> does not give one.</summary>
    public string Name { get; init; } = "";

    /// <summary>What the project is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>The environments, at least one; the first is the default, whose release is the production.</summary>
    public IReadOnlyList<EnvironmentDefinition> Environments { get; init; } = EnvironmentDefinition.Defaults;

    /// <summary>The values that SQL reads as <c>@name</c>, as written.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The sound sources, ordered by file.</summary>
    public IReadOnlyList<SourceDefinition> Sources { get; init; } = [];

    /// <summary>The sound tables, ordered by file.</summary>
    public IReadOnlyList<TableDefinition> Tables { get; init; } = [];

    /// <summary>The sound models, ordered by file.</summary>
    public IReadOnlyList<ModelDefinition> Models { get; init; } = [];

    /// <summary>The sound endpoints, ordered by file.</summary>
    public IReadOnlyList<EndpointDefinition> Endpoints { get; init; } = [];

    /// <summary>The sound sinks, ordered by file.</summary>
    internal IReadOnlyList<SinkDefinition> Sinks { get; init; } = [];

    /// <summary>Every asset that has a file, sound or not: a name that stands here is not unknown.</summary>
    public IReadOnlyList<AssetKey> Assets { get; init; } = [];

    /// <summary>Every mistake, ordered by file and line. Empty when the project is sound.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>All sound definitions.</summary>
    public IEnumerable<AssetDefinition> Definitions => [.. Sources, .. Tables, .. Models, .. Endpoints];

    /// <summary>The same folder with other definitions in it.</summary>
    /// <param name="definitions">All definitions that shall stand.</param>
    public ProjectFiles With(IReadOnlyCollection<AssetDefinition> definitions) => this with
    {
        Sources = [.. definitions.OfType<SourceDefinition>()],
        Tables = [.. definitions.OfType<TableDefinition>()],
        Models = [.. definitions.OfType<ModelDefinition>()],
        Endpoints = [.. definitions.OfType<EndpointDefinition>()],
        Assets = [.. Assets.Union(definitions.Select(d => d.Key))],
    };
}

/// <summary>One environment of a project.</summary>
/// <param name="Name">Lower-case letters, digits, <c>-</c> and <c>_</c>, such as <c>pr-123</c>.</param>
/// <param name="IsProtected">True when changed definitions enter only by a reviewed plan or an approval.</param>
public sealed record EnvironmentDefinition(string Name, bool IsProtected)
{
    /// <summary>What a project has that names none: <c>prod</c>, which is the default, and <c>dev</c>.</summary>
    public static readonly IReadOnlyList<EnvironmentDefinition> Defaults = [new("prod", false), new("dev", false)];
}
