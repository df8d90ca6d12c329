using System.Text.Json.Nodes;

namespace Millrace.Serving;

/// <summary>What a model takes and gives. Every input is required; rows are the first dimension of each tensor.</summary>
public sealed class ModelSignature : IEquatable<ModelSignature>
{
    /// <summary>The optional input by which a client names its predictions.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>The optional input that says when what is predicted takes place.</summary>
    public const string EventTime = "event_time";

    private readonly Dictionary<string, int> _inputs = new(StringComparer.Ordinal);

    /// <summary>A signature of these tensors.</summary>
    /// <exception cref="ArgumentException">No input or no output, a name twice among inputs or outputs, or an input that takes the name of
    /// <see cref="PredictionId"/> or <see cref="EventTime"/>.</exception>
    public ModelSignature(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs)
    {
        if (inputs.Count == 0 || outputs.Count == 0)
            throw new ArgumentException($"A served model needs inputs and outputs, and this one has {inputs.Count} and {outputs.Count}.");
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Name is PredictionId or EventTime)
                throw new ArgumentException($"The model has an input '{inputs[i].Name}', which is how clients name and date "
                    + $"predictions. Rename the feature.");
            if (!_inputs.TryAdd(inputs[i].Name, i))
                throw new ArgumentException($"The model has two inputs named '{inputs[i].Name}'.");
        }

        if (outputs.GroupBy(o => o.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"The model has two outputs named '{twice.Key}'.");
        if (inputs.Concat(outputs).FirstOrDefault(s => s.Width < 1) is { } narrow)
            throw new ArgumentException($"The tensor '{narrow.Name}' has a width of {narrow.Width}. It is at least 1.");
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>The inputs in the order in which a scorer gets them.</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>The outputs in the order in which a scorer fills them.</summary>
    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>The place of an input, or -1.</summary>
    public int IndexOfInput(string name) => _inputs.GetValueOrDefault(name, -1);

    /// <summary>What <see cref="FromJson"/> reads.</summary>
    public JsonObject ToJson() => new() { ["inputs"] = Array(Inputs), ["outputs"] = Array(Outputs) };

    /// <summary>Reads <see cref="ToJson"/>.</summary>
    public static ModelSignature FromJson(JsonNode json) => new(Specs(json["inputs"]!), Specs(json["outputs"]!));

    /// <inheritdoc/>
    public bool Equals(ModelSignature? other) =>
        other is not null && Inputs.SequenceEqual(other.Inputs) && Outputs.SequenceEqual(other.Outputs);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ModelSignature);

    /// <inheritdoc/>
    public override int GetHashCode() => Inputs.Concat(Outputs).Aggregate(17, (hash, spec) => HashCode.Combine(hash, spec));

    private static JsonArray Array(IReadOnlyList<TensorSpec> specs) => new([.. specs.Select(s => (JsonNode)new JsonObject
    {
        ["name"] = s.Name, ["datatype"] = s.Type.Word(), ["width"] = s.Width,
    })]);

    private static TensorSpec[] Specs(JsonNode array) => [.. array.AsArray().Select(s => new TensorSpec(
        (string)s!["name"]!,
        TensorTypes.TryParse((string)s["datatype"]!, out var type) ? type : throw new FormatException($"Unknown datatype "
            + $"'{s["datatype"]}'."),
        (int)s["width"]!))];
}
