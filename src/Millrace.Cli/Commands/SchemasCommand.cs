using System.Text.Json.Nodes;
using Millrace.Checks;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace schemas</c>.</summary>
internal sealed class SchemasCommand()
    : CliCommand("schemas", "Write JSON Schemas, with which editors complete and check the project's files.")
{
    public override bool NeedsSoundProject => true;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace schemas", "writes .millrace/schemas; the first line of each YAML file names its schema"),
    ];

    public override int Execute(Invocation call)
    {
        var folder = call.ProjectFolder ?? call.Terminal.WorkingFolder;
        if (ProjectFolder.Read(folder).Problems.FirstOrDefault(p => p.Code == "no-project") is { } problem)
            throw new Assets.ProblemException([problem]);

        var files = ProjectSchemas.Write(folder, CheckReader.Item);
        if (call.IsJson)
        {
            JsonText.Write(call.Out, new JsonObject { ["files"] = JsonText.Array(files, f => JsonValue.Create(f)) });
            return ExitCode.Done;
        }

        foreach (var file in files)
            call.Out.WriteLine(call.ShownBefore + file);
        call.Out.WriteLine($"A YAML file names its schema in a comment at its top: {ProjectSchemas.CommentOf("sources/rides.yaml")}");
        return ExitCode.Done;
    }
}
