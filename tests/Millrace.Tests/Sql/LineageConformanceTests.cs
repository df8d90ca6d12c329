using System.Text.Json;
using Millrace.Sql;

namespace Millrace.Tests.Sql;

/// <summary>Lineage against cases that other programs made.</summary>
public sealed class LineageConformanceTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private static readonly Dictionary<string, string> OnPurpose = new()
    {
        ["test_compound_names"] = "'db.t.x' behind 'FROM db.t AS t1': our engine refuses it, since an alias hides the table's name",
    };

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

    [Fact]
    public void Texts_of_OpenLineage_have_the_tables_and_columns_that_it_names()
    {
        using var data = JsonDocument.Parse(File.ReadAllText(Data("openlineage-sql", "cases.json")));
        var (passed, unsupported, differing) = (0, 0, 0);
        var failures = new List<string>();
        foreach (var test in data.RootElement.GetProperty("table_lineage").EnumerateArray())
        {
            var name = test.GetProperty("test").GetString()!;
            var parsed = Lineage.Parser.Parse(test.GetProperty("sql").GetString()!);
            if (!parsed.IsQuery || Dialect(test) is not null)
            {
                output.WriteLine($"not supported: {name}: {Dialect(test) ?? parsed.Error!.Message}");
                unsupported++;
                continue;
            }

            var wanted = test.GetProperty("in_tables").EnumerateArray().Select(t => Plain(t.GetString()!)).ToHashSet();
            if (wanted.SetEquals(parsed.Query.Relations))
                passed++;
            else
                failures.Add($"{name}: wanted {string.Join(", ", wanted)}; found {string.Join(", ", parsed.Query.Relations)}");
        }

        foreach (var test in data.RootElement.GetProperty("column_lineage").EnumerateArray())
        {
            var name = test.GetProperty("test").GetString()!;
            var parsed = Lineage.Parser.Parse(test.GetProperty("sql").GetString()!);
            if (!parsed.IsQuery || Dialect(test) is not null)
            {
                output.WriteLine($"not supported: {name}: {Dialect(test) ?? parsed.Error!.Message}");
                unsupported++;
                continue;
            }

            if (Differences(parsed.Query, test) is not { } difference)
            {
                passed++;
            }
            else if (OnPurpose.TryGetValue(name, out var reason))
            {
                output.WriteLine($"differs on purpose: {name}: {reason}");
                differing++;
            }
            else
            {
                failures.Add($"{name}: {difference}");
            }
        }

        foreach (var failure in failures)
            output.WriteLine(failure);
        output.WriteLine($"passed {passed}, differ on purpose {differing}, not supported {unsupported}, failed {failures.Count}");
        Assert.Empty(failures);
    }

    /// <summary>The cases have no schemas: a table has the columns that the case names.</summary>
    private static string? Differences(ParsedQuery query, JsonElement test)
    {
        var wanted = test.GetProperty("columns").EnumerateArray().ToDictionary(
            c => c.GetProperty("column").GetString()!.ToLowerInvariant(),
            c => c.GetProperty("sources").EnumerateArray().Select(s => Plain($"{s.GetProperty("table").GetString()}.{s.GetProperty("column").GetString()}")).ToHashSet());
        var facts = wanted.Values.SelectMany(s => s).Distinct().GroupBy(s => s[..s.LastIndexOf('.')])
            .ToDictionary(g => g.Key, g => Lineage.Facts(g.Key, [.. g.Select(s => $"{s[(s.LastIndexOf('.') + 1)..]} VARCHAR")]));
        var analysis = QueryAnalyzer.Analyze(query, facts, NoVariables);
        var unnamed = analysis.Columns.FirstOrDefault(c => !wanted.ContainsKey(c.Name.ToLowerInvariant()));
        foreach (var (column, sources) in wanted)
        {
            // '_0' is what the case calls a column without a name.
            var found = column == "_0" ? unnamed : analysis.Find(column);
            if (found is null || !sources.SetEquals(found.Sources.Select(s => s.ToString())))
                return $"{column}: wanted {string.Join(", ", sources)}; found {string.Join(", ", found?.Sources ?? [])}";
        }

        return null;
    }

    private static string? Dialect(JsonElement test) => test.GetProperty("dialect").GetString() is { } dialect ? $"dialect {dialect}" : null;

    private static string Plain(string name) => name.Replace("\"", "", StringComparison.Ordinal).ToLowerInvariant();

    internal static string Data(params string[] path)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        if (string.IsNullOrEmpty(root))
            Assert.Skip("MILLRACE_CONFORMANCE does not name the folder with the conformance data.");
        return Path.Combine([root, .. path]);
    }
}
