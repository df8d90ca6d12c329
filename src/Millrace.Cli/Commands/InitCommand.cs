using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace init</c>.</summary>
internal sealed class InitCommand : CliCommand
{
    private readonly Argument<string?> _name = Word.Required("NAME", "The new project's folder; its last part is the project's name.");
    private readonly Option<string[]?> _from = new("--from")
    {
        Description = "Data files to begin with: each becomes a source with its columns and types written down.",
        HelpName = "FILES",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    public InitCommand() : base("init", "Make a new project, empty or around files that you have.") => Takes(_name, _from);

    public override Argument<string?> Project => _name;

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace init shop", "a small project that runs"),
        ("millrace init shop --from orders.csv customers.csv", "a project around these files"),
    ];

    public override int Execute(Invocation call)
    {
        var written = call.Get(_name)!;
        var folder = call.ProjectFolder!;
        var name = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        var (files, notes) = call.Get(_from) is { Length: > 0 } from
            ? Draft(folder, name, [.. from.Select(f => Path.GetFullPath(f, call.Terminal.WorkingFolder))])
            : (ProjectTemplate.Write(folder, name), []);

        if (call.IsJson)
        {
            JsonText.Write(call.Out, new JsonObject
            {
                ["project"] = folder,
                ["files"] = JsonText.Array(files, f => JsonValue.Create(f)),
                ["notes"] = JsonText.Array(notes, n => JsonValue.Create(n)),
            });
            return ExitCode.Done;
        }

        call.Out.WriteLine($"Made the project {call.Paint.Of(Tone.Strong, name)}:");
        foreach (var file in files)
            call.Out.WriteLine($"  {Path.Combine(written, file).Replace(Path.DirectorySeparatorChar, '/')}");
        foreach (var note in notes)
            call.Out.WriteLine($"Note: {note}");
        call.Out.WriteLine();
        call.Out.WriteLine($"Run it: {call.SuggestRun("run")}");
        return ExitCode.Done;
    }

    private static (IReadOnlyList<string> Files, IReadOnlyList<string> Notes) Draft(string folder, string name, IReadOnlyList<string> from)
    {
        var report = ProjectTemplate.Draft(folder, name, from);
        return (report.Files, report.Notes);
    }
}
