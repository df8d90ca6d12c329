using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Millrace.Training;

namespace Millrace.Registry;

/// <summary>One version of a model with its makers: what it takes to serve it, to judge it, to watch it and to make it again.</summary>
/// <remarks>It lies in the artifact store as JSON; the ledger's version carries the SHA-256 of these bytes as its entry hash.</remarks>
public sealed record ModelManifest
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Counted per name from 1, never used twice.</summary>
    public required long Version { get; init; }

    /// <summary>What it predicts.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>SHA-256 of the ONNX file, lower-case hex: its place in the artifact store.</summary>
    public required string Onnx { get; init; }

    /// <summary>Bytes of the ONNX file.</summary>
    public required long OnnxBytes { get; init; }

    /// <summary>The raw features, in the order of the model's inputs.</summary>
    public required IReadOnlyList<ModelFeature> Features { get; init; }

    /// <summary>From which rows it was trained, and how they were shared out.</summary>
    public required TrainingRecord Training { get; init; }

    /// <summary>What was measured on rows that training did not see.</summary>
    public required EvaluationRecord Evaluation { get; init; }

    /// <summary>The distribution of each feature, and of the predictions, in training: what later rows are compared with. By name.</summary>
    public required IReadOnlyDictionary<string, JsonNode> Sketches { get; init; }

    /// <summary>What each feature did for the model, greatest first.</summary>
    public required IReadOnlyList<FeatureImportance> Importance { get; init; }

    /// <summary>What its owner should know, such as a feature left unused.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Programs that had a part in it, with their versions; operating system and architecture.</summary>
    public required IReadOnlyDictionary<string, string> Makers { get; init; }

    /// <summary>The experiment's run that made it.</summary>
    public required string Run { get; init; }

    /// <summary>The name under which <see cref="Sketches"/> keeps the predictions.</summary>
    public const string PredictionSketch = "prediction";

    /// <summary>The manifest's bytes: the same manifest gives the same bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ModelManifestJson.Default.ModelManifest);

    /// <summary>Reads <see cref="ToBytes"/>.</summary>
    public static ModelManifest Parse(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, ModelManifestJson.Default.ModelManifest)!;
}

/// <summary>What a version was trained from.</summary>
/// <param name="Recipe">What was read, and what was done with it.</param>
/// <param name="Views">The views that the query reads, those that others read first, with the SQL that was in force.</param>
/// <param name="Inputs">The table versions that were read.</param>
/// <param name="RowsHash">Of all keys, labels and features that were read: tells other rows from another trainer.</param>
/// <param name="Rows">How many rows went where.</param>
/// <param name="FirstTime">The earliest event time of a row that the trainer saw; null without a time column.</param>
/// <param name="LastTime">The latest event time of a row that the trainer saw.</param>
/// <param name="Iterations">Trees kept, or steps taken.</param>
public sealed record TrainingRecord(
    TrainingRecipe Recipe, IReadOnlyList<NamedSql> Views, IReadOnlyList<TrainingInput> Inputs, string RowsHash, SplitRows Rows, DateTime? FirstTime, DateTime? LastTime, int Iterations);

/// <summary>A view's name and its SQL with all values in place.</summary>
public sealed record NamedSql(string Name, string Sql);

/// <summary>One table version that a training read.</summary>
/// <param name="Asset">Such as <c>table hourly_features</c>.</param>
public sealed record TrainingInput(string Asset, string Fingerprint, long Version);

/// <summary>How many rows were read and what for.</summary>
public sealed record SplitRows(long Unlabelled, int Train, int Validation, int Holdout);

/// <summary>What a version proved.</summary>
/// <param name="Metrics">On the holdout.</param>
/// <param name="Validation">On the rows by which trainers and parameters may be chosen; null without any.</param>
/// <param name="Baseline">The naive forecast on the holdout, by the same measures.</param>
/// <param name="BaselineName">What the naive forecast is.</param>
/// <param name="Champion">The version in force on the same rows, or null when there was none.</param>
/// <param name="Slices">On the holdout's parts, by column and value.</param>
/// <param name="ParityError">The largest difference between the trainer's own predictions and the ONNX file's.</param>
public sealed record EvaluationRecord(
    IReadOnlyDictionary<string, double?> Metrics,
    IReadOnlyDictionary<string, double?>? Validation,
    IReadOnlyDictionary<string, double?> Baseline,
    string BaselineName,
    ChampionRecord? Champion,
    IReadOnlyList<SliceRecord> Slices,
    double ParityError);

/// <summary>A comparison with the version in force, on rows that neither has seen.</summary>
/// <param name="Version">The champion's version.</param>
/// <param name="Rows">Rows of the holdout that the champion had not been trained on.</param>
/// <param name="Metrics">The champion's.</param>
/// <param name="Candidate">The candidate's, on the same rows.</param>
public sealed record ChampionRecord(long Version, int Rows, IReadOnlyDictionary<string, double?> Metrics, IReadOnlyDictionary<string, double?> Candidate);

/// <summary>The quality on one value of a column.</summary>
public sealed record SliceRecord(string Column, string? Value, int Rows, IReadOnlyDictionary<string, double?> Metrics);

[JsonSerializable(typeof(ModelManifest))]
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ModelManifestJson : JsonSerializerContext;
