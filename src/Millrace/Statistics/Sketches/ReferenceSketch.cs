using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Statistics.Sketches;

/// <summary>
/// What is kept of one column of the training set, so that later rows can be measured against it without reading it again.
/// </summary>
/// <remarks>Holds no row, but edges of bins, the smallest and the greatest value, and the names of frequent levels.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NumericReference), "numeric")]
[JsonDerivedType(typeof(CategoricalReference), "categorical")]
public abstract class ReferenceSketch
{
    /// <summary>The reference's rows, missing values included.</summary>
    public required long Rows { get; init; }

    /// <summary>Those of them without a value.</summary>
    public required long MissingRows { get; init; }

    /// <summary>
    /// By the name of a measure the line learnt from chunks of the reference: mean + 3 population standard deviations of their distances.
    /// </summary>
    /// <remarks>Empty when the reference is too small. Source of the rule: NannyML's thresholds.</remarks>
    public IReadOnlyDictionary<string, double> Learnt { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Sketches a column of numbers. NaN, infinities and numbers beyond 1e300 count as missing.</summary>
    /// <param name="chunks">Of the same rows; by default in the order in which they come.</param>
    public static NumericReference OfNumbers(ReadOnlySpan<double> values, RowChunks? chunks = null) =>
        NumericReference.Make(values, chunks);

    /// <inheritdoc cref="OfNumbers(ReadOnlySpan{double}, RowChunks?)"/>
    public static NumericReference OfNumbers(ReadOnlySpan<float> values, RowChunks? chunks = null)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return NumericReference.Make(wide, chunks);
    }

    /// <summary>Sketches a column of levels.</summary>
    /// <param name="codes">For each row the place of its level in <paramref name="levels"/>; negative when it is missing.</param>
    /// <param name="levels">The different levels, in any order; some may have no row.</param>
    /// <param name="chunks">Of the same rows; by default in the order in which they come.</param>
    public static CategoricalReference OfLevels(ReadOnlySpan<int> codes, IReadOnlyList<string> levels, RowChunks? chunks = null) =>
        CategoricalReference.Make(codes, levels, chunks);

    /// <summary>Reads what <see cref="ToJson"/> wrote, to the last digit.</summary>
    /// <exception cref="FormatException">The text is no sketch.</exception>
    public static ReferenceSketch Parse(string json)
    {
        try
        {
            var sketch = JsonSerializer.Deserialize(json, SketchJson.Default.ReferenceSketch)
                ?? throw new FormatException("The sketch is null.");
            return sketch.IsWhole ? sketch
                : throw new FormatException("The sketch's bins do not fit each other: it has been changed after it was written.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException($"The text is no reference sketch: {e.Message}", e);
        }
    }

    /// <summary>The sketch as one line of JSON, the same text for the same sketch.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SketchJson.Default.ReferenceSketch);

    /// <summary>Whether the parts fit each other.</summary>
    private protected abstract bool IsWhole { get; }

    private protected DriftMeasure Measured(string name, double? value, double? customary) =>
        new(name, value is { } v && double.IsFinite(v) ? v : null, customary, Learnt.TryGetValue(name, out var learnt) ? learnt : null);

    /// <summary>The lines that the chunks' distances from the whole draw; none for a measure that is undefined on all but one.</summary>
    private protected static SortedDictionary<string, double> Learn(IEnumerable<DriftResult> chunks)
    {
        var learnt = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var group in chunks.SelectMany(c => c.Measures).Where(m => m.Value is not null).GroupBy(m => m.Name))
        {
            var (mean, deviation) = Sample.Moments([.. group.Select(m => m.Value!.Value)]);
            if (group.Count() > 1)
                learnt[group.Key] = mean + (3 * deviation);
        }

        return learnt;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ReferenceSketch))]
internal sealed partial class SketchJson : JsonSerializerContext;
