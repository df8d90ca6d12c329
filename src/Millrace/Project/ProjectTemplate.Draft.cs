using System.Text;
using Millrace.Assets;
using Millrace.Native;
using Millrace.Sql;

namespace Millrace.Project;

public static partial class ProjectTemplate
{
    /// <summary>The memory that drafting takes at most; larger files spill to disk.</summary>
    private const long DraftMemoryBytes = 1L << 30;

    /// <summary>Makes a project from CSV or TSV files: copies them, drafts their contracts and checks, and a table on each source.</summary>
    /// <remarks>
    /// Every value of every file is read. The project that comes out has no problem, and a run of it commits every row but those
    /// that the notes name.
    /// </remarks>
    /// <param name="folder">Where; it is made, and must hold nothing.</param>
    /// <param name="name">The project's name: letters, digits, - and _, a letter first.</param>
    /// <param name="files">Paths, globs or folders of files that end in .csv, .tsv, .tab, .txt or .dat, each also with .gz.</param>
    /// <exception cref="ProblemException">The name, the folder or a file will not do. Then nothing was written.</exception>
    public static DraftReport Draft(string folder, string name, IReadOnlyList<string> files)
    {
        Check(folder, name);
        var found = DraftInput.Find(files);
        var isNew = !Directory.Exists(folder);
        folder = Path.GetFullPath(folder);
        try
        {
            return WriteDraft(folder, name, found);
        }
        catch
        {
            foreach (var entry in Directory.Exists(folder) ? new DirectoryInfo(folder).GetFileSystemInfos() : [])
            {
                if (entry is DirectoryInfo inner)
                    inner.Delete(recursive: true);
                else
                    entry.Delete();
            }

            if (isNew && Directory.Exists(folder))
                Directory.Delete(folder);
            throw;
        }
    }

    private static DraftReport WriteDraft(string folder, string name, IReadOnlyList<string> files)
    {
        var work = Path.Combine(folder, ".millrace", "tmp");
        Directory.CreateDirectory(work);
        var (written, notes) = (new List<string>(), new List<string>());
        using (var pool = new SqlSessionPool(new SqlSettings { TempDirectory = work, MemoryLimitBytes = DraftMemoryBytes }))
        {
            var groups = DraftGroup.Of(Look(pool, files));
            written.Add(WriteText(folder, ProjectDefinitionReader.FileName, $"name: {DraftText.Yaml(name)}\n"));
            foreach (var group in groups)
            {
                using var session = pool.Rent();
                var source = new DraftSource(session, folder, group);
                source.Write(work, (file, text) => written.Add(WriteText(folder, file, text)));
                notes.AddRange(source.Notes);
            }

            written.AddRange(Directory.EnumerateFiles(Path.Combine(folder, "data"), "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/')).Order(StringComparer.Ordinal));
            written.Add(WriteText(folder, "README.md", Readme(name, groups)));
        }

        Directory.Delete(work, recursive: true);
        written.AddRange(WriteCommon(folder));
        return new DraftReport(written, notes);
    }

    /// <summary>Looks at every file before anything is written, and tells all that will not do at once.</summary>
    private static List<DraftCsv> Look(SqlSessionPool pool, IReadOnlyList<string> files)
    {
        var (looked, problems) = (new List<DraftCsv>(), new List<Problem>());
        using var session = pool.Rent();
        foreach (var file in files)
        {
            try
            {
                looked.Add(DraftCsv.Read(session, file));
            }
            catch (ProblemException e)
            {
                problems.AddRange(e.Problems);
            }
            catch (Exception e) when (e is DuckException or IOException or UnauthorizedAccessException or InvalidDataException)
            {
                problems.Add(new Problem("bad-file", $"The file cannot be read as CSV: {e.Message.Split('\n')[0]}", file, 1));
            }
        }

        return problems.Count == 0 ? looked : throw new ProblemException(problems);
    }

    private static string Readme(string name, IReadOnlyList<DraftGroup> groups)
    {
        var text = new StringBuilder($"# {name}\n\nDrafted from files by `millrace init`. Each contract says what was seen in the files; ")
            .Append("change what you know better.\n\n");
        foreach (var group in groups)
            text.Append($"    sources/{group.Name}.yaml, tables/{group.Name}_clean.sql\n");
        return text.Append($"""

            Five commands, in this folder:

            ```sh
            millrace plan                                          # what a run would do, and why
            millrace run                                           # load, check, compute, and release all of it at once
            millrace query "SELECT * FROM {groups[0].Name}_clean LIMIT 10"
            millrace run                                           # nothing is new, so nothing is done
            millrace status                                        # what stands, and since when
            ```

            """).ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
