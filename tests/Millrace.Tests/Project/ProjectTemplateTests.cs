using Millrace.Assets;
using Millrace.Project;

namespace Millrace.Tests.Project;

public sealed class ProjectTemplateTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("millrace-template-").FullName, "shop");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, true);

    [Fact]
    public void A_new_project_is_sound_and_says_how_to_go_on()
    {
        var files = ProjectTemplate.Write(_folder, "coffee-shop");

        var project = ProjectFolder.Read(_folder);
        Assert.Empty(project.Problems);
        Assert.Equal(("coffee-shop", 1, 2), (project.Name, project.Sources.Count, project.Tables.Count));
        Assert.All(files, f => Assert.True(File.Exists(Path.Combine(_folder, f)), f));
        Assert.Contains(".millrace/schemas/source.json", files);
        Assert.Equal(".millrace/\n", File.ReadAllText(Path.Combine(_folder, ".gitignore")));
        Assert.StartsWith("# coffee-shop\n", File.ReadAllText(Path.Combine(_folder, "README.md")), StringComparison.Ordinal);
        Assert.StartsWith("# yaml-language-server: $schema=../.millrace", File.ReadAllText(Path.Combine(_folder, "sources/orders.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_project_runs_and_every_row_passes()
    {
        ProjectTemplate.Write(_folder, "coffee-shop");
        var counts = DraftRun.Run(_folder);
        Assert.Equal((42, 42, 0), counts["orders"]);
        Assert.Equal(0, counts["daily_sales"].Quarantined);
        Assert.Equal(6, counts["drinks"].Out);
    }

    [Fact]
    public void A_folder_that_holds_something_is_left_as_it_is()
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "mine");
        var e = Assert.Throws<ProblemException>(() => ProjectTemplate.Write(_folder, "shop"));
        Assert.Equal("folder-not-empty", Assert.Single(e.Problems).Code);
        Assert.Contains("already holds notes.txt, and init overwrites nothing", e.Message, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("2shops")]
    [InlineData("my shop")]
    [InlineData("")]
    public void A_name_that_no_project_can_have_is_refused_before_anything_is_written(string name)
    {
        Assert.Throws<ProblemException>(() => ProjectTemplate.Write(_folder, name));
        Assert.False(Directory.Exists(_folder));
    }
}
