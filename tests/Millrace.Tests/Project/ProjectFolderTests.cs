using Millrace.Assets;
using Millrace.Project;
using Millrace.Sources;
using Millrace.Transforms;

namespace Millrace.Tests.Project;

public sealed class ProjectFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-project-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Every_mistake_of_a_folder_is_reported_at_once_with_its_place()
    {
        var files = ProjectFolder.Read(ExpectedText.PathOf("bad-project"));
        ExpectedText.Compare("bad-project.txt", string.Concat(files.Problems.Select(p => p + "\n")));
    }

    [Fact]
    public void A_sound_folder_gives_its_definitions_in_the_order_of_their_files()
    {
        Write("millrace.yaml", "name: bike-demand\ndescription: Demand\nenvironments: [{name: live, protected: true}, {name: dev}]\nvariables: {city: Boston, limit: 5}\n");
        Write("sources/rides.yaml", "type: csv\npath: data/*.csv\ncolumns: [{name: day, type: date}]\n");
        Write("sources/sales/orders.yaml", "type: csv\npath: data/orders.csv\ncolumns: [{name: id, type: bigint}]\n");
        Write("tables/daily.sql", "SELECT day FROM rides\n");
        Write("tables/.gitkeep", "");
        Write("later/ideas.sql", "not SQL at all");

        var files = ProjectFolder.Read(_folder);

        Assert.Empty(files.Problems);
        Assert.Equal(("bike-demand", "Demand"), (files.Name, files.Description));
        Assert.Equal([new EnvironmentDefinition("live", true), new("dev", false)], files.Environments);
        Assert.Equal([("city", "Boston"), ("limit", "5")], files.Variables.Select(v => (v.Key, v.Value)));
        Assert.Equal(["source rides", "source sales.orders"], files.Sources.Select(s => s.Key.ToString()));
        Assert.Equal(["table daily"], files.Tables.Select(t => t.Key.ToString()));
        Assert.Equal(3, files.Assets.Count);
        Assert.Equal(["sources/rides.yaml", "sources/sales/orders.yaml", "tables/daily.sql"], files.Definitions.Select(d => d.File));
    }

    [Fact]
    public void A_project_that_names_no_environments_has_prod_and_dev()
    {
        Write("millrace.yaml", "name: a\n");
        Assert.Equal([new EnvironmentDefinition("prod", false), new("dev", false)], ProjectFolder.Read(_folder).Environments);
    }

    [Fact]
    public void A_file_with_a_byte_order_mark_and_carriage_returns_reads_as_any_other()
    {
        Write("millrace.yaml", "\uFEFFname: a\r\nvariables:\r\n  b: c\r\n");
        Write("tables/one.sql", "\uFEFF/*---\r\nkind: view\r\n---*/\r\nSELECT 1 AS one\r\n");
        var files = ProjectFolder.Read(_folder);
        Assert.Empty(files.Problems);
        Assert.Equal("/*---\nkind: view\n---*/\nSELECT 1 AS one\n", files.Tables[0].Text);
        Assert.Equal(("SELECT 1 AS one", 4), (files.Tables[0].Sql, files.Tables[0].SqlLine));
    }

    [Fact]
    public void A_folder_that_is_missing_says_how_to_make_a_project()
    {
        var problem = Assert.Single(ProjectFolder.Read(Path.Combine(_folder, "nowhere")).Problems);
        Assert.Equal("no-project", problem.Code);
        Assert.Contains("There is no folder", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith($"run: millrace init {Path.Combine(_folder, "nowhere")}", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_project_file_says_so_and_reads_nothing_else()
    {
        Write("tables/broken.sql", "");
        var problem = Assert.Single(ProjectFolder.Read(_folder).Problems);
        Assert.Equal(("no-project", "millrace.yaml"), (problem.Code, problem.File));
        Assert.Contains("millrace init", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_file_with_the_other_extension_is_to_be_renamed()
    {
        Write("millrace.yml", "name: a\n");
        Assert.Contains("Rename it to 'millrace.yaml'", Assert.Single(ProjectFolder.Read(_folder).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_a_problem_and_a_link_to_its_own_folder_ends()
    {
        Write("millrace.yaml", "name: a\n");
        Directory.CreateDirectory(Path.Combine(_folder, "tables"));
        File.CreateSymbolicLink(Path.Combine(_folder, "tables/gone.sql"), Path.Combine(_folder, "nothing.sql"));
        Assert.Equal("unreadable-file", Assert.Single(ProjectFolder.Read(_folder).Problems).Code);

        File.Delete(Path.Combine(_folder, "tables/gone.sql"));
        Write("tables/one.sql", "SELECT 1 AS one");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "tables/again"), Path.Combine(_folder, "tables"));
        Assert.All(ProjectFolder.Read(_folder).Problems, p => Assert.Equal("bad-name", p.Code));
    }

    [Fact]
    public void A_stored_definition_reads_again_to_the_same_one()
    {
        Write("millrace.yaml", "name: a\n");
        Write("sources/rides.yaml", "type: csv\r\npath: data/*.csv\r\ncolumns: [{name: day, type: date}]\r\n");
        Write("tables/sales/daily.sql", "/*---\nkind: incremental\ntime_column: day\n---*/\nSELECT day FROM rides WHERE day >= @start AND day < @end;\n");
        var files = ProjectFolder.Read(_folder);
        Assert.Empty(files.Problems);

        var source = Assert.IsType<SourceDefinition>(ProjectFolder.ReadDefinition(files.Sources[0].File, files.Sources[0].Text));
        var table = Assert.IsType<TableDefinition>(ProjectFolder.ReadDefinition(files.Tables[0].File, files.Tables[0].Text));

        Assert.Equal((files.Sources[0].Key, files.Sources[0].Path, files.Sources[0].Schema), (source.Key, source.Path, source.Schema));
        Assert.Equal((files.Tables[0].Key, files.Tables[0].Sql, files.Tables[0].SqlLine, TableKind.Incremental), (table.Key, table.Sql, table.SqlLine, table.Kind));
    }

    [Fact]
    public void A_stored_definition_that_no_longer_reads_carries_its_problems()
    {
        var e = Assert.Throws<ProblemException>(() => ProjectFolder.ReadDefinition("tables/a.sql", "/*---\nkind: merge\n---*/\nSELECT 1 AS one"));
        Assert.Equal(("wrong-word", 2), (e.Problems[0].Code, e.Problems[0].Line));
        Assert.Equal("unknown-file", Assert.Throws<ProblemException>(() => ProjectFolder.ReadDefinition("data/a.csv", "")).Problems[0].Code);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
