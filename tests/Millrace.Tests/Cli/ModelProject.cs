using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Scoring;
using Millrace.Serving;
using Millrace.Serving.Predictions;
using Millrace.Sql;

namespace Millrace.Tests.Cli;

/// <summary>A project with a model of visits and an endpoint, called as a person calls it, by a clock that stands still.</summary>
public sealed partial class ModelProject : IDisposable
{
    private static readonly DateTime First = new(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public ModelProject()
    {
        Project.Write("sources/visits.yaml", """
            type: csv
            path: data/*.csv
            time_column: at
            columns:
              - {name: at, type: timestamp, required: true}
              - {name: warmth, type: double}
              - {name: rain, type: double}
              - {name: is_open, type: boolean}
              - {name: visits, type: double}
            """);
        Project.Write("models/visits.yaml", Definition);
        Project.Write("endpoints/visits.yaml", """
            description: How many will come.
            model: visits
            labels: {table: visits, label: visits, key: at, matches: event_time}
            monitor:
              window: month
              min_rows: 50
              drift: {threshold: 0.25, share: 0.3}
              performance: {metric: mae, worse_by: 0.25, min_labels: 50}
            retrain: {on: [drift, performance], cool_down: 7 days}
            """);
        Rows("2025-spring.csv", 0, 900, 0, 0);
    }

    /// <summary>The model's file.</summary>
    public const string Definition = """
        description: Visits in four hours.
        task: regression
        data: visits
        label: visits
        key: at
        time_column: at
        split: {holdout: 30 days, validation: none}
        trainer: ridge
        gates:
          - {metric: mae, better_than: baseline, by: 0.1}
          - {metric: mae, not_worse_than: champion}
        """;

    public SampleProject Project { get; } = new();

    public (int ExitCode, string Out, string Error) Call(params string[] words) => Written.CallAt(Project.Clock, Project.Folder, words);

    public (int ExitCode, string Out, string Error) CallWith(string input, params string[] words) => Written.CallAt(Project.Clock, Project.Folder, words, input);

    /// <summary>Calls, and asserts that it is done.</summary>
    public string Done(params string[] words)
    {
        Project.Clock.Advance(TimeSpan.FromMinutes(1));
        var (code, answer, error) = Call(words);
        Assert.True(code == 0, answer + error);
        return answer;
    }

    /// <summary>Rows of four hours each, of which the warmth and the visits may lie higher than before.</summary>
    public void Rows(string file, int from, int to, double warmer, double busier) => Project.Write(
        "data/" + file, "at,warmth,rain,is_open,visits\n" + string.Concat(Enumerable.Range(from, to - from).Select(i => Line(i, warmer, busier))));

    /// <summary>Asks the endpoint about such rows as a server does.</summary>
    public async Task PredictAsync(int from, int to, double warmer)
    {
        using var engine = Project.Open();
        var model = engine.Model("visits").Model;
        using var pool = new SqlSessionPool(new SqlSettings { TempDirectory = engine.Home.TempFolder });
        using var scorer = OnnxModel.Open(engine.Registry.Onnx(model));
        var signature = new Millrace.Serving.ModelSignature(
            [new TensorSpec("warmth", TensorType.Float32), new TensorSpec("rain", TensorType.Float32), new TensorSpec("is_open", TensorType.Bool)],
            [new TensorSpec("prediction", TensorType.Float32)]);
        var log = PredictionLog.Open(new PredictionTable(engine.Home.Folder, "visits", engine.Ledger, pool), new PredictionLogOptions(), Project.Clock);
        using var runtime = new EndpointRuntime(log, Project.Clock, new ServingLimits());
        runtime.Switch(new ServedModel(
            new ModelIdentity("visits", "visits", model.Version.ToString(CultureInfo.InvariantCulture), signature), (i, rows, o) => Score(scorer, i, o[0]), () => { }));

        using var request = runtime.Begin();
        long[] shape = [to - from];
        var (times, warmth, rain, open) = (
            request.AddInput("event_time", "BYTES", shape), request.AddInput("warmth", "FP32", shape), request.AddInput("rain", "FP32", shape),
            request.AddInput("is_open", "BOOL", shape));
        for (var i = from; i < to; i++)
        {
            times.Text(System.Text.Encoding.UTF8.GetBytes(At(i).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
            warmth.Single((float)(Warmth(i) + warmer));
            rain.Single((float)Rain(i));
            open.Boolean(IsOpen(i));
        }

        using var answer = await request.AnswerAsync(CancellationToken.None);
        Assert.Equal(to - from, answer.Rows);
    }

    /// <summary>What a person sees, without what differs between machines and days.</summary>
    public string Page(string text)
    {
        text = text.Replace(Project.Folder, "PROJECT", StringComparison.Ordinal);
        text = RunNames().Replace(text, "run-N");
        text = Hashes().Replace(text, "HASH");
        text = Makers().Replace(text, "makers  MAKERS");
        return Times().Replace(TimeHeads().Replace(text, "  time"), "  TIME");
    }

    public void Dispose() => Project.Dispose();

    private static void Score(OnnxModel scorer, IReadOnlyList<TensorData> inputs, TensorData output)
    {
        var answers = scorer.Score(
            [
                ModelColumn.Of("warmth", inputs[0].Values<float>().ToArray()), ModelColumn.Of("rain", inputs[1].Values<float>().ToArray()),
                ModelColumn.Of("is_open", Array.ConvertAll(inputs[2].Values<byte>().ToArray(), b => b != 0)),
            ],
            CancellationToken.None);
        foreach (var value in answers.Values<float>("prediction"))
            output.Add(value);
    }

    private static string Line(int i, double warmer, double busier)
    {
        var visits = (3 * (Warmth(i) + warmer)) - Rain(i) + (IsOpen(i) ? 5 : 0) + (((i * 7919 % 13) - 6) / 10.0) + busier;
        return FormattableString.Invariant($"{At(i):yyyy-MM-dd HH:mm:ss},{Warmth(i) + warmer:0.0},{Rain(i):0.0},{(IsOpen(i) ? "true" : "false")},{visits:0.0}\n");
    }

    private static DateTime At(int i) => First.AddHours(4 * i);

    private static double Warmth(int i) => i * 37 % 101 / 10.0;

    private static double Rain(int i) => i * 53 % 97 / 10.0;

    private static bool IsOpen(int i) => i % 7 != 0;

    [GeneratedRegex("run-[0-9]+-[0-9a-f]{8}")]
    private static partial Regex RunNames();

    [GeneratedRegex("[0-9a-f]{64}|\\b[0-9a-f]{12}\\b|(?<=[(]|--plan )[0-9a-f]{8}\\b")]
    private static partial Regex Hashes();

    [GeneratedRegex("makers  .*")]
    private static partial Regex Makers();

    [GeneratedRegex("\\s+\\b[0-9.]+ m?s\\b")]
    private static partial Regex Times();

    [GeneratedRegex(" +time\\b(?=  checks)")]
    private static partial Regex TimeHeads();
}
