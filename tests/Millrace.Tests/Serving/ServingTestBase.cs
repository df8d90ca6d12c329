using System.Globalization;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Tests.Serving;

/// <summary>An endpoint `demand` in a home of its own; its first version predicts 2 temp + hour, missing as missing.</summary>
public abstract class ServingTestBase : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "millrace-serving-" + Guid.NewGuid().ToString("N"));
    private EndpointRuntime? _endpoint;

    protected ServingTestBase()
    {
        Directory.CreateDirectory(_root);
        Ledger = Millrace.Ledger.Ledger.Open(Path.Combine(_root, "ledger.db"), Clock);
        Pool = new SqlSessionPool(new SqlSettings { TempDirectory = Path.Combine(_root, "tmp"), Threads = 1 });
        Table = new PredictionTable(_root, "demand", Ledger, Pool);
    }

    protected static ModelSignature Signature { get; } = new(
        [new TensorSpec("temp", TensorType.Float32), new TensorSpec("hour", TensorType.Int64), new TensorSpec("city", TensorType.Bytes)],
        [new TensorSpec("prediction", TensorType.Float32)]);

    protected string Root => _root;

    protected FakeClock Clock { get; } = new();

    protected Millrace.Ledger.Ledger Ledger { get; }

    protected SqlSessionPool Pool { get; }

    protected PredictionTable Table { get; }

    protected PredictionLogOptions Options { get; set; } = new();

    protected ServingLimits Limits { get; set; } = new();

    protected List<string> Released { get; } = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The endpoint, opened with version 1 at the first use.</summary>
    protected EndpointRuntime Endpoint
    {
        get
        {
            if (_endpoint is null)
            {
                _endpoint = new EndpointRuntime(PredictionLog.Open(Table, Options, Clock), Clock, Limits);
                _endpoint.Switch(Version("1"));
            }

            return _endpoint;
        }
    }

    public void Dispose()
    {
        _endpoint?.Dispose();
        Pool.Dispose();
        Ledger.Dispose();
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>As if the process had ended and another one had begun.</summary>
    protected void Restart()
    {
        _endpoint?.Dispose();
        _endpoint = null;
    }

    /// <summary>A version that predicts factor * temp + hour.</summary>
    protected ServedModel Version(string version, float factor = 2, ModelSignature? signature = null) => new(
        new ModelIdentity("demand", "demand", version, signature ?? Signature),
        (inputs, rows, outputs) =>
        {
            var temps = inputs[0].Values<float>();
            var hours = inputs[1].Values<long>();
            for (var row = 0; row < rows; row++)
                outputs[0].Add((factor * temps[row]) + hours[row]);
        },
        () => Released.Add(version));

    /// <summary>Asks for rows of (temp, hour), each in Bern; a NaN is missing.</summary>
    protected async Task<InferenceAnswer> Ask(string? id, string[]? predictionIds, params (float Temp, long Hour)[] rows)
    {
        using var request = Begin(id, predictionIds, rows);
        return await request.AnswerAsync(Cancellation);
    }

    protected InferenceRequest Begin(string? id, string[]? predictionIds, params (float Temp, long Hour)[] rows)
    {
        var request = Endpoint.Begin();
        if (id is not null)
            request.SetId(id);
        long[] shape = [rows.Length, 1];
        var temps = request.AddInput("temp", "FP32", shape);
        var hours = request.AddInput("hour", "INT64", shape);
        var cities = request.AddInput("city", "BYTES", shape);
        foreach (var (temp, hour) in rows)
        {
            if (float.IsNaN(temp))
                temps.Missing();
            else
                temps.Single(temp);
            hours.Integer(hour);
            cities.Text("Bern"u8);
        }

        var ids = predictionIds is null ? null : request.AddInput("prediction_id", "BYTES", [predictionIds.Length]);
        foreach (var one in predictionIds ?? [])
            ids!.Text(System.Text.Encoding.UTF8.GetBytes(one));
        return request;
    }

    /// <summary>The predictions of an answer, with its version and the rows logged before: <c>1: 28 30 (2 logged)</c>.</summary>
    protected static string Show(InferenceAnswer answer)
    {
        using (answer)
        {
            var values = answer.Outputs[0].Values<float>().ToArray().Select(v => v.ToString(CultureInfo.InvariantCulture));
            return $"{answer.Model.Version}: {string.Join(' ', values)}" + (answer.LoggedBefore > 0 ? $" ({answer.LoggedBefore} "
                + $"logged)" : "");
        }
    }

    /// <summary>What a SELECT over <c>predictions</c> gives, a row a text.</summary>
    protected IReadOnlyList<string> Query(string select)
    {
        using var session = Pool.Rent();
        session.Define("predictions", Table.Read(session)!);
        using var result = session.Query($"SELECT COLUMNS(*)::VARCHAR FROM ({select})");
        return [.. result.Rows().Select(r => $"({string.Join(", ", r.Select(v => v ?? "NULL"))})")];
    }

    protected FoldResult Fold()
    {
        Endpoint.Log.Seal(TimeSpan.Zero);
        return Table.Fold(Clock.GetUtcNow(), Cancellation);
    }
}
