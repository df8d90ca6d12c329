using System.CommandLine;
using System.Text.Json.Nodes;
using Millrace.Cli.Output;
using Millrace.Registry;

namespace Millrace.Cli.Commands;

/// <summary><c>millrace model compare</c>.</summary>
internal sealed class ModelCompareCommand : CliCommand
{
    private readonly Argument<string?> _first = ModelWords.Version("A");
    private readonly Argument<string?> _second = ModelWords.Version("B");

    public ModelCompareCommand() : base("model compare", "Show where two versions of models differ.") => Takes(_first, _second);

    public override IReadOnlyList<(string Words, string Meaning)> Examples =>
    [
        ("millrace model compare demand@1 demand@2", "parameters, features, rows and quality side by side"),
    ];

    public override int Execute(Invocation call)
    {
        using var engine = call.Open();
        var (first, second) = (engine.Model(call.Get(_first)!), engine.Model(call.Get(_second)!));
        if (call.IsJson)
            JsonText.Write(call.Out, new JsonObject { ["a"] = ModelJson.Whole(first), ["b"] = ModelJson.Whole(second) });
        else
            Write(call.Out, call.Paint, call.Terminal.Width, first.Model, second.Model);
        return ExitCode.Done;
    }

    internal static void Write(TextWriter to, Paint paint, int? width, RegisteredModel first, RegisteredModel second)
    {
        var (a, b) = (first.Manifest, second.Manifest);
        var differing = Settings(first).Zip(Settings(second)).Where(p => p.First.Value != p.Second.Value).ToList();
        var (before, after) = (Parameters(a), Parameters(b));
        var table = new TextTable("", ModelWords.NameOf(first), ModelWords.NameOf(second));
        foreach (var (setting, other) in differing)
            table.Add(setting.Name, setting.Value, other.Value);
        foreach (var name in before.Keys.Union(after.Keys).Where(n => before.GetValueOrDefault(n) != after.GetValueOrDefault(n)))
            table.Add(name, before.GetValueOrDefault(name, "-"), after.GetValueOrDefault(name, "-"));
        if (first.Record.Id == second.Record.Id)
            to.WriteLine($"Both names mean {ModelWords.NameOf(first)}.");
        else
            table.Write(to, paint, width);
        to.WriteLine();

        var (left, right) = (new Heading(ModelWords.NameOf(first), true), new Heading(ModelWords.NameOf(second), true));
        var metrics = new TextTable("on its own holdout", left, right);
        foreach (var metric in a.Evaluation.Metrics.Keys.Union(b.Evaluation.Metrics.Keys))
        {
            metrics.Add(
                metric, Human.Measure(a.Evaluation.Metrics.GetValueOrDefault(metric)), Human.Measure(b.Evaluation.Metrics.GetValueOrDefault(metric)));
        }

        metrics.Write(to, paint, width);
        WriteMeeting(to, paint, width, first, second);
        WriteFeatures(to, a, b);
    }

    /// <summary>The fair comparison, where one of the two met the other as champion.</summary>
    private static void WriteMeeting(TextWriter to, Paint paint, int? width, RegisteredModel first, RegisteredModel second)
    {
        var (later, earlier) = first.Version > second.Version ? (first, second) : (second, first);
        to.WriteLine();
        if (later.Key != earlier.Key || later.Manifest.Evaluation.Champion is not { Rows: > 0 } met || met.Version != earlier.Version)
        {
            to.WriteLine("The holdouts are those of each version: where they differ, so may the numbers with equal quality.");
            return;
        }

        var table = new TextTable(
            $"on {Human.Count(met.Rows, "row")} new to both", new Heading(ModelWords.NameOf(earlier), true), new Heading(ModelWords.NameOf(later), true));
        foreach (var (metric, value) in met.Metrics)
            table.Add(metric, Human.Measure(value), Human.Measure(met.Candidate.GetValueOrDefault(metric)));
        table.Write(to, paint, width);
    }

    private static void WriteFeatures(TextWriter to, ModelManifest a, ModelManifest b)
    {
        var (before, after) = (a.Features.ToDictionary(f => f.Name, f => f.Type), b.Features.ToDictionary(f => f.Name, f => f.Type));
        var lines = new[]
        {
            ("Features only in the first", before.Keys.Except(after.Keys).ToList()),
            ("Features only in the second", after.Keys.Except(before.Keys).ToList()),
            ("Features of another type", before.Where(f => after.TryGetValue(f.Key, out var type) && type != f.Value)
                .Select(f => $"{f.Key} ({f.Value.ToString().ToLowerInvariant()}, then {after[f.Key].ToString().ToLowerInvariant()})").ToList()),
        };
        to.WriteLine();
        foreach (var (head, names) in lines.Where(l => l.Item2.Count > 0))
            to.WriteLine($"{head}: {Human.Join(names, 20)}.");
        if (lines.All(l => l.Item2.Count == 0))
            to.WriteLine($"Both have the same {Human.Count(before.Count, "feature")}.");
    }

    private static List<(string Name, string Value)> Settings(RegisteredModel model)
    {
        var (manifest, training) = (model.Manifest, model.Manifest.Training);
        return
        [
            ("made", Human.Moment(model.Record.Committed)),
            ("predicts", $"{training.Recipe.Query.Label} of {training.Recipe.Query.Data}"),
            ("rows", ModelWords.Rows(training)),
            ("up to", training.LastTime is { } last ? Human.EventTime(last) : ""),
            ("inputs", Human.Join([.. training.Inputs.Select(i => $"{i.Asset} {Human.Number(i.Version)} ({i.Fingerprint[..8]})")])),
            ("trainer", training.Recipe.Trainer),
            ("seed", Human.Number(training.Recipe.Seed)),
            ("iterations", Human.Number(training.Iterations)),
            ("baseline", manifest.Evaluation.BaselineName),
            ("file", manifest.Onnx[..12]),
        ];
    }

    private static IReadOnlyDictionary<string, string> Parameters(ModelManifest manifest) => manifest.Training.Recipe.Parameters;
}
