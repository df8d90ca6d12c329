using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Assets.Definitions;
using Millrace.Automation;
using Millrace.Delivery;
using Millrace.Governance;
using Millrace.Monitoring;
using Millrace.Serving;
using Millrace.Sources;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>Writes the JSON Schemas with which editors complete and check a project's files.</summary>
public static class ProjectSchemas
{
    /// <summary>Where the schemas lie in a project.</summary>
    public const string Folder = ".millrace/schemas";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static Shape Endpoint { get; } = EndpointDefinitionReader.Shape
        .With(new Key("monitor", KeyKind.Map, "What is watched over windows of event time.") { Shape = MonitorRule.Shape })
        .With(new Key("retrain", KeyKind.Map, "When a new version of the model is asked for.") { Shape = RetrainRule.Shape });

    /// <summary>Writes <c>project.json</c> and one file for each kind of definition; a file that is up to date is not touched.</summary>
    /// <param name="folder">The project folder.</param>
    /// <param name="check">The shape of one item of <c>checks:</c>; null leaves the items free.</param>
    /// <returns>The files, relative to the project folder.</returns>
    public static IReadOnlyList<string> Write(string folder, Shape? check = null)
    {
        Directory.CreateDirectory(Path.Combine(folder, Folder));
        var files = new List<string>();
        foreach (var (name, schema) in All(check))
        {
            var file = $"{Folder}/{name}";
            var path = Path.Combine(folder, file);
            var text = schema.ToJsonString(Readable).Replace("\r\n", "\n", StringComparison.Ordinal) + "\n";
            if (!File.Exists(path) || File.ReadAllText(path) != text)
                File.WriteAllText(path, text);
            files.Add(file);
        }

        return files;
    }

    /// <summary>The schemas by file name.</summary>
    /// <param name="check">The shape of one item of <c>checks:</c>; null leaves the items free.</param>
    public static IReadOnlyDictionary<string, JsonObject> All(Shape? check = null) => new Dictionary<string, JsonObject>
    {
        ["project.json"] = JsonSchemas.Of(ProjectDefinitionReader.Shape, "urn:millrace:schema:project"),
        ["source.json"] = JsonSchemas.Of(WithChecks(SourceDefinitionReader.Shape, check), "urn:millrace:schema:source"),
        ["table.json"] = JsonSchemas.Of(WithChecks(TableDefinitionReader.Shape, check), "urn:millrace:schema:table"),
        ["model.json"] = JsonSchemas.Of(ModelDefinitionReader.Shape, "urn:millrace:schema:model"),
        ["endpoint.json"] = JsonSchemas.Of(Endpoint, "urn:millrace:schema:endpoint"),
        ["sink.json"] = JsonSchemas.Of(SinkDefinitionReader.Shape, "urn:millrace:schema:sink"),
    };

    /// <summary>The comment by which a YAML file names its schema to editors, or null for a file that has none.</summary>
    /// <param name="file">The file relative to the project, such as <c>sources/sales/orders.yaml</c>.</param>
    public static string? CommentOf(string file)
    {
        var segments = file.Split('/');
        var name = segments switch
        {
            [ProjectDefinitionReader.FileName] => "project.json",
            ["sources", _, ..] => "source.json",
            ["models", _, ..] => "model.json",
            ["endpoints", _, ..] => "endpoint.json",
            ["sinks", _, ..] => "sink.json",
            _ => null,
        };
        var up = string.Concat(Enumerable.Repeat("../", segments.Length - 1));
        return name is null ? null : $"# yaml-language-server: $schema={up}{Folder}/{name}";
    }

    private static Shape WithChecks(Shape shape, Shape? check) =>
        check is null ? shape : shape.With(DefinitionFile.Checks with { Kind = KeyKind.List, Shape = check });
}
