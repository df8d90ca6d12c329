namespace Millrace.Statistics.Metrics;

/// <summary>What a metric takes the predictions for.</summary>
public enum MetricNeed
{
    /// <summary>A number in the label's unit.</summary>
    Value,

    /// <summary>Any finite number: only the order of the rows matters.</summary>
    Score,

    /// <summary>A probability of the positive class, in [0, 1].</summary>
    Probability,

    /// <summary>A score that a threshold turns into yes (at or above it) or no.</summary>
    Decision,
}
