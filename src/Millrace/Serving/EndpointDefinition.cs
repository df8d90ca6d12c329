using Millrace.Assets;
using Millrace.Assets.Definitions;

namespace Millrace.Serving;

/// <summary>Where the truth about predictions comes from, once it is known.</summary>
/// <param name="Table">The table (or source) with the true values.</param>
/// <param name="Label">Its column with the true value.</param>
/// <param name="Key">Its column that finds the prediction.</param>
/// <param name="Matches">What the key equals in the prediction log: <c>prediction_id</c> or <c>event_time</c>.</param>
public sealed record LabelRule(string Table, string Label, string Key, string Matches)
{
    /// <summary>The word for joining by the id that a prediction was asked with.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>The word for joining by the time that a prediction is about.</summary>
    public const string EventTime = "event_time";
}

/// <summary>An endpoint as <c>endpoints/NAME.yaml</c> declares it: it serves the version of its model that the same release points at.</summary>
public sealed record EndpointDefinition(AssetKey Key, string File, string Text) : AssetDefinition(Key, File, Text)
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Where labels come from; null when nobody ever learns the truth.</summary>
    public LabelRule? Labels { get; init; }

    /// <summary>What is watched, as written; the room that watches reads it. Null for nothing.</summary>
    public DefinitionNode? Monitor { get; init; }

    /// <summary>When a new version is asked for, as written; the room that asks reads it. Null for never.</summary>
    public DefinitionNode? Retrain { get; init; }
}
