using System.Text.Json.Nodes;
using Millrace.Statistics.Drift;

namespace Millrace.Tests.Statistics;

/// <summary>Scores from Evidently's own tests. The variable MILLRACE_CONFORMANCE names the folder that holds them.</summary>
public sealed class EvidentlyTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_score_of_evidently_comes_out_or_is_named()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of cases that others wrote.");
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "evidently", "stattest_cases.json")))!["cases"]!.AsArray();
        var (passed, unsupported, failures) = (0, new List<string>(), new List<string>());
        (long[] Reference, long[] Current) inputs = ([], []);
        foreach (var row in cases)
        {
            var test = (string)row!["test"]!;
            if (row["same_as_above"] is null)
                inputs = Counts(row);
            var (reference, current) = inputs;
            double? score = test switch
            {
                "chisquare" or "chisquare_identical" => ChiSquare.GoodnessOfFit(reference, current)!.Value.PValue,
                "hellinger_cat" => ShareDistance.Hellinger(Bins.Shares(reference), Bins.Shares(current)),
                "z_identical" => ProportionTest.Z(reference[0], reference.Sum(), current[0], current.Sum())!.Value.PValue,
                "fisher_exact" => ProportionTest.FisherExact(reference[0], reference.Sum(), current[0], current.Sum())!.Value.PValue,
                _ => null,
            };
            if (score is null)
                unsupported.Add(test);
            else if (Math.Abs(score.Value - (double)row["score"]!) <= ((double?)row["tol"] ?? 1e-9))
                passed++;
            else
                failures.Add($"{test}: expected {row["score"]}, gave {score}: {row.ToJsonString()}");
        }

        output.WriteLine(
            $"evidently: {passed} passed, 0 differ on purpose, {unsupported.Count} not supported ({string.Join(", ", unsupported)})");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.Equal(8, passed);
    }

    private static (long[] Reference, long[] Current) Counts(JsonNode row)
    {
        if (row["counts"] is JsonObject same)
            return ([.. same.Select(l => (long)l.Value!)], [.. same.Select(l => (long)l.Value!)]);
        if (row["reference_counts"] is JsonObject reference)
            return ([.. reference.Select(l => (long)l.Value!)], [.. row["current_counts"]!.AsObject().Select(l => (long)l.Value!)]);
        var repeat = (long?)row["repeat"] ?? 1;
        return (Of("reference"), Of("current"));

        long[] Of(string side)
        {
            var values = row[side]!.AsArray().Select(v => v!.ToString()).ToList();
            return [values.Count(v => v == "a") * repeat, values.Count(v => v == "b") * repeat];
        }
    }
}
