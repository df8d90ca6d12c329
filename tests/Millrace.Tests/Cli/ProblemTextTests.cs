using Millrace.Assets;
using Millrace.Cli.Output;

namespace Millrace.Tests.Cli;

public sealed class ProblemTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_problem_has_its_place_its_code_and_its_line()
    {
        Write("sources/rides.yaml", "type: csv\nowner: me\ncolums:\n");
        Write("tables/hourly.sql", "SELECT *\nFROM ride\n");

        Assert.Equal(
            Written.Page("""
                bikes/sources/rides.yaml:1: The key 'path' is missing. [missing-key]
                bikes/sources/rides.yaml:3: The source has no key 'colums'. Did you mean 'columns'? [unknown-key]
                     3 | colums:

                bikes/tables/hourly.sql:2: The SQL reads 'ride'. [unknown-relation]
                    It was expected to be an asset.
                     2 | FROM ride

                3 problems in 2 files. Nothing was done.
                """),
            Text(
                new Problem("missing-key", "The key 'path' is missing.", "sources/rides.yaml", 1),
                new Problem("unknown-key", "The source has no key 'colums'. Did you mean 'columns'?", "sources/rides.yaml", 3),
                new Problem("unknown-relation", "The SQL reads 'ride'.\nIt was expected to be an asset.", "tables/hourly.sql", 2)));
    }

    [Fact]
    public void A_problem_without_a_file_has_no_place() => Assert.Equal(
        Written.Page("""
            There is no folder '/data/shop'. [no-project]

            1 problem. Nothing was done.
            """),
        Text(new Problem("no-project", "There is no folder '/data/shop'.", "millrace.yaml", 1)));

    private string Text(params Problem[] problems) => Written.By(to => ProblemText.Write(to, Paint.None, problems, _folder, "bikes/"));

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
