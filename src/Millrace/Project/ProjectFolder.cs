using System.Text;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Automation;
using Millrace.Delivery;
using Millrace.Governance;
using Millrace.Monitoring;
using Millrace.Serving;
using Millrace.Sources;
using Millrace.Transforms;

namespace Millrace.Project;

/// <summary>Reads a project folder: finds the files, hands each to its room's reader, reports every mistake at once.</summary>
public static class ProjectFolder
{
    /// <summary>The folders that hold assets; all others belong to the author and are not looked at.</summary>
    private static readonly IReadOnlyList<AssetFolder> AssetFolders =
    [
        new("sources", ".yaml", AssetKind.Source),
        new("tables", ".sql", AssetKind.Table),
        new("features", ".yaml", AssetKind.Features),
        new("models", ".yaml", AssetKind.Model),
        new("endpoints", ".yaml", AssetKind.Endpoint),
    ];

    /// <summary>Sinks are no assets: nothing stands on them, and nothing is computed for them.</summary>
    private static readonly AssetFolder SinkFolder = new("sinks", ".yaml", AssetKind.Table);

    /// <summary>Deeper files have no name, see <see cref="AssetKey"/>; the depth bounds a folder that links to itself.</summary>
    private static readonly EnumerationOptions AllFiles = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 3,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>Reads a project.</summary>
    /// <param name="folder">The folder that holds <c>millrace.yaml</c>.</param>
    public static ProjectFiles Read(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (NotAProject(folder) is { } problem)
            return new ProjectFiles { Folder = folder, Problems = [problem] };

        var problems = new List<Problem>();
        var settings = ReadText(folder, ProjectDefinitionReader.FileName, problems) is { } yaml
            ? ProjectDefinitionReader.Read(yaml, problems)
            : new ProjectDefinition("");

        var places = new List<(AssetKey Key, string File)>();
        var definitions = new List<AssetDefinition>();
        foreach (var assets in AssetFolders.Where(f => Directory.Exists(Path.Combine(folder, f.Name))))
        {
            foreach (var file in FilesOf(folder, assets, problems))
            {
                if (DefinitionFile.KeyOf(assets.Kind, file, []) is { } key)
                    places.Add((key, file));
                if (ReadText(folder, file, problems) is { } text && ReadDefinition(file, text, problems) is { } definition)
                    definitions.Add(definition);
            }
        }

        var sinks = Sinks(folder, problems);
        ReportSharedNames(places, problems);
        return new ProjectFiles
        {
            Folder = folder,
            Name = settings.Name,
            Description = settings.Description,
            Environments = settings.Environments,
            Variables = settings.Variables,
            Sources = [.. definitions.OfType<SourceDefinition>()],
            Tables = [.. definitions.OfType<TableDefinition>()],
            Models = [.. definitions.OfType<ModelDefinition>()],
            Endpoints = [.. definitions.OfType<EndpointDefinition>()],
            Sinks = sinks,
            Assets = [.. places.Select(p => p.Key)],
            Problems = [.. problems.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)],
        };
    }

    private static List<SinkDefinition> Sinks(string folder, List<Problem> problems)
    {
        var sinks = new List<SinkDefinition>();
        foreach (var file in Directory.Exists(Path.Combine(folder, SinkFolder.Name)) ? FilesOf(folder, SinkFolder, problems) : [])
        {
            if (ReadText(folder, file, problems) is { } text && SinkDefinitionReader.Read(file, text, problems) is { } sink)
                sinks.Add(sink);
        }

        return sinks;
    }

    /// <summary>Reads one stored definition again.</summary>
    /// <param name="file">The file relative to the project, as stored.</param>
    /// <param name="text">The whole text, as stored.</param>
    /// <exception cref="ProblemException">The text has mistakes for this version, or the file declares no asset that it knows.</exception>
    public static AssetDefinition ReadDefinition(string file, string text)
    {
        var problems = new List<Problem>();
        var definition = ReadDefinition(file, text, problems);
        if (definition is null && problems.Count == 0)
            problems.Add(new Problem("unknown-file", $"'{file}' is no file that declares a source, a table, a model or an endpoint.", file, 1));
        return problems.Count == 0 ? definition! : throw new ProblemException(problems);
    }

    private static AssetDefinition? ReadDefinition(string file, string text, List<Problem> problems) => file.Split('/')[0] switch
    {
        "sources" => SourceDefinitionReader.Read(file, text, problems),
        "tables" => TableDefinitionReader.Read(file, text, problems),
        "models" => ModelDefinitionReader.Read(file, text, problems),
        "endpoints" => ReadEndpoint(file, text, problems),
        _ => null,
    };

    /// <summary>Reads an endpoint; of one with a mistake also the parts that other rooms read, so that their mistakes are told with it.</summary>
    private static EndpointDefinition? ReadEndpoint(string file, string text, List<Problem> problems)
    {
        var definition = EndpointDefinitionReader.Read(file, text, problems);
        if (definition is null && DefinitionText.Parse(text, file, 1, []) is { IsMap: true } node)
        {
            foreach (var (name, _, value) in node.Entries)
            {
                if (name == "monitor")
                    MonitorRule.Read(value, problems);
                else if (name == "retrain")
                    RetrainRule.Read(value, problems);
            }
        }

        return definition;
    }

    private static Problem? NotAProject(string folder)
    {
        const string Name = ProjectDefinitionReader.FileName;
        if (!Directory.Exists(folder))
            return new Problem(
                "no-project",
                $"There is no folder '{folder}'. To make a project there, run: millrace init {folder}",
                Name,
                1);
        if (File.Exists(Path.Combine(folder, Name)))
            return null;
        return File.Exists(Path.Combine(folder, "millrace.yml"))
            ? new Problem("no-project", $"The project file is named 'millrace.yml'. Rename it to '{Name}'.", "millrace.yml", 1)
            : new Problem(
                "no-project",
                $"The folder '{folder}' has no {Name}, so it is no project. Go to the project's folder, name it with --project, "
                + "or make one with: millrace init",
                Name,
                1);
    }

    private static List<string> FilesOf(string folder, AssetFolder assets, List<Problem> problems)
    {
        var files = Directory.EnumerateFiles(Path.Combine(folder, assets.Name), "*", AllFiles)
            .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(f => !f.Split('/').Any(s => s.StartsWith('.')))
            .Order(StringComparer.Ordinal)
            .ToList();
        foreach (var file in files.Where(f => Path.GetExtension(f) != assets.Extension))
        {
            problems.Add(new Problem(
                "unknown-file",
                $"The folder '{assets.Name}' takes files that end in {assets.Extension}, "
                + $"and this one ends in '{Path.GetExtension(file)}'. Rename it, or move it to another folder.",
                file,
                1));
        }

        return files.FindAll(f => Path.GetExtension(f) == assets.Extension);
    }

    private static void ReportSharedNames(List<(AssetKey Key, string File)> places, List<Problem> problems)
    {
        foreach (var same in places.Where(p => p.Key.Kind.IsRelation()).GroupBy(p => p.Key.Name).Where(g => g.Count() > 1))
        {
            foreach (var (key, file) in same)
            {
                var others = string.Join(" and ", same.Where(p => p.File != file).Select(p => $"'{p.File}'"));
                problems.Add(new Problem(
                    "duplicate-name",
                    $"The {key} has the same name as {others}. Sources, tables and features share their names in SQL: rename one.",
                    file,
                    1));
            }
        }
    }

    private static string? ReadText(string folder, string file, List<Problem> problems)
    {
        if (Bytes(folder, file, problems) is not { } content)
            return null;
        var bytes = content.AsSpan();
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes)
                .Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + bytes[..Math.Clamp(e.Index, 0, bytes.Length)].Count((byte)'\n');
            var wrong = string.Join(' ', (e.BytesUnknown ?? []).Select(b => $"0x{b:X2}"));
            problems.Add(new Problem("not-utf8", $"The file is not UTF-8: it has the byte {wrong} here. Save it as UTF-8.", file, line));
            return null;
        }
    }

    private static byte[]? Bytes(string folder, string file, List<Problem> problems)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(
                "unreadable-file",
                $"The file cannot be read: {e.Message} Mend its link or its permissions, or remove it.",
                file,
                1));
            return null;
        }
    }

    private sealed record AssetFolder(string Name, string Extension, AssetKind Kind);
}
