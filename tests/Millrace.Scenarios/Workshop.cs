using System.Runtime.CompilerServices;

namespace Millrace.Scenarios;

/// <summary>A project in a temporary folder of its own, and the program to drive it as a person would. Gone when disposed.</summary>
internal sealed class Workshop : IDisposable
{
    /// <summary>What stands on the tables of the sample.</summary>
    private static readonly string[] SecondHalf = ["models", "endpoints"];

    private Workshop(string source, bool withState, params string[] without)
        : this(source, "bikes", withState, without)
    {
    }

    private Workshop(string source, string name, bool withState, params string[] without)
    {
        Folder = Directory.CreateTempSubdirectory("millrace-scenario-").FullName;
        Project = Path.Combine(Folder, name);
        try
        {
            Copy(source, Project, withState);
            foreach (var folder in without)
                Directory.Delete(Path.Combine(Project, folder), recursive: true);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder that holds the project, and nothing else at first.</summary>
    public string Folder { get; }

    public string Project { get; }

    public string Home => Path.Combine(Project, ".millrace");

    /// <summary>Sources and tables of the sample, with the files of 2011.</summary>
    public static Workshop OfSample() => new(Sample(), withState: false, SecondHalf);

    /// <summary>The sample as it lies in the repository: a model and an endpoint stand on its tables.</summary>
    public static Workshop OfWholeSample() => new(Sample(), withState: false);

    /// <summary>Another sample as it lies in the repository, such as <c>credit</c>, in a folder of that name.</summary>
    public static Workshop Of(string sample) => new(Path.Combine(Root(), "samples", sample), sample, withState: false);

    /// <summary>The sample after its first run. The state is a copy: a home may be copied.</summary>
    public static Workshop AfterFirstRun() => new(FinishedProject.Folder, withState: true);

    /// <summary>The same project again, its state included.</summary>
    public Workshop Again() => new(Project, Path.GetFileName(Project), withState: true);

    public static string Sample([CallerFilePath] string here = "") => Path.Combine(Root(here), "samples", "bike-demand");

    public static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    public static void Copy(string from, string to, bool withState)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from).Where(f => withState || Path.GetFileName(f) != ".millrace"))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)), withState);
    }

    /// <summary>Runs a command in the project's folder to its end.</summary>
    public Answer Ask(params string[] words) => AskIn(Project, words);

    public Answer AskIn(string folder, params string[] words)
    {
        using var program = RunningProgram.Start(folder, words);
        return program.End();
    }

    public RunningProgram Start(params string[] words) => RunningProgram.Start(Project, words);

    /// <summary>Runs until a failpoint kills it.</summary>
    public Answer DieAt(string failpoint)
    {
        using var program = RunningProgram.Start(Project, ["run"], new Dictionary<string, string> { ["MILLRACE_FAILPOINT"] = failpoint });
        return program.End().Exits(Answer.Killed);
    }

    /// <summary>Runs the project and wants it to succeed.</summary>
    public Answer Run() => Ask("run", "--json").Exits(0);

    /// <summary>The rows of a query as CSV, without the header.</summary>
    public string Query(string sql) => string.Join('\n', Ask("query", sql, "--format", "csv").Exits(0).Out.TrimEnd('\n').Split('\n').Skip(1));

    public long Number(string sql) => long.Parse(Query(sql), CultureInfo.InvariantCulture);

    /// <summary>Lets months of 2012 arrive, such as <c>2012-01</c>.</summary>
    public void Arrive(params IEnumerable<string> months)
    {
        foreach (var month in months)
            File.Copy(Path.Combine(Sample(), "later", month + ".csv"), Path.Combine(Project, "data", month + ".csv"));
    }

    /// <summary>Lets what the sample keeps under <c>later/</c> arrive: the files of one of its folders, such as <c>reports</c>.</summary>
    public void ArriveLater(string folder)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Project, "later", folder)))
            File.Copy(file, Path.Combine(Project, "data", folder, Path.GetFileName(file)));
    }

    /// <summary>The champion of a model, such as <c>demand@1</c>; null when none is released.</summary>
    public string? Champion(string model) => Ask("model", "list", model, "--json").Exits(0).Json.AsArray()
        .Where(m => (bool)m!["champion"]!).Select(m => $"{(string)m!["model"]!}@{(long)m["version"]!}").SingleOrDefault();

    /// <summary>Lets a month arrive of which some lines were changed: by line number, the header being 1, column and new value.</summary>
    public void ArriveChanged(string month, params (int Line, string Column, string Value)[] changes)
    {
        var lines = File.ReadAllLines(Path.Combine(Sample(), "later", month + ".csv"));
        var header = lines[0].Split(',');
        foreach (var (line, column, value) in changes)
        {
            var cells = lines[line - 1].Split(',');
            cells[Array.IndexOf(header, column)] = value;
            lines[line - 1] = string.Join(',', cells);
        }

        Write(Path.Combine("data", month + ".csv"), string.Join('\n', lines) + "\n");
    }

    public void Write(string file, string text)
    {
        var path = Path.Combine(Project, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void Edit(string file, string old, string now)
    {
        var path = Path.Combine(Project, file);
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, now, StringComparison.Ordinal));
    }

    /// <summary>Each released table's and the quarantine's rows, counted and hashed without regard to their order.</summary>
    public string Contents() => Query("""
        SELECT 'rides' AS name, count(*) AS n, sum(hash(t)::HUGEINT) AS content FROM rides AS t
        UNION ALL SELECT 'hourly', count(*), sum(hash(t)::HUGEINT) FROM hourly AS t
        UNION ALL SELECT 'hourly_features', count(*), sum(hash(t)::HUGEINT) FROM hourly_features AS t
        UNION ALL SELECT 'aside: ' || check_id, count(*), sum(hash([reason, source, line::VARCHAR, "row"])::HUGEINT) FROM rides__quarantine GROUP BY check_id
        ORDER BY name
        """);

    /// <summary>Where each asset stands: state, version and rows.</summary>
    public string Pointers() => string.Join('\n', Ask("status", "--json").Exits(0).Json["assets"]!.AsArray().Select(
        a => $"{(string)a!["asset"]!} {(string)a["state"]!} {(long?)a["version"]} {(long?)a["rows"]}"));

    /// <summary>The newest log entry of the newest build of a table.</summary>
    public string NewestLogEntry(string table) => Directory.GetFiles(Path.Combine(TableFolder(table), "_delta_log"), "*.json").Order(StringComparer.Ordinal).Last();

    /// <summary>The folder of a table that was built once.</summary>
    public string TableFolder(string table) => Directory.GetDirectories(Path.Combine(Home, "lake", table)).Single();

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
