namespace Millrace.Statistics.Metrics;

/// <summary>Formulas over labels y, 0 or 1, and probabilities p of 1; there is at least one row.</summary>
internal static class BinaryMetrics
{
    private const double Clip = 1e-15;

    private const int Bins = 10;

    /// <summary>Mean of -(y ln p + (1 - y) ln (1 - p)), p clipped to [1e-15, 1 - 1e-15] so that the result is finite.</summary>
    public static double LogLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var p = Math.Clamp(probabilities[i], Clip, 1 - Clip);
            sum -= labels[i] == 1 ? Math.Log(p) : Math.Log(1 - p);
        }

        return sum / labels.Length;
    }

    /// <summary>Expected calibration error: over ten bins of equal width, the rows' share times |share of positives - mean p|.</summary>
    /// <remarks>
    /// Bin i is [i/10, (i+1)/10), the last with 1. Source: Guo et al., On calibration of modern neural networks, 2017.
    /// </remarks>
    public static double ExpectedCalibrationError(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        Span<double> difference = stackalloc double[Bins];
        for (var i = 0; i < labels.Length; i++)
            difference[Math.Min((int)(probabilities[i] * Bins), Bins - 1)] += labels[i] - probabilities[i];
        var sum = 0.0;
        foreach (var bin in difference)
            sum += Math.Abs(bin);
        return sum / labels.Length;
    }
}
