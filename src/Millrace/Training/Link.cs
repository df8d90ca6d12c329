namespace Millrace.Training;

/// <summary>How a model's sum becomes its answer.</summary>
internal enum Link
{
    Identity,

    /// <summary>1 / (1 + e^-x).</summary>
    Logistic,

    /// <summary>e^x.</summary>
    Exponential,
}
