using System.Globalization;
using Millrace.Assets;
using Millrace.Sources;
using Millrace.Sources.Connectors;

namespace Millrace.Victim;

/// <summary>Fetches everything of one place, for a test that gives the process little memory.</summary>
internal static class Fetching
{
    /// <param name="folder">Holds the definition <c>fetch.yaml</c>, and stands for the project's folder.</param>
    /// <returns>0; the bytes that landed are printed.</returns>
    public static int Run(string folder)
    {
        var problems = new List<Problem>();
        var source = SourceDefinitionReader.Read("sources/rows.yaml", File.ReadAllText(Path.Combine(folder, "fetch.yaml")), problems)
            ?? throw new ProblemException(problems);
        var landing = new Landing(Path.Combine(folder, "landing", "fetch"));
        source.Place!.Fetch(
            new FetchRequest
            {
                Source = source,
                Landing = landing,
                Range = source.Cursor is null ? null : new CursorRange(null, false, null),
                ProjectFolder = folder,
                HomeFolder = Path.Combine(folder, "home"),
                Secrets = new Secrets(folder, Environment.GetEnvironmentVariable),
                Time = TimeProvider.System,
                Said = _ => { },
            },
            CancellationToken.None).Acknowledge?.Invoke();
        Console.WriteLine(landing.Files.Sum(f => f.Bytes).ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
