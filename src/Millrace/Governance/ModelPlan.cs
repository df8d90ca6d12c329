using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>A model bound to the columns of its data: what is read, who trains, and what decides the bytes.</summary>
/// <param name="Definition">The file.</param>
/// <param name="Query">The columns that are read, as what.</param>
/// <param name="Trainer">Who trains.</param>
/// <param name="Parameters">With all defaults.</param>
public sealed record ModelPlan(ModelDefinition Definition, TrainingQuery Query, ITrainer Trainer, TrainerParameters Parameters)
{
    /// <summary>The fingerprint of its gates.</summary>
    public Fingerprint Gates => Fingerprint.Of([.. Definition.Gates.Select(g => FormattableString.Invariant($"{g.Id}/{g.MinRows}"))]);

    /// <summary>What decides the model's bytes besides the rows, as texts for its fingerprint.</summary>
    public IReadOnlyList<string> DataTexts =>
    [
        Definition.Task.ToString(), Query.Sql, Trainer.Name, FormattableString.Invariant($"{Trainer.Revision}"), .. Parameters.Values.Select(p => $"{p.Key}={p.Value}"),
        FormattableString.Invariant($"{Definition.Seed}"), FormattableString.Invariant($"{Definition.Split}"),
    ];

    /// <summary>The columns that the bytes depend on.</summary>
    public IEnumerable<string> Columns => Query.Key.Append(Query.Label).Append(Query.Time).Concat(Query.Features.Select(f => f.Name)).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>Binds a model to the columns of its data.</summary>
    /// <param name="definition">The model.</param>
    /// <param name="schema">The columns of the relation that it names.</param>
    /// <param name="problems">Takes every mistake.</param>
    /// <returns>The plan; null after a Problem.</returns>
    public static ModelPlan? Bind(ModelDefinition definition, Schema schema, ICollection<Problem> problems)
    {
        var binder = new Binder(definition, schema);
        var plan = binder.Bind();
        binder.Problems.ForEach(problems.Add);
        return plan;
    }

    /// <summary>Reports what is wrong with a model whose data is not known: everything that needs no columns.</summary>
    public static void CheckAlone(ModelDefinition definition, ICollection<Problem> problems)
    {
        var binder = new Binder(definition, new Schema([]));
        binder.CheckAlone();
        binder.Problems.ForEach(problems.Add);
    }

    private sealed class Binder(ModelDefinition model, Schema schema)
    {
        public List<Problem> Problems { get; } = [];

        public ModelPlan? Bind()
        {
            foreach (var (key, name) in model.KeyColumns.Select(k => ("key", k)).Append(("label", model.Label)).Concat(Optional("time_column", model.TimeColumn))
                .Concat(Optional("baseline", model.Baseline)).Concat(model.Exclude.Select(e => ("exclude", e))).Concat(model.Features.Select(f => ("features", f)))
                .Concat(model.Gates.SelectMany(g => Optional("slice", g.Slice))))
            {
                if (schema.Find(name) is null)
                    Report("unknown-column", $"'{key}' names the column '{name}', which {model.Data} has not.{Suggestion.Sentence(name, schema.Names)} Its columns are: {string.Join(", ", schema.Names)}.", key);
            }

            var features = Features();
            CheckTypes();
            var (trainer, parameters) = CheckAlone();
            if (Problems.Count > 0 || trainer is null || parameters is null)
                return null;
            return new ModelPlan(
                model,
                new TrainingQuery
                {
                    Data = model.Data,
                    Key = [.. model.KeyColumns.Select(Named)],
                    Label = Named(model.Label),
                    Time = model.TimeColumn is { } time ? Named(time) : null,
                    Features = features,
                    Baseline = model.Baseline is { } baseline ? Named(baseline) : null,
                    Slices = [.. model.Gates.Select(g => g.Slice).OfType<string>().Select(Named).Distinct()],
                },
                trainer,
                parameters);
        }

        /// <summary>What can be said without the columns.</summary>
        public (ITrainer? Trainer, TrainerParameters? Parameters) CheckAlone()
        {
            foreach (var gate in model.Gates)
            {
                if (Evaluation.WhyUnknown(gate.Metric, model.Task) is { } unknown)
                    Problems.Add(new Problem("unknown-metric", unknown, model.File, gate.Line));
            }

            var trainer = Trainers.Find(model.Trainer, model.Task, out var mistake);
            if (mistake is not null)
                Report("unknown-trainer", mistake, "trainer");
            return (trainer, trainer is null ? null : Parameters(trainer));
        }

        private List<ModelFeature> Features()
        {
            var taken = model.KeyColumns.Append(model.Label).Append(model.TimeColumn).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
            foreach (var name in model.Features.Where(taken.Contains))
                Report("contradiction", $"'{name}' is a feature and {(name.Equals(model.Label, StringComparison.OrdinalIgnoreCase) ? "the label: a model that sees it knows the answer" : "the key or the time of a row, which says nothing about later rows")}. Take it out of the features.", "features");
            var chosen = model.Features.Count > 0
                ? [.. model.Features.Select(schema.Find).OfType<Column>()]
                : schema.Columns.Where(c => !taken.Contains(c.Name) && !model.Exclude.Contains(c.Name, StringComparer.OrdinalIgnoreCase)).ToList();
            var features = new List<ModelFeature>();
            foreach (var column in chosen)
            {
                if (TrainingQuery.TypeOf(column.Type) is { } type)
                    features.Add(new ModelFeature(column.Name, type));
                else
                    Report("bad-feature", $"The column '{column.Name}' is {column.Type}, from which nothing can be learnt as it is. Make numbers, texts or flags of it in {model.Data} (such as hour({column.Name})), or list it under exclude.", model.Features.Count > 0 ? "features" : "data");
            }

            if (chosen.Count == 0 && Problems.Count == 0)
                Report("no-features", $"{model.Data} has no column left to learn from. Its columns are: {string.Join(", ", schema.Names)}.", "data");
            return features;
        }

        private void CheckTypes()
        {
            if (schema.Find(model.Label) is { } label && !label.Type.IsNumeric && label.Type != DataType.Boolean)
                Report("bad-label", $"The label '{label.Name}' is {label.Type}. {(model.Task == LearningTask.Binary ? "Write it as BOOLEAN, or as 1 and 0" : "It has to be a number")}, for example with a CASE in {model.Data}.", "label");
            if (model.TimeColumn is { } time && schema.Find(time) is { } column && !column.Type.IsTime)
                Report("no-time", $"'time_column' is '{column.Name}' of type {column.Type}. It has to be a DATE, a TIMESTAMP or a TIMESTAMP WITH TIME ZONE.", "time_column");
            if (model.Baseline is { } baseline && schema.Find(baseline) is { } naive && !naive.Type.IsNumeric)
                Report("bad-baseline", $"The baseline '{naive.Name}' is {naive.Type}. A naive forecast is a number.", "baseline");
        }

        private string Named(string name) => schema.Find(name)!.Name;

        private void Report(string code, string message, string key) => Problems.Add(new Problem(code, message, model.File, LineOf(key)));

        private int LineOf(string key) => DefinitionFile.LineOf(model.Text, key);

        private static IEnumerable<(string, string)> Optional(string key, string? name) => name is null ? [] : [(key, name)];

        private TrainerParameters? Parameters(ITrainer trainer)
        {
            var parameters = TrainerParameters.Read(trainer, model.Parameters, out var mistakes);
            foreach (var (_, message) in mistakes)
                Report("bad-parameter", message, "parameters");
            return parameters;
        }
    }
}
