namespace Millrace.Training.Boosting;

/// <summary>|x - y|; measured as the mean absolute error. Leaves take the median of what remains (Friedman, Greedy function
/// approximation, 2001).</summary>
internal sealed class AbsoluteLoss : Loss
{
    public override string Metric => "mae";

    public override bool RefitsLeaves => true;

    public override double Base(ReadOnlySpan<double> labels) => Median(labels.ToArray());

    public override void Derive(ReadOnlySpan<double> x, ReadOnlySpan<double> labels, Span<double> gradients, Span<double> hessians)
    {
        for (var i = 0; i < x.Length; i++)
            gradients[i] = Math.Sign(x[i] - labels[i]);
    }

    public override double Measure(ReadOnlySpan<double> x, ReadOnlySpan<double> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
            sum += Math.Abs(x[i] - labels[i]);
        return sum / x.Length;
    }

    /// <summary>The middle value, or the mean of the middle two. Sorts what it is given.</summary>
    public static double Median(double[] values)
    {
        Array.Sort(values);
        var half = values.Length / 2;
        return values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }
}
