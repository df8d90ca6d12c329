namespace Millrace.Training.Boosting;

/// <summary>What boosting lowers, row by row, as a function of the label y and the sum of the trees x.</summary>
/// <remarks>Each is elementwise, so that rows can be computed in any order; sums over rows run in one fixed order.</remarks>
internal abstract class Loss
{
    /// <summary>The metric's name, as <see cref="IterationMetrics.Metric"/>.</summary>
    public abstract string Metric { get; }

    public virtual Link Link => Link.Identity;

    /// <summary>Whether the second derivative is 1 everywhere, so that counting rows is enough.</summary>
    public virtual bool HasUnitHessian => true;

    /// <summary>Whether leaves take the median of their rows' remainders instead of the Newton step.</summary>
    public virtual bool RefitsLeaves => false;

    public static Loss Of(LearningTask task, string word) => task == LearningTask.Binary ? new LogisticLoss() : word switch
    {
        "absolute" => new AbsoluteLoss(),
        "poisson" => new PoissonLoss(),
        _ => new SquaredLoss(),
    };

    /// <summary>The best constant x.</summary>
    /// <exception cref="TrainingException">The loss does not take these labels.</exception>
    public abstract double Base(ReadOnlySpan<double> labels);

    /// <summary>The first derivative by x of each row, and the second where it is not 1 everywhere.</summary>
    public abstract void Derive(ReadOnlySpan<double> x, ReadOnlySpan<double> labels, Span<double> gradients, Span<double> hessians);

    /// <summary>The metric over the rows.</summary>
    public abstract double Measure(ReadOnlySpan<double> x, ReadOnlySpan<double> labels);

    protected static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }
}
