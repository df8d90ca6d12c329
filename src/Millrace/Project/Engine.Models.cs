using System.Globalization;
using Millrace.Assets;
using Millrace.Assets.Definitions;
using Millrace.Governance;
using Millrace.Ledger;
using Millrace.Native;
using Millrace.Registry;
using Millrace.Runs;
using Millrace.Scoring;
using Millrace.Sql;
using Millrace.Training;

namespace Millrace.Project;

/// <summary>One version of a model, for lists.</summary>
/// <param name="Model">The version with its manifest.</param>
/// <param name="IsChampion">True for the version that the environment points at.</param>
/// <param name="Labels">Names that people gave it.</param>
public sealed record ModelView(RegisteredModel Model, bool IsChampion, IReadOnlyList<string> Labels);

/// <summary>What a model answers for rows.</summary>
/// <param name="Model">The version that answered.</param>
/// <param name="Columns">The names of the columns of the rows that were given, in order.</param>
/// <param name="Output">The name of the answer.</param>
public sealed record PredictionView(RegisteredModel Model, IReadOnlyList<string> Columns, string Output, IReadOnlyList<IReadOnlyList<object?>> Rows, double[] Answers);

public sealed partial class Engine
{
    /// <summary>Every version of every model, or of one: by name, then newest first.</summary>
    /// <exception cref="EngineException">There is no such model.</exception>
    public IReadOnlyList<ModelView> Models(string? name = null)
    {
        var keys = name is null ? Ledger.Models() : [ModelKey(name)];
        var pointers = Ledger.Pointers(Environment);
        return [.. keys.SelectMany(key =>
        {
            var labels = Ledger.Labels(key);
            return Registry.Versions(key).Reverse().Select(v => View(v, pointers, labels));
        })];
    }

    /// <summary>The versions that a run made, refused ones too, in the order of its assets.</summary>
    public IReadOnlyList<ModelView> Trained(RunResult result)
    {
        if (result.Run is not { } run)
            return [];
        var pointers = Ledger.Pointers(Environment);
        return [.. result.Assets.Where(a => a.Asset.Kind == AssetKind.Model && a.Outcome is AssetOutcome.Computed or AssetOutcome.Refused)
            .Select(a => Registry.Versions(a.Asset).LastOrDefault(v => v.Task.StartsWith(run.Id + "/", StringComparison.Ordinal))).OfType<VersionRecord>()
            .Select(v => new ModelView(Registry.Read(v), pointers.GetValueOrDefault(v.Id.Asset)?.Version == v.Id, []))];
    }

    /// <summary>One version.</summary>
    /// <param name="reference"><c>demand</c> (the champion), <c>demand@2</c>, <c>demand@champion</c> or <c>demand@LABEL</c>.</param>
    /// <exception cref="EngineException">There is no such version.</exception>
    public ModelView Model(string reference)
    {
        var version = VersionOf(reference);
        return View(version, Ledger.Pointers(Environment), Ledger.Labels(version.Id.Asset));
    }

    private ModelView View(VersionRecord version, IReadOnlyDictionary<AssetKey, Pointer> pointers, IReadOnlyList<ModelLabel> labels) => new(
        Registry.Read(version),
        pointers.GetValueOrDefault(version.Id.Asset)?.Version == version.Id,
        [.. labels.Where(l => l.Number == version.Id.Number).Select(l => l.Name)]);

    /// <summary>Releases a version that a person chose.</summary>
    /// <param name="reference">Such as <c>demand@2</c>.</param>
    /// <param name="message">Why, for people.</param>
    /// <exception cref="EngineException">There is no such version, it stands already, or it did not pass its gates.</exception>
    public ReleaseRecord Promote(string reference, string? message)
    {
        var version = VersionOf(reference);
        using var held = Home.Lock("promote", _options.Waiting ?? (_ => { }), CancellationToken.None);
        var pointers = Ledger.Pointers(Environment);
        var from = pointers.GetValueOrDefault(version.Id.Asset);
        if (from?.Version == version.Id)
            throw new EngineException(string.Create(CultureInfo.InvariantCulture, $"Version {version.Id.Number} of {version.Id.Asset.Name} is the champion of '{Environment}' already."));
        if (Promotion.WhyNot(Registry, version) is { } why)
            throw new EngineException(why);
        var to = Promotion.PointerTo(version);
        var then = pointers.Append(KeyValuePair.Create(version.Id.Asset, to)).GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Last().Value);
        return Ledger.Promote(Environment, to, Rejected(pointers, then), message);
    }

    /// <summary>Names a version, or takes a name away.</summary>
    /// <exception cref="EngineException">The label is not one, or there is no such version.</exception>
    public void Label(string model, string label, long? number)
    {
        try
        {
            Registry.Label(ModelKey(model), label, number);
        }
        catch (ArgumentException e)
        {
            throw new EngineException(e.Message.Split(" (Parameter", 2)[0]) { IsMistake = true };
        }
    }

    /// <summary>Makes a version again from its recorded makers and compares the bytes.</summary>
    /// <param name="reference">Such as <c>demand@1</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public RebuildResult Verify(string reference, CancellationToken cancellationToken) =>
        new Rebuild(_pool, Home, Registry, Ledger).Verify(VersionOf(reference), cancellationToken);

    /// <summary>Asks a version about the rows that a SELECT over files or assets gives. Nothing is logged.</summary>
    /// <param name="reference">Such as <c>demand</c>.</param>
    /// <param name="select">The SQL; its columns are the features by name, and any others.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EngineException">A feature is missing, or a value cannot be read as the feature's type.</exception>
    public PredictionView Predict(string reference, string select, CancellationToken cancellationToken)
    {
        var model = Registry.Read(VersionOf(reference));
        using var session = _pool.Rent();
        Define(session, select);
        session.Define("_millrace_rows", new Relation(select, new Schema([])));
        var given = session.Describe("SELECT * FROM _millrace_rows");
        var missing = model.Manifest.Features.Where(f => given.Find(f.Name) is null).Select(f => f.Name).ToList();
        if (missing.Count > 0)
            throw new EngineException($"The rows lack {(missing.Count == 1 ? "the feature" : "the features")} {string.Join(", ", missing)} of {model.Key.Name}. They have: {string.Join(", ", given.Names)}.") { IsMistake = true };

        var (rows, columns) = (new List<IReadOnlyList<object?>>(), model.Manifest.Features.Select(f => new List<object?>()).ToList());
        try
        {
            var casts = model.Manifest.Features.Select(f => $"{SqlName.Quote(f.Name)}::{(f.Type switch { FeatureType.Text => "VARCHAR", FeatureType.Flag => "BOOLEAN", FeatureType.Integer => "BIGINT", _ => "DOUBLE" })}");
            using var result = session.Connection.Query($"SELECT {string.Join(", ", casts)}, * FROM _millrace_rows");
            foreach (var row in result.Rows())
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (var i = 0; i < columns.Count; i++)
                    columns[i].Add(row[i]);
                rows.Add(row[columns.Count..]);
            }
        }
        catch (DuckException e) when (e.Kind == DuckErrorKind.Conversion)
        {
            throw new EngineException($"A value cannot be read as the type of its feature. {e.Message.Split('\n')[0].Trim()}") { IsMistake = true };
        }

        if (rows.Count == 0)
            throw new EngineException("There are no rows to predict.") { IsMistake = true };
        using var scorer = OnnxModel.Open(Registry.Onnx(model));
        var answers = scorer.Score([.. model.Manifest.Features.Select((f, i) => Column(f, columns[i]))], cancellationToken);
        var output = model.Manifest.Task == LearningTask.Binary ? ModelOutput.Probability : ModelOutput.Prediction;
        return new PredictionView(model, [.. given.Names], output, rows, Array.ConvertAll(answers.Values<float>(output).ToArray(), a => (double)a));
    }

    /// <summary>Asks a version about the rows of a file. Features that are texts are read as texts, whatever they look like. Nothing is logged.</summary>
    /// <param name="reference">Such as <c>demand</c>.</param>
    /// <param name="file">Absolute path.</param>
    /// <param name="reader">How it is read: <c>csv</c> or <c>json</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EngineException">As for <see cref="Predict"/>; or there is no such file.</exception>
    public PredictionView PredictFile(string reference, string file, string reader, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            throw new EngineException($"There is no file '{file}'.") { IsMistake = true };
        var path = SqlName.Text(file);
        if (reader == "json")
            return Predict(reference, $"SELECT * FROM read_json({path})", cancellationToken);
        var texts = Registry.Read(VersionOf(reference)).Manifest.Features.Where(f => f.Type == FeatureType.Text).Select(f => f.Name).ToList();
        using var session = _pool.Rent();
        var given = session.Describe($"SELECT * FROM read_csv({path})");
        var types = texts.Select(t => given.Find(t)?.Name).OfType<string>().Select(n => $"{SqlName.Text(n)}: 'VARCHAR'").ToList();
        return Predict(reference, $"SELECT * FROM read_csv({path}{(types.Count == 0 ? "" : $", types = {{{string.Join(", ", types)}}}")})", cancellationToken);
    }

    private static ModelColumn Column(ModelFeature feature, List<object?> values)
    {
        if (feature.Type is FeatureType.Flag or FeatureType.Integer && values.FindIndex(v => v is null) is var row and >= 0)
            throw new EngineException(FormattableString.Invariant($"'{feature.Name}' has no value in row {row + 1}, and the model was trained with a value in every row. Give each row one.")) { IsMistake = true };
        return feature.Type switch
        {
            FeatureType.Text => ModelColumn.Of(feature.Name, [.. values.Select(v => (string?)v ?? "")]),
            FeatureType.Flag => ModelColumn.Of(feature.Name, [.. values.Select(v => (bool)v!)]),
            FeatureType.Integer => ModelColumn.Of(feature.Name, [.. values.Select(v => (long)v!)]),
            _ => ModelColumn.Of(feature.Name, [.. values.Select(v => v is null ? float.NaN : (float)(double)v)]),
        };
    }

    private AssetKey ModelKey(string name)
    {
        var models = Ledger.Models();
        return models.FirstOrDefault(k => k.Name == name) is { Name: not null } key
            ? key
            : throw new EngineException(models.Count == 0
                ? "No model has a version yet: run 'millrace run' first."
                : $"There is no model '{name}'.{Suggestion.Sentence(name, models.Select(k => k.Name))} Models are: {string.Join(", ", models.Select(k => k.Name))}.")
                {
                    IsMistake = true,
                };
    }

    private VersionRecord VersionOf(string reference)
    {
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        var key = ModelKey(at < 0 ? reference : reference[..at]);
        var which = at < 0 ? ModelRegistry.Champion : reference[(at + 1)..];
        var versions = Registry.Versions(key);
        if (which == ModelRegistry.Champion)
        {
            return Ledger.Pointers(Environment).TryGetValue(key, out var pointer)
                ? Ledger.Version(pointer.Version)!
                : throw new EngineException($"{key.Name} has no champion in '{Environment}'. Its versions are: {string.Join(", ", versions.Select(v => v.Id.Number))}; see why with 'millrace model show {key.Name}@{versions[^1].Id.Number}'.");
        }

        var labels = Ledger.Labels(key);
        var number = long.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : labels.FirstOrDefault(l => l.Name == which)?.Number;
        return versions.FirstOrDefault(v => v.Id.Number == number) ?? throw new EngineException(
            $"{key.Name} has no version '{which}'. Its versions are: {string.Join(", ", versions.Select(v => v.Id.Number))}{(labels.Count > 0 ? $"; its labels: {string.Join(", ", labels.Select(l => l.Name))}" : "")}; or champion.") { IsMistake = true };
    }
}
