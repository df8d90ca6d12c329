using System.Text.Json.Nodes;
using Millrace.Registry;
using Millrace.Statistics.Sketches;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Keeps the distribution of what a model learnt from, and of what it answered there, for all later comparison.</summary>
internal static class ReferenceSketches
{
    /// <summary>One sketch a feature, and one of the answers.</summary>
    /// <param name="rows">The rows of the training.</param>
    /// <param name="predictions">The model's answers, one a row.</param>
    /// <param name="seen">The rows that the trainer saw, in order.</param>
    public static IReadOnlyDictionary<string, JsonNode> Of(TrainingRows rows, double[] predictions, int[] seen)
    {
        var chunks = rows.Times.Length == 0 ? RowChunks.InOrder(seen.Length) : RowChunks.ByTime([.. seen.Select(r => rows.Times[r].Ticks)]);
        var sketches = new Dictionary<string, JsonNode>();
        foreach (var feature in rows.Features)
            sketches[feature.Name] = Json(Sketch(feature.Take(seen), chunks));
        sketches[ModelManifest.PredictionSketch] = Json(ReferenceSketch.OfNumbers([.. seen.Select(r => predictions[r])], chunks));
        return sketches;
    }

    private static ReferenceSketch Sketch(FeatureColumn column, RowChunks chunks)
    {
        switch (column.Type)
        {
            case FeatureType.Number:
                return ReferenceSketch.OfNumbers(column.Numbers.Span, chunks);
            case FeatureType.Integer:
                return ReferenceSketch.OfNumbers(Array.ConvertAll(column.Integers.ToArray(), i => (double)i), chunks);
            case FeatureType.Flag:
                return ReferenceSketch.OfLevels(Array.ConvertAll(column.Flags.ToArray(), f => f ? 1 : 0), ["false", "true"], chunks);
            default:
                var levels = new List<string>();
                var places = new Dictionary<string, int>(StringComparer.Ordinal);
                var codes = Array.ConvertAll(column.Texts.ToArray(), text =>
                {
                    if (string.IsNullOrEmpty(text))
                        return -1;
                    if (!places.TryGetValue(text, out var place))
                    {
                        places[text] = place = levels.Count;
                        levels.Add(text);
                    }

                    return place;
                });
                return ReferenceSketch.OfLevels(codes, levels, chunks);
        }
    }

    private static JsonNode Json(ReferenceSketch sketch) => JsonNode.Parse(sketch.ToJson())!;
}
