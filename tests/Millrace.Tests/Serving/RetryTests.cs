using Millrace.Serving;
using Millrace.Serving.Predictions;

namespace Millrace.Tests.Serving;

public sealed class RetryTests : ServingTestBase
{
    private const string Ids = "SELECT prediction_id, model_version, prediction FROM predictions ORDER BY sequence";

    [Fact]
    public async Task A_retry_gets_the_logged_answer_and_is_logged_once_even_after_a_switch()
    {
        Assert.Equal("1: 28", Show(await Ask("a", null, (10, 8))));
        Endpoint.Switch(Version("2", 3));

        Assert.Equal("1: 28 (1 logged)", Show(await Ask("a", null, (10, 8))));
        Assert.Equal(["(a, 1, 28.0)"], Query(Ids));
    }

    [Fact]
    public async Task A_retry_is_known_after_a_restart_and_after_the_fold()
    {
        Show(await Ask("a", null, (10, 8)));
        Restart();
        Assert.Equal("1: 28 (1 logged)", Show(await Ask("a", null, (10, 8))));
        Fold();
        Assert.Equal("1: 28 (1 logged)", Show(await Ask("a", null, (10, 8))));
        Restart();
        Assert.Equal("1: 28 (1 logged)", Show(await Ask("a", null, (10, 8))));
        Assert.Equal(["(a, 1, 28.0)"], Query(Ids));
    }

    [Fact]
    public async Task An_id_with_other_inputs_is_refused_and_named()
    {
        Show(await Ask(null, ["a"], (10, 8)));
        foreach (var again in new Action[] { () => { }, () => Fold(), Restart })
        {
            again();
            var error = await Assert.ThrowsAsync<ServingException>(() => Ask(null, ["a"], (10, 9)));
            Assert.Equal(Refusal.Invalid, error.Refusal);
            Assert.StartsWith("The prediction id 'a' was used before with other inputs (row 0", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["(a, 1, 28.0)"], Query(Ids));
    }

    [Fact]
    public async Task Of_a_request_that_is_partly_known_only_the_new_rows_are_logged()
    {
        Show(await Ask(null, ["a", "b"], (1, 1), (2, 2)));

        Assert.Equal("1: 12 3 15 6 (2 logged)", Show(await Ask(null, ["c", "a", "d", "b"], (4, 4), (1, 1), (5, 5), (2, 2))));
        Assert.Equal(["(a, 1, 3.0)", "(b, 1, 6.0)", "(c, 1, 12.0)", "(d, 1, 15.0)"], Query(Ids));
        Assert.Equal("1: 12 15 (2 logged)", Show(await Ask(null, ["c", "d"], (4, 4), (5, 5))));
    }

    [Fact]
    public async Task Rows_of_two_versions_are_not_answered_as_one()
    {
        Show(await Ask(null, ["a"], (1, 1)));
        Endpoint.Switch(Version("2", 3));

        var error = await Assert.ThrowsAsync<ServingException>(() => Ask(null, ["a", "b"], (1, 1), (2, 2)));
        Assert.Contains("answered before by version 1 and others belong to version 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("2: 8", Show(await Ask(null, ["b"], (2, 2))));
    }

    [Fact]
    public async Task An_id_twice_in_one_request_is_refused_and_stays_free()
    {
        var error = await Assert.ThrowsAsync<ServingException>(() => Ask(null, ["a", "a"], (1, 1), (1, 1)));

        Assert.Contains("'a' stands twice", error.Message, StringComparison.Ordinal);
        Assert.Equal("1: 3", Show(await Ask(null, ["a"], (1, 1))));
    }

    [Fact]
    public async Task A_request_id_names_its_rows()
    {
        using (var answer = await Ask("r", null, (1, 1), (2, 2)))
            Assert.Equal(["r/0", "r/1"], Enumerable.Range(0, 2).Select(i => System.Text.Encoding.UTF8.GetString(answer.PredictionIds.Text(i))));
        Assert.Equal("1: 3 6 (2 logged)", Show(await Ask("r", null, (1, 1), (2, 2))));
    }

    [Theory]
    [InlineData("", "has 0 bytes")]
    [InlineData("auto/7", "begins with 'auto/'")]
    public async Task Ids_that_nobody_may_give_are_refused(string id, string message)
    {
        var error = await Assert.ThrowsAsync<ServingException>(() => Ask(null, [id], (1, 1)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_with_one_id_at_the_same_time_are_answered_alike_and_logged_once()
    {
        _ = Endpoint;
        for (var round = 0; round < 50; round++)
        {
            var id = "same" + round;
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => Show(await Ask(id, null, (1, 1))))));
            Assert.Equal(7, answers.Count(a => a == "1: 3 (1 logged)"));
        }

        Assert.Equal(["(50, 50)"], Query("SELECT count(*), count(DISTINCT prediction_id) FROM predictions"));
    }

    [Fact]
    public async Task Only_the_newest_folded_ids_are_remembered()
    {
        Options = new PredictionLogOptions { RememberedIds = 2 };
        foreach (var id in new[] { "a", "b", "c" })
            Show(await Ask(id, null, (1, 1)));
        Assert.Equal("1: 3 (1 logged)", Show(await Ask("a", null, (1, 1))));
        Fold();
        Restart();

        Assert.Equal(2, Endpoint.Log.KnownIds);
        Assert.Equal("1: 3 (1 logged)", Show(await Ask("b", null, (1, 1))));
        Assert.Equal("1: 3", Show(await Ask("a", null, (1, 1))));
    }

    [Fact]
    public async Task An_id_whose_scoring_failed_stays_free()
    {
        var fails = true;
        Endpoint.Switch(new ServedModel(
            new ModelIdentity("demand", "demand", "2", Signature),
            (inputs, rows, outputs) =>
            {
                if (fails && inputs[0].Values<float>()[0] != 0)
                    throw new InvalidOperationException("The engine is out of order.");
                outputs[0].Add(1f);
            },
            () => { }));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Ask("a", null, (1, 1)));
        fails = false;
        Assert.Equal("2: 1", Show(await Ask("a", null, (1, 1))));
    }
}
