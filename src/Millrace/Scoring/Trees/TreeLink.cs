namespace Millrace.Scoring.Trees;

/// <summary>How the sum of the trees becomes the answer.</summary>
internal enum TreeLink
{
    Identity,

    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>e^x.</summary>
    Exp,
}
