using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Sources.Connectors;

namespace Millrace.Delivery;

/// <summary>Reads a file of <c>sinks/</c>.</summary>
internal static class SinkDefinitionReader
{
    private static readonly Key Type = new("type", KeyKind.Word, "The kind of place.")
    {
        IsRequired = true,
        Words = [.. TargetKinds.All.Select(k => k.Type)],
        Example = "postgres",
    };

    /// <summary>The keys of a sink.</summary>
    public static Shape Shape { get; } = new(
        "sink",
        "Where a released table is delivered to.",
        [
            new Key("table", KeyKind.Text, "The source or table whose released rows are delivered.") { IsRequired = true, Example = "hourly" },
            Type,
            .. TargetKinds.All.Select(k => new Key(k.Type, KeyKind.Map, k.Shape.Description) { Shape = k.Shape }),
            new Key("key", KeyKind.Texts, "The columns that identify a row at the place.") { Example = new[] { "order_id" } },
            new Key("mode", KeyKind.Word, "What is sent each time: all rows, or what changed since the last delivery.")
            {
                Words = ["whole", "changes"],
                Default = "whole",
            },
            new Key("environment", KeyKind.Text, "The environment whose releases are delivered; without it the project's first."),
            new Key("attempts", KeyKind.Integer, "How often a delivery is tried in one go when the place does not answer.")
            {
                Default = 4,
                Minimum = 1,
                Maximum = 20,
            },
            DefinitionFile.Description,
            DefinitionFile.Owner,
        ]);

    /// <summary>Reads one definition.</summary>
    /// <param name="file">The file relative to the project, with forward slashes.</param>
    /// <param name="text">The whole file, lines ended by <c>\n</c>.</param>
    /// <param name="problems">Takes every mistake of the file.</param>
    /// <returns>The definition, or null when the file has a mistake.</returns>
    public static SinkDefinition? Read(string file, string text, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var definition = Definition(file, text, found);
        found.ForEach(problems.Add);
        return definition;
    }

    private static SinkDefinition? Definition(string file, string text, List<Problem> problems)
    {
        // A sink is no asset: nothing stands on it. Its name follows the same rules.
        var name = DefinitionFile.KeyOf(AssetKind.Table, file, problems)?.Name;
        if (DefinitionText.Parse(text, file, 1, problems) is not { } node)
            return null;

        var section = new Section(Shape, node, problems);
        foreach (var other in TargetKinds.All.Where(k => k.Type != section.Text("type") && section.Node(k.Type) is not null))
        {
            section.Report(
                "wrong-section",
                $"The sink has the section '{other.Type}', but its type is '{section.Text("type")}'. Remove the section, or change the type.",
                other.Type);
        }

        var kind = TargetKinds.All.FirstOrDefault(k => k.Type == section.Text("type"));
        if (kind is not null && section.Node(kind.Type) is null)
            section.Report("missing-key", $"A sink of the type '{kind.Type}' takes a section '{kind.Type}' with the keys: "
                + $"{string.Join(", ", kind.Shape.Keys.Select(k => k.Name))}.", "type");
        if (kind is not null && section.Node(kind.Type) is { } settings)
            LiteralSecrets.Refuse(section, settings);
        var target = kind is not null && section.Map(kind.Type) is { } place ? kind.Read(place) : null;
        var mode = section.Text("mode") == "changes" ? DeliveryMode.Changes : DeliveryMode.Whole;
        var keys = section.Texts("key");
        if (target is { TakesChanges: false } && mode == DeliveryMode.Changes)
            section.Report("wrong-mode", $"A sink of the type '{kind!.Type}' always gets all rows. Write mode: whole.", "mode");
        else if (target?.Objection(mode, keys) is { } objection)
            section.Report("missing-key", objection, "mode");
        if (name is null || target is null || problems.Count > 0)
            return null;

        return new SinkDefinition(name, file)
        {
            Table = section.Text("table")!,
            Type = kind!.Type,
            Environment = section.Text("environment"),
            Key = keys,
            Mode = mode,
            Attempts = (int)section.Integer("attempts")!,
            Description = section.Text("description"),
            Owner = section.Text("owner"),
            Target = target,
        };
    }
}
