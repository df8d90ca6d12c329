using Millrace.Ledger;
using Millrace.Native;
using Millrace.Registry;
using Millrace.Scoring;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Compares a candidate with the version in force, on held-out rows that the champion had not learnt from either.</summary>
internal sealed class Challenge(ModelRegistry registry, DuckConnection connection, ModelPlan plan, TrainingRows rows, Split split)
{
    /// <summary>Both on the same rows.</summary>
    /// <param name="version">The version in force, or null.</param>
    /// <param name="candidate">The candidate's answers, one a row of the training.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    /// <returns>The comparison; or why it cannot be made; or neither when there is no champion.</returns>
    public (ChampionRecord? Record, string? Incomparable) Meet(VersionRecord? version, double[] candidate, CancellationToken cancellationToken)
    {
        if (version is null)
            return (null, null);
        var champion = registry.Read(version);
        var recipe = champion.Manifest.Training.Recipe;
        var name = FormattableString.Invariant($"the champion, version {champion.Version},");
        if (recipe.Task != plan.Definition.Task || !recipe.Query.Label.Equals(plan.Query.Label, StringComparison.OrdinalIgnoreCase))
            return (null, $"{name} predicts something else ({recipe.Query.Label}). Take this gate out to release the new kind of model.");

        TrainingRows seen;
        try
        {
            seen = TrainingRows.Read(connection, recipe.Query with { Data = plan.Query.Data, Key = plan.Query.Key, Time = plan.Query.Time, Baseline = null, Slices = [] }, cancellationToken);
        }
        catch (DuckException e) when (e.Kind == DuckErrorKind.Binder)
        {
            return (null, $"{name} cannot be asked about these rows: {e.Message.Split('\n')[0].Trim()}. Take this gate out to release without the comparison.");
        }

        var columns = seen.Features.Zip(champion.Manifest.Features, Fitting).ToList();
        if (columns.Contains(null))
            return (null, $"{name} cannot be asked about these rows: a flag that it knows is missing in some of them.");
        using var scorer = OnnxModel.Open(registry.Onnx(champion));
        var answers = ModelScores.Of(scorer, [.. columns.OfType<FeatureColumn>()], cancellationToken);
        var unseen = Unseen(recipe, champion.Manifest.Training.LastTime);
        return (
            new ChampionRecord(
                champion.Version, unseen.Count, Evaluation.Measure(plan.Definition.Task, rows.Label, answers, unseen), Evaluation.Measure(plan.Definition.Task, rows.Label, candidate, unseen)),
            null);
    }

    /// <summary>Held-out rows that the champion did not learn from: later than all that it saw, or drawn to its holdout by the same hash.</summary>
    private List<int> Unseen(TrainingRecipe champion, DateTime? lastSeen)
    {
        if (champion.IsByTime)
            return rows.Times.Length > 0 && lastSeen is { } last ? [.. split.Holdout.Where(r => rows.Times[r] > last)] : [];
        var theirs = champion.Split(rows).Holdout.ToHashSet();
        return [.. split.Holdout.Where(theirs.Contains)];
    }

    /// <summary>A flag may have become a number since, or the other way round, as values went missing.</summary>
    private static FeatureColumn? Fitting(FeatureColumn column, ModelFeature wanted) => (column.Type, wanted.Type) switch
    {
        var (has, wants) when has == wants => column,
        (FeatureType.Flag, FeatureType.Number) => FeatureColumn.OfNumbers(column.Name, Array.ConvertAll(column.Flags.ToArray(), f => f ? 1f : 0f)),
        _ => null,
    };
}
