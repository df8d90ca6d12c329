using Millrace.Assets;
using Millrace.Cli.Output;
using Millrace.Project;

namespace Millrace.Cli.Commands;

/// <summary>What a run's new model versions proved: beside the naive forecast, and at their gates.</summary>
internal static class ChampionText
{
    public static void Write(TextWriter to, Paint paint, int? width, IReadOnlyList<ModelView> trained, RunFacts facts)
    {
        foreach (var view in trained)
        {
            var (model, rows) = (view.Model, view.Model.Manifest.Training.Rows);
            var name = paint.Of(Tone.Strong, ModelWords.NameOf(model));
            var learnt = $"{name} learnt from {Human.Count(rows.Train, "row")}";
            to.WriteLine();
            var state = view.IsChampion ? $"is the {paint.Of(Tone.Good, "champion")}"
                : !model.Record.IsRefused ? "is not released"
                : facts.Champions.TryGetValue(model.Key, out var champion)
                    ? $"is {paint.Of(Tone.Bad, "refused")}: {ModelWords.NameOf(model.Key.Name, champion)} stays the champion"
                    : $"is {paint.Of(Tone.Bad, "refused")}";
            to.WriteLine($"{learnt} and {state}. On {Human.Count(rows.Holdout, "row")} held out:");

            var judged = model.Record.Checks.Select(c => c.Id.Split(' ')[0]).Append(ModelWords.MainMetric(model))
                .ToHashSet(StringComparer.Ordinal);
            ModelText.Metrics(model, judged.Contains).Write(to, paint, width);
            if (model.Record.Checks.Count > 0)
                to.WriteLine();
            ModelText.WriteGates(to, paint, width, model.Record);
        }
    }

    /// <summary>What an endpoint answers with, such as <c>serves demand@1</c>; null where that is not known.</summary>
    public static string? Served(AssetKey endpoint, IReadOnlyList<AssetKey> parents, RunFacts facts) =>
        endpoint.Kind == AssetKind.Endpoint && parents.FirstOrDefault(p => p.Kind == AssetKind.Model) is { Name: not null } model
        && facts.Champions.TryGetValue(model, out var version) ? $"serves {ModelWords.NameOf(model.Name, version)}" : null;
}
