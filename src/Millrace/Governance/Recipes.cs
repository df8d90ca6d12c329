using System.Runtime.InteropServices;
using Millrace.Native;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Makes the recipe of a training: what the project says, with the borders that the rows decide.</summary>
internal static class Recipes
{
    public static TrainingRecipe Of(ModelPlan plan, TrainingRows rows)
    {
        var split = plan.Definition.Split;
        var recipe = new TrainingRecipe
        {
            Task = plan.Definition.Task,
            Trainer = plan.Trainer.Name,
            Parameters = plan.Parameters.Values.ToDictionary(p => p.Key, p => p.Value),
            Seed = plan.Definition.Seed,
            Query = plan.Query,
            IsByTime = split.ByTime,
        };
        if (!split.ByTime)
            return recipe with { HoldoutShare = split.Holdout.Share, ValidationShare = split.Validation?.Share ?? 0 };

        var times = (DateTime[])rows.Times.Clone();
        Array.Sort(times);
        var holdout = Border(times, times[^1].AddTicks(1), split.Holdout, times.Length);
        var earlier = Array.FindIndex(times, t => t >= holdout);
        var validation = split.Validation is { } portion && earlier > 0 ? Border(times[..earlier], holdout, portion, times.Length) : holdout;
        if (earlier <= 0 || times[0] >= validation)
        {
            throw new TrainingException(FormattableString.Invariant(
                $"The rows of {plan.Definition.Data} reach from {times[0]:yyyy-MM-dd HH:mm} to {times[^1]:yyyy-MM-dd HH:mm}; a holdout of {split.Holdout}{(split.Validation is null ? "" : $" and a validation of {split.Validation}")} leave none to learn from. Load more rows, or write a shorter split into {plan.Definition.File}."));
        }

        return recipe with { HoldoutFrom = holdout, ValidationFrom = validation };
    }

    /// <summary>Who had a part in it: what another machine would need to make the same bytes.</summary>
    public static IReadOnlyDictionary<string, string> Makers() => new Dictionary<string, string>
    {
        ["millrace"] = typeof(Recipes).Assembly.GetName().Version!.ToString(3),
        ["dotnet"] = Environment.Version.ToString(),
        ["duckdb"] = DuckDatabase.Version,
        ["os"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
    };

    /// <summary>The first time that lies in the last so much of the times before an end.</summary>
    /// <param name="times">In order.</param>
    /// <param name="end">After the last of them.</param>
    /// <param name="portion">How much.</param>
    /// <param name="all">The rows that a share is a share of.</param>
    private static DateTime Border(DateTime[] times, DateTime end, Portion portion, int all)
    {
        if (portion.Period is { } period)
        {
            var border = period.Before(new DateTimeOffset(DateTime.SpecifyKind(end, DateTimeKind.Utc))).UtcDateTime;
            return Array.Find(times, t => t >= border) is var first && first >= border ? first : border;
        }

        return times[Math.Clamp(times.Length - (int)Math.Round(all * portion.Share), 0, times.Length - 1)];
    }
}
