namespace Millrace.Scenarios;

/// <summary>The sample <c>credit</c>: a model that is judged for each group, and the data that a model must not be made from.</summary>
public sealed class CreditTests
{
    [Fact]
    public void A_fresh_copy_is_released_with_a_model_that_beats_its_baseline_and_a_second_run_does_nothing()
    {
        using var credit = Workshop.Of("credit");

        Assert.Equal("applications computed, cases computed, risk computed, risk pointed", credit.Run().Outcomes());

        var shown = Shown(credit, 1);
        Assert.All(shown["gates"]!.AsArray(), g => Assert.True((bool)g!["passed"]!, g.ToJsonString()));
        Assert.InRange((double)shown["metrics"]!["roc_auc"]!, 0.75, 0.9);
        Assert.InRange((double)shown["metrics"]!["log_loss"]!, 0, 0.85 * (double)shown["baseline"]!["log_loss"]!);
        Assert.Equal(
            ["age_group 26 to 40", "age_group over 40", "age_group under 26", "sex female", "sex male"],
            shown["manifest"]!["evaluation"]!["slices"]!.AsArray().Select(s => $"{(string)s!["column"]!} {(string)s["value"]!}").Order(StringComparer.Ordinal));
        Assert.StartsWith("Everything stands. Nothing was computed.", credit.Ask("run").Exits(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_model_knows_has_nothing_of_sex_age_or_origin()
    {
        using var credit = Workshop.Of("credit");
        credit.Run();

        var features = Shown(credit, 1)["manifest"]!["features"]!.AsArray().Select(f => (string)f!["name"]!).ToList();
        Assert.Equal(18, features.Count);
        Assert.Empty(features.Intersect(["sex", "age_group", "age", "personal_status_sex", "foreign_worker"]));

        credit.Edit("tables/cases.sql", "people_liable AS dependants", "people_liable + if(age < 26, 1, 0) AS dependants");
        var run = credit.Ask("run").Exits(1);

        Assert.Contains("not_derived_from", run.Out, StringComparison.Ordinal);
        Assert.Contains("dependants", run.Out, StringComparison.Ordinal);
        Assert.Contains("applications.age", run.Out, StringComparison.Ordinal);
        Assert.Equal("risk@1", credit.Champion("risk"));
    }

    [Fact]
    public async Task Served_probabilities_are_those_of_predict_and_odd_rows_get_one_too()
    {
        using var credit = Workshop.Of("credit");
        credit.Run();
        var rows = credit.Ask("query", "SELECT * FROM cases ORDER BY application_id LIMIT 200", "--format", "json").Exits(0).Json.AsArray().Select(r => r!).ToList();
        credit.Write("rows.json", new JsonArray([.. rows.Select(r => r.DeepClone())]).ToJsonString());
        var predicted = credit.Ask("predict", "risk", "rows.json", "--format", "json").Exits(0).Json.AsArray();

        using var server = Server.Start(credit);
        using var risk = new Inference(server.Address, "risk");
        var served = await risk.Probabilities(rows, id: "application_id");

        Assert.All(served.Zip(predicted), p => Assert.Equal((double)p.Second!["probability"]!, p.First, 1e-5));

        var odd = rows[0].DeepClone();
        (odd["purpose"], odd["amount_dm"], odd["housing"]) = ("a flight to the moon", null, "");
        Assert.InRange(Assert.Single(await risk.Probabilities([odd])), 0, 1);

        var (status, answer) = await risk.Ask(rows, without: "savings");
        Assert.Equal(400, status);
        Assert.Contains("Input 'savings' is missing", (string)answer["error"]!, StringComparison.Ordinal);
        Assert.Equal(201, credit.Number("SELECT count(*) FROM risk__predictions"));
    }

    [Fact]
    public void A_label_of_one_class_is_refused_and_the_champion_stays()
    {
        using var credit = Workshop.Of("credit");
        credit.Run();
        credit.Edit("tables/cases.sql", "credit_risk = 0 AS is_bad", "credit_risk < 0 AS is_bad");

        var run = credit.Ask("run").Exits(1);

        Assert.Contains("The label is 0 in all 1000 rows. Binary training needs rows of both classes.", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Equal("risk@1", credit.Champion("risk"));

        credit.Edit("tables/cases.sql", "credit_risk < 0 AS is_bad", "credit_risk = 0 AS is_bad");
        credit.Run();
        Assert.Equal("risk@1", credit.Champion("risk"));
    }

    [Fact]
    public void A_constant_an_empty_and_a_gappy_feature_are_no_hindrance_and_an_infinite_one_is_named()
    {
        using var credit = Workshop.Of("credit");
        credit.Edit(
            "tables/cases.sql",
            "    savings,\n    duration AS months",
            "    savings,\n    7 AS always_seven,\n    NULL::DOUBLE AS never_known,\n    if(duration = 24, 'NaN'::DOUBLE, duration) AS gappy,\n    duration AS months");
        credit.Run();

        var manifest = Shown(credit, 1)["manifest"]!;
        var notes = manifest["notes"]!.ToJsonString();
        Assert.Contains("always_seven", notes, StringComparison.Ordinal);
        Assert.Contains("never_known", notes, StringComparison.Ordinal);
        Assert.Contains("gappy", manifest["importance"]!.ToJsonString(), StringComparison.Ordinal);

        credit.Edit("tables/cases.sql", "'NaN'::DOUBLE", "'inf'::DOUBLE");
        var run = credit.Ask("run").Exits(1);
        Assert.Contains("Feature 'gappy' is infinite in 184 of 1000 rows", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Equal("risk@1", credit.Champion("risk"));
    }

    private static JsonNode Shown(Workshop credit, int version) => credit.Ask("model", "show", string.Create(CultureInfo.InvariantCulture, $"risk@{version}"), "--json").Exits(0).Json;
}
