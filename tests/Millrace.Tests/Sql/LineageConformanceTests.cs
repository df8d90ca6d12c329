using System.Text.Json;
using Millrace.Assets;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>Lineage against cases that other programs made.</summary>
public sealed class LineageConformanceTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Fact]
    public void Columns_of_TPC_queries_have_the_sources_that_the_oracle_names()
    {
        using var data = JsonDocument.Parse(File.ReadAllText(Data("lineage-oracle", "tpc_lineage.json")));
        var suites = data.RootElement.GetProperty("schemas").EnumerateObject().ToDictionary(
            s => s.Name,
            s => s.Value.EnumerateObject().Select(t => Lineage.Facts(t.Name, [.. t.Value.EnumerateObject().Select(c => $"{c.Name} VARCHAR")])).ToDictionary(f => f.Name));

        var (passed, unsupported) = (0, 0);
        var failures = new List<string>();
        foreach (var test in data.RootElement.GetProperty("cases").EnumerateArray())
        {
            var name = $"{test.GetProperty("suite").GetString()} {test.GetProperty("n").GetInt32()}";
            if (!test.TryGetProperty("columns", out var columns))
            {
                output.WriteLine($"not supported: {name}: the oracle has an error instead of columns");
                unsupported++;
                continue;
            }

            var parsed = Lineage.Parser.Parse(test.GetProperty("sql").GetString()!);
            if (!parsed.IsQuery)
            {
                output.WriteLine($"not supported: {name}: {parsed.Error.Message}");
                unsupported += columns.EnumerateObject().Count();
                continue;
            }

            var analysis = QueryAnalyzer.Analyze(parsed.Query, suites[test.GetProperty("suite").GetString()!], NoVariables);
            if (!analysis.IsResolved)
                failures.Add($"{name}: unresolved");
            var wanted = test.GetProperty("in_tables").EnumerateArray().Select(t => t.GetString()!).Order();
            if (!wanted.SequenceEqual(analysis.Reads.Select(r => r.Relation).Order()))
                failures.Add($"{name}: reads {string.Join(", ", analysis.Reads.Select(r => r.Relation))}");

            var position = 0;
            foreach (var column in columns.EnumerateObject())
            {
                // The oracle names columns without an alias in its own way; the order is the same.
                var found = analysis.Find(column.Name) ?? analysis.Columns.ElementAtOrDefault(position);
                position++;
                var sources = column.Value.EnumerateArray().Select(s => s.GetString()!).ToHashSet();
                if (found is not null && sources.SetEquals(found.Sources.Select(s => s.ToString())))
                    passed++;
                else
                    failures.Add($"{name}.{column.Name}: wanted {string.Join(", ", sources.Order())}; found {found?.Name}: {string.Join(", ", found?.Sources ?? [])}");
            }
        }

        foreach (var failure in failures)
            output.WriteLine(failure);
        output.WriteLine($"passed {passed}, differ on purpose 0, not supported {unsupported}, failed {failures.Count}");
        Assert.Empty(failures);
    }

    internal static string Data(params string[] path)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        if (string.IsNullOrEmpty(root))
            Assert.Skip("MILLRACE_CONFORMANCE does not name the folder with the conformance data.");
        return Path.Combine([root, .. path]);
    }
}
