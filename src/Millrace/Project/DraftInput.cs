using System.IO.Enumeration;
using Millrace.Assets;

namespace Millrace.Project;

/// <summary>Finds the files that someone named: as paths, as globs, or as folders.</summary>
internal static class DraftInput
{
    private static readonly string[] Known = [".csv", ".tsv", ".tab", ".txt", ".dat"];

    /// <summary>The files, each once, in the order in which they were named, those of a folder or a glob by name.</summary>
    /// <exception cref="ProblemException">A name leads to no file, or to one that is no CSV or TSV.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> names)
    {
        var (files, problems) = (new List<string>(), new List<Problem>());
        foreach (var name in names)
        {
            var found = Directory.Exists(name) ? [.. Sorted(Directory.EnumerateFiles(name)).Where(f => Extension(f) is ".csv" or ".tsv")]
                : File.Exists(name) ? [name]
                : name.IndexOfAny(['*', '?']) >= 0 ? Glob(name)
                : Array.Empty<string>();
            if (found.Length == 0)
                problems.Add(new Problem("no-file", Missing(name), name, 1));
            foreach (var file in found.Where(f => !Known.Contains(Extension(f))))
            {
                problems.Add(new Problem(
                    "unknown-file",
                    $"'{file}' is no CSV or TSV by its name. Files end in {string.Join(", ", Known)}, each also with .gz. "
                    + "Rename it, or leave it out.",
                    file,
                    1));
            }

            files.AddRange(found.Select(Path.GetFullPath));
        }

        if (names.Count == 0)
        {
            problems.Add(new Problem(
                "no-file", "No file is named. Name CSV or TSV files, globs or folders, for example data/*.csv.", ".", 1));
        }

        return problems.Count == 0 ? [.. files.Distinct(StringComparer.Ordinal)] : throw new ProblemException(problems);
    }

    /// <summary>The extension that tells how rows are written; a <c>.gz</c> after it does not.</summary>
    public static string Extension(string file) => Path.GetExtension(WithoutGz(file)).ToLowerInvariant();

    /// <summary>The name of a file without folder and extensions.</summary>
    public static string Stem(string file) => Path.GetFileNameWithoutExtension(WithoutGz(file));

    private static string WithoutGz(string file) => file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;

    private static string Missing(string name) => Directory.Exists(name)
        ? $"The folder '{name}' holds no file that ends in .csv or .tsv, or these with .gz. Name the files themselves."
        : $"There is no file and no folder '{name}', and as a glob it finds nothing.";

    private static string[] Glob(string glob)
    {
        var root = Path.GetPathRoot(glob)!;
        string[] folders = [root.Length > 0 ? root : "."];
        var parts = glob[root.Length..].Replace('\\', '/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts[..^1])
        {
            folders = [.. folders.SelectMany(f =>
                part is "." or ".." ? [Path.Combine(f, part)] : Matching(Directory.EnumerateDirectories(f), part))];
        }

        return [.. folders.Where(Directory.Exists).SelectMany(f => Matching(Directory.EnumerateFiles(f), parts[^1]))];
    }

    private static IEnumerable<string> Matching(IEnumerable<string> paths, string part) =>
        Sorted(paths).Where(p => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(p), ignoreCase: false));

    private static IOrderedEnumerable<string> Sorted(IEnumerable<string> paths) => paths.Order(StringComparer.Ordinal);
}
