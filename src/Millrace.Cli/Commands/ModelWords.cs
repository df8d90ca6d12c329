using System.CommandLine;
using System.Globalization;
using Millrace.Cli.Output;
using Millrace.Cli.Words;
using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Project;
using Millrace.Registry;
using Millrace.Training;

namespace Millrace.Cli.Commands;

/// <summary>How commands name a version of a model, and what they say of it in a word.</summary>
internal static class ModelWords
{
    public static Argument<string?> Version(string name = "MODEL") =>
        Word.Required(name, "A version: demand (the champion), demand@2, demand@champion or demand@LABEL.");

    /// <summary>Such as <c>demand@2</c>.</summary>
    public static string NameOf(RegisteredModel model) => NameOf(model.Key.Name, model.Version);

    public static string NameOf(string model, long version) => string.Create(CultureInfo.InvariantCulture, $"{model}@{version}");

    /// <summary>An asset of a release: a model with its version.</summary>
    public static string TitleOf(Pointer pointer) =>
        pointer.Asset.Kind == Assets.AssetKind.Model ? NameOf(pointer.Asset.Title, pointer.Version.Number) : pointer.Asset.Title;

    /// <summary><c>champion</c>, <c>refused</c> and labels; empty for none of them.</summary>
    public static Cell StateOf(ModelView view)
    {
        var words = new List<string>();
        if (view.IsChampion)
            words.Add(ModelRegistry.Champion);
        if (view.Model.Record.IsRefused)
            words.Add("refused");
        words.AddRange(view.Labels);
        return new Cell(string.Join(", ", words), view.IsChampion ? Tone.Good : view.Model.Record.IsRefused ? Tone.Bad : Tone.Plain);
    }

    /// <summary>The measure that stands first where there is room for one.</summary>
    public static string MainMetric(RegisteredModel model) => Evaluation.MainMetric(model.Manifest.Task);

    public static string TaskOf(LearningTask task) => task.ToString().ToLowerInvariant();

    /// <summary>Who trained, with what: <c>gbdt: trees 500, learning_rate 0.05</c>.</summary>
    public static string Trainer(TrainingRecipe recipe)
    {
        var parameters = string.Join(", ", recipe.Parameters.Select(p => $"{p.Key} {p.Value}"));
        return string.Create(CultureInfo.InvariantCulture, $"{recipe.Trainer}{(parameters.Length > 0 ? ": " + parameters : "")}; seed {recipe.Seed}");
    }

    /// <summary>Which rows were for what, with their times.</summary>
    public static string Rows(TrainingRecord training)
    {
        var (rows, recipe) = (training.Rows, training.Recipe);
        var first = training.FirstTime is { } at ? $" from {Human.EventTime(at)}" : "";
        var parts = new List<string> { $"{Human.Number(rows.Train)} trained{first}" };
        if (rows.Validation > 0)
            parts.Add($"{Human.Number(rows.Validation)} validated{(recipe.IsByTime ? Border(recipe.ValidationFrom) : Share(recipe.ValidationShare))}");
        parts.Add($"{Human.Number(rows.Holdout)} held out{(recipe.IsByTime ? Border(recipe.HoldoutFrom) : Share(recipe.HoldoutShare))}");
        if (rows.Unlabelled > 0)
            parts.Add($"{Human.Number(rows.Unlabelled)} without a label left out");
        return string.Join(", ", parts);
    }

    private static string Share(double share) => $" ({Human.Percent(share)} by key)";

    /// <summary>A border one tick behind a row's time has that row on its near side.</summary>
    private static string Border(DateTime? border) =>
        border is { } at ? $" {(at.Ticks % TimeSpan.TicksPerMicrosecond == 1 ? "after" : "from")} {Human.EventTime(at)}" : "";
}
