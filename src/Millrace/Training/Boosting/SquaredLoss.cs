namespace Millrace.Training.Boosting;

/// <summary>(x - y)^2 / 2; measured as the root of the mean squared error.</summary>
internal sealed class SquaredLoss : Loss
{
    public override string Metric => "rmse";

    public override double Base(ReadOnlySpan<double> labels) => Mean(labels);

    public override void Derive(ReadOnlySpan<double> x, ReadOnlySpan<double> labels, Span<double> gradients, Span<double> hessians)
    {
        for (var i = 0; i < x.Length; i++)
            gradients[i] = x[i] - labels[i];
    }

    public override double Measure(ReadOnlySpan<double> x, ReadOnlySpan<double> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
            sum += (x[i] - labels[i]) * (x[i] - labels[i]);
        return Math.Sqrt(sum / x.Length);
    }
}
