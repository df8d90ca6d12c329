using Millrace.Assets.Definitions;
using Millrace.Project;

namespace Millrace.Tests.Project;

public sealed class ProjectSchemasTests
{
    [Theory]
    [InlineData("project.json")]
    [InlineData("source.json")]
    [InlineData("table.json")]
    [InlineData("model.json")]
    [InlineData("endpoint.json")]
    [InlineData("sink.json")]
    public void The_schemas_are_those_a_reviewer_has_seen(string name)
    {
        var folder = Directory.CreateTempSubdirectory("millrace-schemas-").FullName;
        try
        {
            string[] all = ["project.json", "source.json", "table.json", "model.json", "endpoint.json", "sink.json"];
            Assert.Equal(all.Select(n => ".millrace/schemas/" + n), ProjectSchemas.Write(folder));
            ExpectedText.Compare(Path.Combine("schemas", name), File.ReadAllText(Path.Combine(folder, ProjectSchemas.Folder, name)));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void The_shape_of_a_check_can_be_handed_in()
    {
        var check = new Shape("check", "A rule.", new Key("not_null", KeyKind.Texts, "Columns without NULL."));
        var source = ProjectSchemas.All(check)["source.json"];
        Assert.Equal("array", (string?)source["properties"]!["checks"]!["type"]);
        Assert.NotNull(source["properties"]!["checks"]!["items"]!["properties"]!["not_null"]);
        Assert.Null(ProjectSchemas.All()["source.json"]["properties"]!["checks"]!["type"]);
    }

    [Theory]
    [InlineData("millrace.yaml", "# yaml-language-server: $schema=.millrace/schemas/project.json")]
    [InlineData("sources/rides.yaml", "# yaml-language-server: $schema=../.millrace/schemas/source.json")]
    [InlineData("models/demand.yaml", "# yaml-language-server: $schema=../.millrace/schemas/model.json")]
    [InlineData("endpoints/demand.yaml", "# yaml-language-server: $schema=../.millrace/schemas/endpoint.json")]
    [InlineData("sources/sales/orders.yaml", "# yaml-language-server: $schema=../../.millrace/schemas/source.json")]
    [InlineData("tables/daily.sql", null)]
    public void A_file_names_its_schema_by_a_relative_path(string file, string? comment) => Assert.Equal(comment, ProjectSchemas.CommentOf(file));
}
