namespace Millrace.Training;

/// <summary>What a model is asked for.</summary>
public enum LearningTask
{
    /// <summary>A number; the label is any finite number.</summary>
    Regression,

    /// <summary>The probability of one of two classes; the label is 1 for the positive class and 0 for the other.</summary>
    Binary,
}
