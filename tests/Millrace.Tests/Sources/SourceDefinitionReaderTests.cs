using Millrace.Assets;
using Millrace.Sources;
using Millrace.Sources.Contract;

namespace Millrace.Tests.Sources;

public sealed class SourceDefinitionReaderTests
{
    private const string Rides = """
        type: csv
        path: data/**/*.csv
        description: Rides per hour
        owner: team-mobility
        tags: [bike]
        csv: {delimiter: ";", quote: "", header: false, null_text: NA, encoding: latin-1, decimal_separator: ",", skip_lines: 2, comment: "#"}
        time_column: DTEDAY
        interval: week
        contract: {columns: ignore, types: evolve, nullability: freeze}
        columns:
          - {name: dteday, type: date, required: true, description: Day of the rides, format: "%d.%m.%Y"}
          - name: cnt
            type: uinteger
        checks:
          - not_null: cnt
          - {between: {column: cnt, low: 0}}
        """;

    [Fact]
    public void A_definition_with_every_key_is_read()
    {
        var source = Read("sources/sales/rides.yaml", Rides);
        Assert.Equal("source sales.rides", source.Key.ToString());
        Assert.Equal(("csv", "data/**/*.csv", "Rides per hour", "team-mobility"), (source.Type, source.Path, source.Description, source.Owner));
        Assert.Equal(["bike"], source.Tags);
        Assert.Equal(new CsvOptions(";", "", "", false, "NA", "latin-1", ",", 2, "#"), source.Csv);
        Assert.Equal(("dteday", IntervalUnit.Week), (source.TimeColumn, source.Interval));
        Assert.Equal(new LoadContract(ContractMode.Ignore, ContractMode.Evolve, ContractMode.Freeze), source.Contract);
        Assert.Equal(
            [
                new ContractColumn("dteday", DataType.Date, true, "Day of the rides", "%d.%m.%Y", 11),
                new ContractColumn("cnt", DataType.Long, false, null, null, 12),
            ],
            source.Columns);
        Assert.Equal("dteday DATE NOT NULL, cnt BIGINT", source.Schema.ToString());
        Assert.Equal([15, 16], source.CheckNodes.Select(n => n.Line));
        Assert.Equal(Rides, source.Text);
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var source = Read("sources/rides.yaml", "type: csv\npath: data/a.csv\ncolumns: [{name: a, type: int}]\n");
        Assert.Equal(new CsvOptions(), source.Csv);
        Assert.Equal((new LoadContract(), IntervalUnit.Day), (source.Contract, source.Interval));
        Assert.Equal(new LoadContract(ContractMode.Freeze, ContractMode.QuarantineRow, ContractMode.QuarantineRow), source.Contract);
        Assert.Null(source.TimeColumn);
        Assert.Empty(source.CheckNodes);
    }

    [Theory]
    [InlineData("/data/a.csv", "not relative to the project folder")]
    [InlineData("C:/a.csv", "not relative to the project folder")]
    [InlineData("~/a.csv", "not relative to the project folder")]
    [InlineData("../a.csv", "leaves the project folder with '..'")]
    [InlineData("data/../../a.csv", "leaves the project folder with '..'")]
    [InlineData("data/..", "leaves the project folder with '..'")]
    [InlineData("data\\a.csv", "has a backslash")]
    [InlineData("s3://bucket/a.csv", "is a URL")]
    [InlineData("data/**.csv", "has a '**' that is not a whole folder")]
    [InlineData("", "is empty")]
    public void A_path_out_of_the_project_is_a_problem(string path, string message)
    {
        var problem = Problem($"type: csv\npath: '{path}'\ncolumns: [{{name: a, type: int}}]\n");
        Assert.Equal(("bad-path", 2), (problem.Code, problem.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data/..hidden/a.csv")]
    [InlineData("data/[ab]?.csv")]
    [InlineData("**/*.csv")]
    public void A_path_with_a_glob_is_sound(string path) =>
        Assert.Equal(path, Read("sources/a.yaml", $"type: csv\npath: '{path}'\ncolumns: [{{name: a, type: int}}]\n").Path);

    [Theory]
    [InlineData("delimiter: ''", "'delimiter' takes 1 to 4 characters")]
    [InlineData("delimiter: abcde", "'delimiter' takes 1 to 4 characters")]
    [InlineData("quote: '\"\"'", "takes one character")]
    [InlineData("delimiter: '|', quote: '|'", "which the delimiter holds too")]
    [InlineData("decimal_separator: ','", "'decimal_separator' and 'delimiter' are both ','")]
    [InlineData("encoding: utf8", "Did you mean 'utf-8'?")]
    public void Options_that_do_not_go_together_are_a_problem(string csv, string message) =>
        Assert.Contains(message, Problem($"type: csv\npath: a.csv\ncsv: {{{csv}}}\ncolumns: [{{name: a, type: int}}]\n").Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("interval: hour", "time_column, which is absent")]
    [InlineData("time_column: daay", "Did you mean 'day'? Columns are: day, n.")]
    [InlineData("time_column: n", "'time_column' is 'n' of type INTEGER.")]
    [InlineData("{time_column: day, interval: hour}", "'interval' is 'hour', but 'day' is a date.")]
    public void A_time_column_is_a_time_of_the_contract(string keys, string message)
    {
        var lines = keys.Trim('{', '}').Replace(", ", "\n", StringComparison.Ordinal);
        Assert.Contains(message, Problem($"type: csv\npath: a.csv\n{lines}\ncolumns: [{{name: day, type: date}}, {{name: n, type: int}}]\n").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_without_a_readable_type_is_not_blamed_twice() =>
        Assert.Equal("bad-type", Problem("type: csv\npath: a.csv\ntime_column: day\ncolumns: [{name: day, type: dat}]\n").Code);

    private static SourceDefinition Read(string file, string text)
    {
        var problems = new List<Problem>();
        var source = SourceDefinitionReader.Read(file, text, problems);
        Assert.Empty(problems);
        return source!;
    }

    private static Problem Problem(string text)
    {
        var problems = new List<Problem>();
        Assert.Null(SourceDefinitionReader.Read("sources/a.yaml", text, problems));
        return Assert.Single(problems);
    }
}
