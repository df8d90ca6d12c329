namespace Millrace.Training;

/// <summary>The names of a model's outputs, each of shape [N, 1].</summary>
public static class ModelOutput
{
    /// <summary>Regression: the predicted number, <c>float</c>.</summary>
    public const string Prediction = "prediction";

    /// <summary>Binary: the probability of the positive class, <c>float</c> in [0, 1].</summary>
    public const string Probability = "probability";

    /// <summary>Binary: 1 when the probability is at least 0.5, else 0; <c>int64</c>.</summary>
    public const string Label = "label";
}
