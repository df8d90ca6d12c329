namespace Millrace.Training;

/// <summary>The type of a raw feature, as the model takes it when it serves.</summary>
public enum FeatureType
{
    /// <summary>A 32-bit float, ONNX <c>float</c>; NaN is a missing value.</summary>
    Number,

    /// <summary>A whole number, ONNX <c>int64</c>, never missing. It is computed with as a 32-bit float, exact up to 2^24.</summary>
    Integer,

    /// <summary>True or false, ONNX <c>bool</c>, never missing.</summary>
    Flag,

    /// <summary>A category, ONNX <c>string</c>. Null and the empty text are both a missing value.</summary>
    Text,
}
