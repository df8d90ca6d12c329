using Millrace.Ledger;
using Millrace.Project;

namespace Millrace.Bench;

/// <summary>A project folder made for a measure.</summary>
internal sealed class BenchProject
{
    private readonly string _folder;

    public BenchProject(string folder)
    {
        _folder = folder;
        Write("millrace.yaml", "name: bench\n");
    }

    public void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public Engine Open(string? home = null) => Engine.Open(new EngineOptions { ProjectFolder = _folder, HomeFolder = home });

    /// <summary>Runs everything and insists that it went well.</summary>
    public static void Run(Engine engine)
    {
        var result = engine.Run(new RunRequest(), CancellationToken.None);
        if (result.State != RunState.Done)
            throw new InvalidOperationException($"The run ended as {result.State}: {string.Join("; ", result.Assets.Select(a => a.Message).OfType<string>().Distinct().Take(3))}");
    }
}
