using Millrace.Project;
using Millrace.Runs;

namespace Millrace.Tests.Project;

/// <summary>Runs a project folder and gives the rows of every asset.</summary>
internal static class DraftRun
{
    public static IReadOnlyDictionary<string, (long In, long Out, long Quarantined)> Run(string folder)
    {
        Assert.Empty(ProjectFolder.Read(folder).Problems);
        using var engine = Engine.Open(new EngineOptions { ProjectFolder = folder });
        Assert.Empty(engine.Project.Files.Problems);
        var result = engine.Run(new RunRequest(), TestContext.Current.CancellationToken);
        Assert.All(result.Assets, a => Assert.True(a.Outcome == AssetOutcome.Computed, $"{a.Asset}: {a.Outcome} {a.Message}"));
        Assert.All(result.Assets.SelectMany(a => a.Checks), c => Assert.True(c.Passed || c.Id == "contract", $"{c.Id}: {c.Note}"));
        return result.Assets.ToDictionary(a => a.Asset.Name, a => (a.Rows.In, a.Rows.Out, a.Rows.Quarantined));
    }
}
