using Millrace.Statistics;

namespace Millrace.Training.Boosting;

/// <summary>e^x - y x, the negative log-likelihood of a count with the rate e^x; measured as the mean Poisson deviance.</summary>
internal sealed class PoissonLoss : Loss
{
    public override string Metric => "poisson_deviance";

    public override Link Link => Link.Exponential;

    public override bool HasUnitHessian => false;

    public override double Base(ReadOnlySpan<double> labels)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0)
                throw new TrainingException(FormattableString.Invariant(
                    $"The loss 'poisson' takes labels of 0 and above; training row {i} (from 0) has {labels[i]}. ")
                    + "Use 'squared' or 'absolute'.");
        }

        var mean = Mean(labels);
        return mean > 0
            ? Numbers.Log(mean)
            : throw new TrainingException("The loss 'poisson' needs a label above 0 in some training row; all are 0.");
    }

    public override void Derive(ReadOnlySpan<double> x, ReadOnlySpan<double> labels, Span<double> gradients, Span<double> hessians)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var rate = Numbers.Exp(x[i]);
            gradients[i] = rate - labels[i];
            hessians[i] = rate;
        }
    }

    public override double Measure(ReadOnlySpan<double> x, ReadOnlySpan<double> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var y = labels[i];
            sum += (y > 0 ? y * (Numbers.Log(y) - x[i]) : 0) - y + Numbers.Exp(x[i]);
        }

        return 2 * sum / x.Length;
    }
}
