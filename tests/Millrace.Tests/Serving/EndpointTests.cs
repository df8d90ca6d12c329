using Millrace.Native;
using Millrace.Scoring;
using Millrace.Serving;
using Millrace.Tests.Native;

namespace Millrace.Tests.Serving;

public sealed class EndpointTests : ServingTestBase
{
    [Fact]
    public async Task A_switch_drops_no_request_and_releases_the_old_version_after_its_last()
    {
        using var early = Begin("early", null, (10, 8));
        Endpoint.Switch(Version("2", 3));

        Assert.Empty(Released);
        Assert.Equal("2: 38", Show(await Ask("late", null, (10, 8))));
        Assert.Equal("1: 28", Show(await early.AnswerAsync(Cancellation)));
        early.Dispose();
        Assert.Equal(["1"], Released);
    }

    [Fact]
    public async Task Switching_all_the_time_answers_every_request()
    {
        _ = Endpoint;
        using var stop = new CancellationTokenSource();
        var switches = Task.Run(
            () =>
            {
                for (var version = 2; !stop.IsCancellationRequested; version++)
                    Endpoint.Switch(Version((version % 2).ToString(System.Globalization.CultureInfo.InvariantCulture), 2));
            },
            Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
                Assert.EndsWith(": 3", Show(await Ask($"{t}-{i}", null, (1, 1))), StringComparison.Ordinal);
        })));
        await stop.CancelAsync();
        await switches;

        Assert.Equal(["(1200)"], Query("SELECT count(*) FROM predictions"));
    }

    [Fact]
    public async Task A_version_that_cannot_score_never_comes_into_force()
    {
        var broken = new ServedModel(
            new ModelIdentity("demand", "demand", "2", Signature), (_, _, _) => throw new InvalidOperationException("No such "
                + "operator."), () => Released.Add("2"));

        Assert.Throws<InvalidOperationException>(() => Endpoint.Switch(broken));
        Assert.Equal("1: 3", Show(await Ask("a", null, (1, 1))));
        Assert.Equal(["2"], Released);
    }

    [Fact]
    public void A_version_never_changes_its_signature()
    {
        var other = new Millrace.Serving.ModelSignature(Signature.Inputs, [new TensorSpec("probability", TensorType.Float32)]);

        var error = Assert.Throws<InvalidDataException>(() => Endpoint.Switch(Version("1", 2, other)));
        Assert.StartsWith("Version 1 of the model 'demand' has another signature", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_version_requests_are_refused_as_not_ready()
    {
        Endpoint.Withdraw();

        Assert.False(Endpoint.IsReady);
        Assert.Equal(Refusal.NotReady, Assert.Throws<ServingException>(() => Endpoint.Begin()).Refusal);
        Assert.Equal(["1"], Released);
    }

    [Fact]
    public async Task After_the_log_is_closed_nothing_is_answered()
    {
        using var late = Begin("late", null, (1, 1));
        Endpoint.Dispose();

        var error = await Assert.ThrowsAsync<ServingException>(async () => await late.AnswerAsync(Cancellation));
        Assert.Equal(Refusal.NotReady, error.Refusal);
    }

    [Fact]
    public async Task An_onnx_model_is_served_with_missing_values_and_texts()
    {
        var graph = new OnnxSketch()
            .Input("temp", OrtElementType.Float, "N", 1).Input("hour", OrtElementType.Int64, "N", 1).Input("city", OrtElementType.String, "N", 1)
            .Output("prediction", OrtElementType.Float, "N", 1).Output("place", OrtElementType.String, "N", 1)
            .Constant("two", [2])
            .Node("Mul", ["temp", "two"], ["double"])
            .Node("Cast", ["hour"], ["hours"], attributes: ("to", 1L))
            .Node("Add", ["double", "hours"], ["prediction"])
            .Node("Identity", ["city"], ["place"])
            .Bytes();
        Endpoint.Switch(OnnxScorer.Serve("demand", "demand", "7", OnnxModel.Open(graph)));

        using var answer = await Ask("a", null, [.. Enumerable.Range(0, 5000).Select(i => (i == 4999 ? float.NaN : i, 1L))]);

        Assert.Equal(9997f, answer.Outputs[0].Values<float>()[4998]);
        Assert.True(answer.Outputs[0].IsMissing(4999));
        Assert.Equal("Bern", System.Text.Encoding.UTF8.GetString(answer.Outputs[1].Text(4998)));
        Assert.Equal(["(5000, Bern)"], Query("SELECT count(prediction) + 1, any_value(place) FROM predictions"));
    }
}
