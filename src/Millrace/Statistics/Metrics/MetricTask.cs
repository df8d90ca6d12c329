namespace Millrace.Statistics.Metrics;

/// <summary>What a model predicts, and so what its labels are.</summary>
public enum MetricTask
{
    /// <summary>A number.</summary>
    Regression,

    /// <summary>The chance of the positive class; labels are 0 and 1, and 1 is positive.</summary>
    Binary,
}
