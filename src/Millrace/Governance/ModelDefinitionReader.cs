using System.Globalization;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Reads a file of <c>models/</c>.</summary>
public static class ModelDefinitionReader
{
    private static readonly Shape SplitShape = new(
        "split",
        "How rows are shared out between training, early stopping and the verdict.",
        new Key("by", KeyKind.Word, "What decides on which side a row lies: its time (the last rows are held out) or a hash of its key.")
        {
            Words = ["time", "random"],
        },
        new Key("holdout", KeyKind.Text, "The rows that the verdict is made on: a period such as '28 days', or a share such as '20%'.")
        {
            Example = "28 days",
        },
        new Key("validation", KeyKind.Text, "The rows that early stopping looks at: a period before the holdout, or a share; 'none' for none.")
        {
            Example = "14 days",
        });

    private static readonly Shape GateShape = new(
        "gate",
        "A rule that a version must pass, on rows that it has not seen, before it is released.",
        new Key("metric", KeyKind.Text, "What is measured.") { IsRequired = true, Example = "mae" },
        new Key("max", KeyKind.Number, "The measure is at most this.") { Example = 60 },
        new Key("min", KeyKind.Number, "The measure is at least this.") { Example = 0.7 },
        new Key("better_than", KeyKind.Word, "The measure is better than that of the naive forecast.") { Words = ["baseline"], Example = "baseline" },
        new Key("by", KeyKind.Number, "How much better than the baseline, as a share of its measure.") { Minimum = 0, Maximum = 1, Example = 0.1 },
        new Key("not_worse_than", KeyKind.Word, "The measure is not worse than that of the version in force, on the same rows.") { Words = ["champion"], Example = "champion" },
        new Key("tolerance", KeyKind.Number, "How much worse than the champion is still accepted, as a share of its measure.") { Minimum = 0, Maximum = 1, Example = 0.02 },
        new Key("slice", KeyKind.Text, "A column of the data: the bounds hold for each of its values.") { Example = "is_working_day" },
        new Key("min_rows", KeyKind.Integer, "A value of the slice with fewer held-out rows is not judged.") { Minimum = 1, Maximum = int.MaxValue, Default = 30 });

    /// <summary>The keys of a model.</summary>
    public static Shape Shape { get; } = new(
        "model",
        "What is learnt from which rows, and what a version has to prove.",
        new Key("task", KeyKind.Word, "What is predicted: a number, or the probability that a label of two classes is 1.")
        {
            IsRequired = true,
            Words = ["regression", "binary"],
            LaterWords = ["multiclass", "forecast", "ranking"],
            Example = "regression",
        },
        new Key("data", KeyKind.Text, "The table (or source) with one row an example.") { IsRequired = true, Example = "hourly_features" },
        new Key("label", KeyKind.Text, "The column to predict; rows without a value are left out.") { IsRequired = true, Example = "rides" },
        new Key("key", KeyKind.Texts, "The columns that name a row. They are no features.") { IsRequired = true, Example = "hour" },
        new Key("time_column", KeyKind.Text, "The column that says when an example happened. It is no feature.") { Example = "hour" },
        new Key("features", KeyKind.Texts, "The columns to learn from; without it all but label, key, time_column and exclude.") { Example = new[] { "hour_of_day", "weather" } },
        new Key("exclude", KeyKind.Texts, "Columns that are no features.") { Example = new[] { "casual" } },
        new Key("split", KeyKind.Map, "How rows are shared out; without it the last 20% by time_column, or 20% by a hash of the key.") { Shape = SplitShape },
        new Key("trainer", KeyKind.Text, "What learns.") { Default = "gbdt", Example = "gbdt" },
        new Key("parameters", KeyKind.Scalars, "The trainer's parameters.") { Example = "{trees: 300, learning_rate: 0.05}" },
        new Key("seed", KeyKind.Integer, "Where chance comes from; the same seed gives the same bytes.") { Default = 1, Minimum = 0 },
        new Key("baseline", KeyKind.Text, "A column that is itself a naive forecast; without it the label's mean in training.") { Example = "rides_lag_168h" },
        new Key("gates", KeyKind.List, "The rules that a version must pass to be released.") { Shape = GateShape },
        DefinitionFile.Description,
        DefinitionFile.Owner,
        DefinitionFile.Tags);

    /// <summary>Reads one definition.</summary>
    /// <param name="file">The file relative to the project, with forward slashes.</param>
    /// <param name="text">The whole file, lines ended by <c>\n</c>.</param>
    /// <param name="problems">Takes every mistake of the file.</param>
    /// <returns>The definition, or null when the file has a mistake.</returns>
    public static ModelDefinition? Read(string file, string text, ICollection<Problem> problems)
    {
        var found = new List<Problem>();
        var definition = Definition(file, text, found);
        found.ForEach(problems.Add);
        return definition;
    }

    private static ModelDefinition? Definition(string file, string text, List<Problem> problems)
    {
        var key = DefinitionFile.KeyOf(AssetKind.Model, file, problems);
        if (DefinitionText.Parse(text, file, 1, problems) is not { } node)
            return null;

        var section = new Section(Shape, node, problems);
        var split = Split(section);
        var gates = section.List("gates").Select(ReadGate).ToList();
        foreach (var both in section.Texts("features").Intersect(section.Texts("exclude"), StringComparer.OrdinalIgnoreCase))
            section.Report("contradiction", $"'{both}' stands under 'features' and under 'exclude'. Remove it from one.", "exclude");
        if (key is null || problems.Count > 0)
            return null;

        return new ModelDefinition(key.Value, file, text)
        {
            Task = section.Text("task") == "binary" ? LearningTask.Binary : LearningTask.Regression,
            Data = section.Text("data")!,
            Label = section.Text("label")!,
            KeyColumns = section.Texts("key"),
            TimeColumn = section.Text("time_column"),
            Features = section.Texts("features"),
            Exclude = section.Texts("exclude"),
            Split = split!,
            Trainer = section.Text("trainer")!,
            Parameters = section.Scalars("parameters"),
            Seed = section.Integer("seed")!.Value,
            Baseline = section.Text("baseline"),
            Gates = [.. gates.OfType<Gate>()],
            Description = section.Text("description"),
            Owner = section.Text("owner"),
            Tags = section.Texts("tags"),
        };
    }

    private static SplitRule? Split(Section model)
    {
        var hasTime = model.Text("time_column") is not null;
        var split = model.Map("split");
        var byTime = split?.Text("by") is { } by ? by == "time" : hasTime;
        if (byTime && !hasTime)
        {
            split!.Report("missing-key", "The split is by time, but the model has no time_column. Name the column of event time, or write by: random.", "by");
            return null;
        }

        var holdout = Amount(split, "holdout", byTime, new Portion(null, 0.2));
        var validation = split?.Text("validation") == "none" ? null : Amount(split, "validation", byTime, new Portion(null, 0.1));
        if (holdout is { Share: var h } && validation is { Share: var v } && h + v >= 0.95)
            split!.Report("out-of-range", FormattableString.Invariant($"Holdout and validation take {(h + v) * 100:0.#}% of the rows and leave too few to learn from. Take less than 95% together."), "holdout");
        return holdout is null ? null : new SplitRule(byTime, holdout, validation);
    }

    private static Portion? Amount(Section? split, string key, bool byTime, Portion otherwise)
    {
        if (split?.Text(key) is not { } text)
            return split?.Node(key) is null ? otherwise : null;
        if (text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and < 95)
            return new Portion(null, percent / 100);
        if (Period.TryParse(text) is { } period)
        {
            if (byTime)
                return new Portion(period, 0);
            split.Report("wrong-kind", $"'{key}' is '{text}', but rows are drawn at random. Give a share of them, for example {key}: 20%, or write by: time.", key);
            return null;
        }

        split.Report("wrong-kind", $"'{key}' is '{text}', but takes a share between 0% and 95%{(byTime ? ", or a period" : "")}. For example: {key}: 20%{(byTime ? $", or {key}: 28 days" : "")}", key);
        return null;
    }

    private static Gate? ReadGate(Section gate)
    {
        var (min, max) = (gate.Number("min"), gate.Number("max"));
        var baseline = gate.Text("better_than") is not null;
        var champion = gate.Text("not_worse_than") is not null;
        if (((string[])["min", "max", "better_than", "not_worse_than"]).All(key => gate.Node(key) is null))
        {
            gate.Report("missing-key", "The gate asks for nothing. Give max, min, better_than: baseline or not_worse_than: champion. For example: {metric: mae, max: 60}");
            return null;
        }

        if (baseline && champion)
            gate.Report("contradiction", "A gate compares with the baseline or with the champion. Write two gates.", "not_worse_than");
        if (gate.Node("by") is not null && !baseline)
            gate.Report("missing-key", "'by' says how much better than the baseline. Write better_than: baseline too, or remove it.", "by");
        if (gate.Node("tolerance") is not null && !champion)
            gate.Report("missing-key", "'tolerance' says how much worse than the champion is accepted. Write not_worse_than: champion too, or remove it.", "tolerance");
        return new Gate(
            gate.Text("metric") ?? "",
            min,
            max,
            baseline ? GateRival.Baseline : champion ? GateRival.Champion : GateRival.None,
            gate.Number(baseline ? "by" : "tolerance") ?? 0,
            gate.Text("slice"),
            (int)(gate.Integer("min_rows") ?? 30),
            gate.Line);
    }
}
