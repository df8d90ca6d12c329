namespace Millrace.Scenarios;

/// <summary>The sample <c>fraud</c>: the truth about a payment comes a week late.</summary>
public sealed class FraudTests
{
    [Fact]
    public void A_fresh_copy_is_released_with_a_model_that_beats_the_amount_and_a_second_run_does_nothing()
    {
        using var fraud = Workshop.Of("fraud");

        Assert.Equal("computed", fraud.Run().Outcome("model fraud"));

        var shown = fraud.Ask("model", "show", "fraud@1", "--json").Exits(0).Json;
        Assert.All(shown["gates"]!.AsArray(), g => Assert.True((bool)g!["passed"]!, g.ToJsonString()));
        Assert.True((double)shown["metrics"]!["average_precision"]! > 1.2 * (double)shown["baseline"]!["average_precision"]!);
        Assert.True((double)shown["metrics"]!["roc_auc"]! > (double)shown["baseline"]!["roc_auc"]! + 0.1);

        // The payments of the last week are not learnt from: nobody knows yet what they are.
        Assert.Equal(942, (long)shown["manifest"]!["training"]!["rows"]!["unlabelled"]!);
        Assert.Equal(942, fraud.Number("SELECT count(*) FROM payments WHERE is_fraud IS NULL"));
        Assert.StartsWith("Everything stands. Nothing was computed.", fraud.Ask("run").Exits(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_payment_has_no_label_for_a_week_and_a_late_report_still_becomes_one()
    {
        using var fraud = Workshop.Of("fraud");
        Directory.Delete(Path.Combine(fraud.Project, "models"), recursive: true);
        Directory.Delete(Path.Combine(fraud.Project, "endpoints"), recursive: true);
        fraud.Run();

        // Neither a report nor its absence says anything within seven days of the newest report.
        Assert.Equal(0, fraud.Number("SELECT count(*) FROM payments WHERE is_fraud IS NOT NULL AND paid_at >= (SELECT max(reported_at) FROM reports) - INTERVAL 7 DAY"));
        Assert.True(fraud.Number("SELECT count(*) FROM payments JOIN reports USING (transaction_id) WHERE is_fraud IS NULL") > 0);
        var first = Features(fraud);
        var honest = fraud.Number("SELECT count(*) FROM payments WHERE NOT is_fraud");

        fraud.ArriveLater("transactions");
        fraud.Run();
        Assert.Equal(honest, fraud.Number("SELECT count(*) FROM payments WHERE NOT is_fraud"));

        var late = fraud.Number("SELECT min(transaction_id) FROM payments WHERE NOT is_fraud AND paid_at >= '2024-03-20'");
        fraud.Write("data/reports/2024-04-01.csv", string.Create(CultureInfo.InvariantCulture, $"transaction_id,reported_at\n{late},2024-04-01 09:00:00\n"));
        fraud.Run();
        Assert.Equal("true", fraud.Query($"SELECT is_fraud FROM payments WHERE transaction_id = {late}"));
        Assert.True(fraud.Number("SELECT count(*) FROM payments WHERE NOT is_fraud") > honest);

        // What was known of a payment at its moment does not change with what comes later.
        Assert.Equal(first, Features(fraud));
    }

    [Fact]
    public async Task Predictions_are_judged_once_their_truth_has_come_and_a_new_version_that_is_no_better_stays_unreleased()
    {
        using var fraud = Workshop.Of("fraud");
        fraud.Run();
        fraud.ArriveLater("transactions");
        fraud.Run();
        var april = fraud.Ask("query", "SELECT * FROM payments WHERE paid_at >= '2024-04-01' ORDER BY paid_at", "--format", "json").Exits(0).Json.AsArray().Select(r => r!).ToList();

        using (var server = Server.Start(fraud))
        using (var model = new Inference(server.Address, "fraud"))
        {
            Assert.DoesNotContain("is_fraud", await model.Inputs());
            foreach (var some in april.Chunk(500))
                await model.Probabilities(some, "transaction_id", "paid_at");

            // Asked twice is answered twice and logged once; an id keeps its inputs.
            var again = await model.Probabilities(april[..3], "transaction_id", "paid_at");
            Assert.Equal(again, await model.Probabilities(april[..3], "transaction_id", "paid_at"));
            var other = april[0].DeepClone();
            other["amount"] = 9999;
            var (status, answer) = await model.Ask([other], "transaction_id", "paid_at");
            Assert.Equal(400, status);
            Assert.Contains($"'{(long)april[0]["transaction_id"]!}'", (string)answer["error"]!, StringComparison.Ordinal);

            fraud.Write("april.json", new JsonArray([.. april[..50].Select(r => r.DeepClone())]).ToJsonString());
            var predicted = fraud.Ask("predict", "fraud", "april.json", "--format", "json").Exits(0).Json.AsArray();
            Assert.All((await model.Probabilities(april[..50], "transaction_id", "paid_at")).Zip(predicted), p => Assert.Equal((double)p.Second!["probability"]!, p.First, 1e-5));
        }

        Assert.Equal(april.Count, fraud.Number("SELECT count(*) FROM fraud__predictions"));
        fraud.Run();
        Assert.Equal(0, fraud.Number("SELECT count(*) FROM fraud__performance WHERE labelled > 0"));

        // The truth comes, with a report of a payment that nobody was ever asked about.
        fraud.ArriveLater("reports");
        fraud.Write("data/reports/unknown.csv", "transaction_id,reported_at\n999999,2024-04-20 10:00:00\n");
        fraud.Run();
        Assert.True(fraud.Number("SELECT count(DISTINCT window_start) FROM fraud__performance WHERE metric = 'average_precision' AND labelled >= 300") >= 3);
        Assert.True(fraud.Number("SELECT count(*) FROM fraud__performance WHERE metric = 'average_precision' AND is_worse") > 0);

        // The policy asks for a new version. It saw a few weeks of what thieves do now, and on rows that neither has seen it is no better.
        var due = fraud.Ask("run", "--due", "--as-of", "2024-05-08").Exits(1);
        Assert.Contains("average_precision at most 5% worse than the champion", due.Out, StringComparison.Ordinal);
        Assert.Equal(2, fraud.Ask("model", "list", "fraud", "--json").Exits(0).Json.AsArray().Count);
        Assert.Equal("fraud@1", fraud.Champion("fraud"));
        fraud.Ask("run", "--due", "--as-of", "2024-05-09").Exits(0);
        Assert.Equal(2, fraud.Ask("model", "list", "fraud", "--json").Exits(0).Json.AsArray().Count);
    }

    [Fact]
    public void The_generator_still_makes_the_files_that_lie_in_the_sample()
    {
        using var fraud = Workshop.Of("fraud");
        var made = fraud.AskIn(fraud.Folder, "query", File.ReadAllText(Path.Combine(fraud.Project, "generate.sql")), "--format", "csv").Exits(0)
            .Out.TrimEnd('\n').Split('\n').Skip(1).Select(l => l.Split(',')).ToList();

        Assert.Equal(Lines(fraud, "transactions"), made.Select(c => string.Join(',', c[..5])));
        Assert.Equal(Lines(fraud, "reports").Order(StringComparer.Ordinal), made.Where(c => c[5].Length > 0).Select(c => $"{c[0]},{c[5]}").Order(StringComparer.Ordinal));
        Assert.InRange(made.Count(c => c[6].Length > 0) / (double)made.Count, 0.01, 0.025);
    }

    /// <summary>Everything but the label, of the payments until the end of March.</summary>
    private static string Features(Workshop fraud) => fraud.Query(
        "SELECT count(*), sum(hash(p)::HUGEINT) FROM (SELECT * EXCLUDE (is_fraud) FROM payments WHERE paid_at < '2024-04-01') AS p");

    private static IEnumerable<string> Lines(Workshop fraud, string folder) =>
        new[] { "data", "later" }.SelectMany(f => Directory.GetFiles(Path.Combine(fraud.Project, f, folder)).Order(StringComparer.Ordinal)).SelectMany(f => File.ReadAllLines(f).Skip(1));
}
