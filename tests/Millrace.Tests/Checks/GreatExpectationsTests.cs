using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Assets;
using Millrace.Checks;
using Millrace.Checks.Types;
using Millrace.Native;
using Millrace.Tests.Lake;

namespace Millrace.Tests.Checks;

/// <summary>Great Expectations' own cases for the checks that mean the same here. The variable MILLRACE_CONFORMANCE names the folder.</summary>
public sealed class GreatExpectationsTests(ITestOutputHelper output) : LakeTestBase
{
    [Theory]
    [InlineData("expect_column_values_to_be_null")]
    [InlineData("expect_column_values_to_be_unique")]
    [InlineData("expect_column_values_to_be_between")]
    [InlineData("expect_column_values_to_be_in_set")]
    public void Their_cases_come_out_the_same(string expectation)
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of cases that others wrote.");
        var file = Directory.GetFiles(Path.Combine(root, "great-expectations"), expectation + ".json", SearchOption.AllDirectories).Single();
        var verdicts = new List<string>();
        foreach (var dataset in JsonNode.Parse(File.ReadAllText(file))!["datasets"]!.AsArray())
        {
            foreach (var test in dataset!["tests"]!.AsArray())
                verdicts.Add($"{Judge(expectation, dataset["data"]!.AsObject(), test!.AsObject())}: {test!["title"]}");
        }

        foreach (var group in verdicts.GroupBy(v => v.Split(':')[0]))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{expectation}: {group.Count()} {group.Key}"));
        foreach (var verdict in verdicts.Where(v => !v.StartsWith("passed", StringComparison.Ordinal)))
            output.WriteLine("  " + verdict);
        Assert.DoesNotContain(verdicts, v => v.StartsWith("failed", StringComparison.Ordinal));
        Assert.Contains(verdicts, v => v.StartsWith("passed", StringComparison.Ordinal));
    }

    private string Judge(string expectation, JsonObject data, JsonObject test)
    {
        var (given, expected) = (test["in"]!, test["out"]!);
        if (given is not JsonObject arguments)
            return "not supported (arguments without names)";
        if (arguments["mostly"] is not null || arguments["strict_min"] is not null || arguments["strict_max"] is not null || arguments["row_condition"] is not null)
            return "not supported (mostly, strict bounds, row conditions)";
        if (arguments["min_value"] is JsonObject || arguments["max_value"] is JsonObject || arguments["value_set"] is JsonObject)
            return "not supported (bounds computed elsewhere)";
        if (test["only_for"] is JsonArray only && !only.Any(e => (string?)e is "pandas" or "sqlite" or "postgresql"))
            return "not supported (a case of one database)";
        if (expected["success"] is null)
            return "on purpose different (a wrong argument is a problem before anything runs)";
        if ((string?)arguments["column"] is not { } column || data[column] is not JsonArray values)
            return "not supported (no such column)";
        if (Type(values) is not { } type)
            return "not supported (a column of several types)";

        var rows = $"SELECT x::{type} AS x FROM (VALUES {string.Join(", ", values.Select(v => $"({Text(v)})"))}) t(x)";
        if (expectation.EndsWith("in_set", StringComparison.Ordinal) && arguments["value_set"] is JsonArray { Count: 0 })
            return "on purpose different (an empty set is a problem before anything runs)";
        if (expectation.EndsWith("in_set", StringComparison.Ordinal) && arguments["value_set"] is null)
            return "on purpose different (no set is a problem before anything runs)";

        long broken;
        try
        {
            broken = expectation switch
            {
                // Theirs counts the values that ours leaves.
                "expect_column_values_to_be_null" => values.Count - Broken(rows, new NotNullCheck("c", CheckEffect.Block, "f", 1, "x")),
                "expect_column_values_to_be_between" => Broken(rows, new BetweenCheck("c", CheckEffect.Block, "f", 1, "x", Plain(arguments["min_value"]), Plain(arguments["max_value"]))),
                "expect_column_values_to_be_in_set" => Broken(
                    rows, new InSetCheck("c", CheckEffect.Block, "f", 1, "x", [.. arguments["value_set"]!.AsArray().Where(v => v is not null).Select(v => Plain(v)!)])),
                _ => new CheckScan(Connection).CountTwice(new UniqueCheck("c", CheckEffect.Block, "f", 1, ["x"]), rows, rows),
            };
        }
        catch (DuckException e)
        {
            return $"on purpose different (values that the column's type cannot read are refused: {e.Message.Split('\n')[0]})";
        }

        var success = (bool)expected["success"]!;
        if (success != (broken == 0))
            return string.Create(CultureInfo.InvariantCulture, $"failed ({broken} rows break the rule, expected success is {success})");
        return expected["unexpected_list"] is JsonArray list && list.Count != broken
            ? string.Create(CultureInfo.InvariantCulture, $"failed ({broken} rows break the rule, expected are {list.Count})")
            : "passed";
    }

    private static string? Type(JsonArray values)
    {
        var kinds = values.Where(v => v is not null).Select(v => v!.GetValueKind() is var k && k == System.Text.Json.JsonValueKind.Number
            ? (v.ToJsonString().AsSpan().IndexOfAny('.', 'e', 'E') >= 0 ? "DOUBLE" : "BIGINT")
            : k is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False ? "BOOLEAN" : k == System.Text.Json.JsonValueKind.String ? "VARCHAR" : "other").ToHashSet();
        if (kinds.Contains("DOUBLE"))
            kinds.Remove("BIGINT");
        return kinds.Count switch { 0 => "BIGINT", 1 when !kinds.Contains("other") => kinds.Single(), _ => null };
    }

    private static string Text(JsonNode? value) => value is null ? "NULL" : SqlName.Text(Plain(value)!);

    private static string? Plain(JsonNode? value) => value is null ? null : value.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string)value! : value.ToJsonString();

    private long Broken(string rows, RowCheck check) => new CheckScan(Connection).CountBroken(rows, [check], _ => null)[0];
}
