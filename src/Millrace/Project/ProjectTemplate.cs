using System.Reflection;
using Millrace.Assets;
using Millrace.Checks;

namespace Millrace.Project;

/// <summary>Makes new project folders: a small one to learn from, or one drafted from files that lie somewhere.</summary>
public static partial class ProjectTemplate
{
    private const string Resources = "template/";

    /// <summary>Writes a small project that runs at once: orders of a coffee shop, their contract, two tables.</summary>
    /// <param name="folder">Where; it is made, and must hold nothing.</param>
    /// <param name="name">The project's name: letters, digits, - and _, a letter first.</param>
    /// <returns>The files, relative to the folder, with forward slashes.</returns>
    /// <exception cref="ProblemException">The name cannot be one, or the folder holds something.</exception>
    public static IReadOnlyList<string> Write(string folder, string name)
    {
        Check(folder, name);
        var files = new List<string>();
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames()
            .Where(r => r.StartsWith(Resources, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var file = resource[Resources.Length..];
            var text = reader.ReadToEnd().Replace("$name$", name, StringComparison.Ordinal);
            files.Add(WriteText(folder, file, text));
        }

        files.AddRange(WriteCommon(folder));
        return files;
    }

    /// <summary>Refuses a name that no project can have, and a folder that holds something.</summary>
    private static void Check(string folder, string name)
    {
        var problems = new List<Problem>();
        ProjectDefinitionReader.Read($"name: {DraftText.Yaml(name)}\n", problems);
        if (File.Exists(folder))
        {
            problems.Add(new Problem(
                "folder-not-empty",
                $"'{folder}' is a file. Choose another name for the project's folder.",
                ProjectDefinitionReader.FileName,
                1));
        }
        else if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            var entries = Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)!)
                .Order(StringComparer.Ordinal).ToList();
            var shown = string.Join(", ", entries.Take(3)) + (entries.Count > 3 ? $" and {entries.Count - 3} more" : "");
            problems.Add(new Problem(
                "folder-not-empty",
                $"The folder '{folder}' already holds {shown}, and init overwrites nothing. Choose a new folder, or empty this one.",
                ProjectDefinitionReader.FileName,
                1));
        }

        if (problems.Count > 0)
            throw new ProblemException(problems);
    }

    /// <summary>What every project has beside its definitions: the schemas for editors, and a word to git about the state.</summary>
    private static IEnumerable<string> WriteCommon(string folder) =>
        [WriteText(folder, ".gitignore", ".millrace/\n"), .. ProjectSchemas.Write(folder, CheckReader.Item)];

    /// <summary>Writes one file; a definition gets the comment by which editors find its schema.</summary>
    private static string WriteText(string folder, string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, ProjectSchemas.CommentOf(file) is { } comment ? $"{comment}\n{text}" : text);
        return file;
    }
}
