using System.Text.Json.Nodes;
using Millrace.Statistics.Drift;
using Millrace.Statistics.Metrics;

namespace Millrace.Tests.Statistics;

/// <summary>Values that scipy and scikit-learn gave. The variable MILLRACE_CONFORMANCE names the folder that holds them.</summary>
public sealed class GoldenStatsTests(ITestOutputHelper output)
{
    private static readonly string[] OnPurpose =
    [
        // scipy answers with the exact one-sample distribution at the rounded effective size; here Kolmogorov's limit as Stephens
        // corrected it.
        "ks_pvalue_asymptotic",
    ];

    private readonly List<string> _failures = [];
    private readonly List<string> _unsupported = [];
    private readonly List<string> _differ = [];
    private int _passed;

    [Fact]
    public void Every_value_of_golden_stats_comes_out_or_is_named()
    {
        var root = Environment.GetEnvironmentVariable("MILLRACE_CONFORMANCE");
        Assert.SkipWhen(string.IsNullOrEmpty(root), "MILLRACE_CONFORMANCE is not set: it names the folder of cases that others wrote.");
        var golden = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "golden-stats", "golden.json")))!;
        foreach (var block in golden["numeric_drift"]!.AsArray())
            Compare(block!, "reference current", Numeric(Numbers(block!["reference"]), Numbers(block["current"])));
        foreach (var block in golden["categorical"]!.AsArray())
            Compare(block!, "reference_counts current_counts n_ref x_ref n_cur x_cur table", Categorical(block!));
        foreach (var block in golden["metrics"]!.AsArray())
            Compare(block!, "y_true score y_pred threshold proba relevance labels_true labels_pred", Model(block!));

        output.WriteLine(
            $"golden-stats: {_passed} passed, {_differ.Count} differ on purpose, "
            + $"{_unsupported.Count} not supported, {_failures.Count} failed");
        output.WriteLine("on purpose: " + string.Join(", ", _differ));
        output.WriteLine("not supported: " + string.Join(", ", _unsupported));
        Assert.True(_failures.Count == 0, string.Join("\n", _failures));
        Assert.Equal((61, 2, 27), (_passed, _differ.Count, _unsupported.Count));
    }

    private void Compare(JsonNode block, string inputs, Dictionary<string, object?> ours)
    {
        foreach (var (key, expected) in block.AsObject())
        {
            if (key is "case" or "note" || inputs.Split(' ').Contains(key))
                continue;
            var name = $"{block["case"]}.{key}";
            if (!ours.TryGetValue(key, out var found))
                _unsupported.Add(name);
            else if (Same(expected!, found, key.Contains("pvalue", StringComparison.Ordinal) || key is "p" or "p_two_sided" ? 1e-6 : 1e-9))
                _passed++;
            else if (OnPurpose.Contains(key))
                _differ.Add($"{name} ({expected!.ToJsonString()}, here {found})");
            else
                _failures.Add($"{name}: expected {expected!.ToJsonString()}, gave {System.Text.Json.JsonSerializer.Serialize(found)}");
        }
    }

    private static bool Same(JsonNode expected, object? found, double tolerance) => found switch
    {
        double value => expected is JsonValue && Math.Abs((double)expected - value) <= tolerance,
        double[] values => expected is JsonArray list && list.Count == values.Length
            && list.Zip(values).All(p => Math.Abs((double)p.First! - p.Second) <= tolerance),
        _ => false,
    };

    private static Dictionary<string, object?> Numeric(double[] reference, double[] current)
    {
        var sturges = Bins.SturgesEdges([.. reference, .. current]);
        var ours = Bins.Shares(Bins.CountInside(reference, sturges)[..^1]);
        var theirs = Bins.Shares(Bins.CountInside(current, sturges)[..^1]);
        var ks = KolmogorovSmirnov.Test(reference, current)!.Value;
        return new()
        {
            ["ks_statistic"] = ks.Statistic,
            ["ks_pvalue_auto"] = ks.PValue,
            ["ks_pvalue_asymptotic"] = KolmogorovSmirnov.Asymptotic(ks.Statistic, reference.Length, current.Length),
            ["wasserstein"] = Wasserstein.Distance(reference, current),
            ["std_ref_population"] = Wasserstein.Distance(reference, current) / Wasserstein.Normalised(reference, current),
            ["wasserstein_normed"] = Wasserstein.Normalised(reference, current),
            ["sturges_edges"] = sturges,
            ["sturges_ref_share"] = ours,
            ["sturges_cur_share"] = theirs,
            ["psi_sturges_zero_fill_0_0001"] = PopulationStability.BySturges(reference, current),
            ["jensen_shannon_distance_natural_log_sturges"] = ShareDistance.JensenShannon(ours, theirs),
            ["decile_inner_edges_linear_quantile"] = Bins.DecileEdges(reference),
            ["psi_deciles_floor_0_0001"] = PopulationStability.ByDeciles(reference, current),
        };
    }

    private static Dictionary<string, object?> Categorical(JsonNode block)
    {
        if (block["table"] is JsonArray table)
        {
            var cells = table.SelectMany(r => r!.AsArray()).Select(c => (long)c!).ToArray();
            var fisher = ProportionTest.FisherExact(cells[0], cells[0] + cells[1], cells[2], cells[2] + cells[3])!.Value;
            return new() { ["p"] = fisher.PValue };
        }

        if (block["n_ref"] is { } rows)
        {
            var z = ProportionTest.Z((long)block["x_ref"]!, (long)rows, (long)block["x_cur"]!, (long)block["n_cur"]!)!.Value;
            return new() { ["z"] = z.Statistic, ["p_two_sided"] = z.PValue };
        }

        var levels = block["current_counts"]!.AsObject().Select(l => l.Key).ToArray();
        var reference = levels.Select(l => (long?)block["reference_counts"]![l] ?? 0).ToArray();
        var current = levels.Select(l => (long)block["current_counts"]![l]!).ToArray();
        var (r, c) = (Bins.Shares(reference), Bins.Shares(current));
        var contingency = ChiSquare.Contingency(reference, current)!.Value;
        Assert.Equal(new HypothesisTest(double.PositiveInfinity, null), ChiSquare.GoodnessOfFit(reference, current));
        return new()
        {
            ["js_distance"] = ShareDistance.JensenShannon(r, c),
            ["js_distance_base2"] = ShareDistance.JensenShannonBase2(r, c),
            ["psi_zero_to_1e_4"] = PopulationStability.OfSharesZeroFilled(r, c),
            ["hellinger"] = ShareDistance.Hellinger(r, c),
            ["l_infinity"] = ShareDistance.LInfinity(r, c),
            ["tvd"] = ShareDistance.TotalVariation(r, c),
            ["chi2_contingency_stat"] = contingency.Statistic,
            ["chi2_contingency_p"] = contingency.PValue,
            ["chi2_contingency_df"] = levels.Length - 1.0,
        };
    }

    private static Dictionary<string, object?> Model(JsonNode block)
    {
        var ours = new Dictionary<string, object?>();
        if ((string)block["case"]! is "regression_5")
        {
            var (labels, predictions) = (Numbers(block["y_true"]), Numbers(block["y_pred"]));
            foreach (var name in ModelMetrics.Names(MetricTask.Regression))
                ours[name == "median_ae" ? "medae" : name] = ModelMetrics.Find(name)!.Measure(labels, predictions);
            ours["pinball_0_9"] = RegressionMetrics.PinballLoss(labels, predictions, 0.9);
        }
        else if ((string)block["case"]! is "binary_20")
        {
            var (labels, scores) = (Numbers(block["y_true"]), Numbers(block["score"]));
            foreach (var name in ModelMetrics.Names(MetricTask.Binary))
            {
                var theirs = name switch { "ece" => "ece_10_equal_width", "kappa" => "cohen_kappa", _ => name };
                ours[theirs] = ModelMetrics.Find(name)!.Measure(labels, scores);
            }

            var confusion = Confusion.Of(labels, scores);
            ours["confusion_tn_fp_fn_tp"] =
                new double[] { confusion.TrueNegatives, confusion.FalsePositives, confusion.FalseNegatives, confusion.TruePositives };
            var points = RocCurve.Of(labels, scores).Points;
            ours["roc_fpr"] = points.Select(p => p.FalsePositives / 10.0).ToArray();
            ours["roc_tpr"] = points.Select(p => p.TruePositives / 10.0).ToArray();
        }

        return ours;
    }

    private static double[] Numbers(JsonNode? list) => [.. list!.AsArray().Select(v => (double)v!)];
}
