using System.Text.RegularExpressions;
using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Project;

/// <summary>What <c>millrace.yaml</c> declares.</summary>
internal sealed record ProjectDefinition(string Name)
{
    public string? Description { get; init; }

    public IReadOnlyList<EnvironmentDefinition> Environments { get; init; } = EnvironmentDefinition.Defaults;

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}

/// <summary>Reads <c>millrace.yaml</c>.</summary>
internal static partial class ProjectDefinitionReader
{
    public const string FileName = "millrace.yaml";

    private static readonly IReadOnlyList<string> TakenVariables = ["start", "end", "as_of"];

    private static readonly Shape EnvironmentShape = new(
        "environment",
        "One environment: pointers to versions, with a name.",
        new Key("name", KeyKind.Text, "The environment's name: lower-case letters, digits, - and _.")
        {
            IsRequired = true,
            Example = "dev",
        },
        new Key("protected", KeyKind.Flag, "True when changed definitions enter only by a reviewed plan or an approval.")
        {
            Default = false,
        });

    public static Shape Shape { get; } = new(
        "project",
        "A project of Millrace.",
        new Key("name", KeyKind.Text, "The project's name: letters, digits, - and _.") { IsRequired = true, Example = "bike-demand" },
        new Key("description", KeyKind.Text, "What the project is, for people."),
        new Key("environments", KeyKind.List, "The environments; the first is the default. Without this key: prod and dev.")
        {
            Shape = EnvironmentShape,
        },
        new Key("variables", KeyKind.Scalars, "Values that SQL reads as @name."));

    public static ProjectDefinition Read(string text, List<Problem> problems)
    {
        if (DefinitionText.Parse(text, FileName, 1, problems) is not { } node)
            return new ProjectDefinition("");

        var section = new Section(Shape, node, problems);
        var name = section.Text("name") ?? "";
        if (section.Text("name") is not null && !NameOfProject().IsMatch(name))
            section.Report(
                "bad-name",
                $"The project's name is '{name}'. A name begins with a letter and uses letters, digits, - and _, "
                + "for example 'bike-demand'.",
                "name");
        return new ProjectDefinition(name)
        {
            Description = section.Text("description"),
            Environments = Environments(section),
            Variables = Variables(section),
        };
    }

    private static IReadOnlyList<EnvironmentDefinition> Environments(Section section)
    {
        if (section.Node("environments") is { IsList: true, Items.Count: 0 })
            section.Report(
                "missing-value",
                "'environments' is an empty list. Remove it to have prod and dev, or write at least one, for example: - name: prod",
                "environments");

        var environments = new List<EnvironmentDefinition>();
        foreach (var item in section.List("environments"))
        {
            if (item.Text("name") is not { } name)
                continue;
            if (!NameOfEnvironment().IsMatch(name))
                item.Report(
                    "bad-name",
                    $"The environment's name is '{name}'. A name begins with a letter and uses a-z, 0-9, - and _, for example 'pr-123'.",
                    "name");
            else if (environments.Exists(e => e.Name == name))
                item.Report("duplicate-name", $"The environment '{name}' is declared a second time. Keep one.", "name");
            else
                environments.Add(new EnvironmentDefinition(name, item.Flag("protected") ?? false));
        }

        return environments.Count > 0 ? environments : EnvironmentDefinition.Defaults;
    }

    private static Dictionary<string, string> Variables(Section section)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in section.Scalars("variables"))
        {
            var line = section.Node("variables")!.Entries.First(e => e.Key == name).KeyNode.Line;
            if (TakenVariables.Contains(name))
                section.Report(
                    "taken-name",
                    $"The variable '{name}' is taken: Millrace gives @start, @end and @as_of their values itself. Choose another name.",
                    line);
            else if (!NameOfVariable().IsMatch(name))
                section.Report(
                    "bad-name",
                    $"The variable '{name}' cannot be written as @{name} in SQL. A name begins with a letter or _ and uses a-z, "
                    + "0-9 and _, for example 'first_day'.",
                    line);
            else
                variables.Add(name, value);
        }

        return variables;
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfProject();

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfEnvironment();

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfVariable();
}
