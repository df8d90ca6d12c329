using Millrace.Statistics;

namespace Millrace.Training.Linear;

/// <summary>Minimises the sum of a loss over the rows plus l2/2 times the squared weights, the intercept left free.</summary>
/// <remarks>
/// Newton's method with halved steps; for logistic loss this is iteratively reweighted least squares (McCullagh and Nelder, Generalized
/// Linear Models, 1989), for squared loss one step is exact and equals the normal equations. Rows are summed in pieces whose borders
/// depend on the data's size only, and the pieces in order, so that the result is the same for any number of threads.
/// </remarks>
internal sealed class Newton(Design design, double[] labels, bool isLogistic, double l2, int threads)
{
    private const int MostSteps = 100;
    private const int MostHalvings = 40;
    private const long MostCells = 1L << 25;
    private const double Enough = 1e-10;

    private readonly int _size = design.Width + 1;

    /// <summary>The mean loss over the rows at the weights that <see cref="Fit"/> found, the penalty left out.</summary>
    public double Loss { get; private set; }

    /// <summary>One weight a column, then the intercept.</summary>
    /// <param name="intercept">Where to start: the best constant.</param>
    /// <param name="onStep">Takes the number of the step and the mean loss after it.</param>
    /// <exception cref="TrainingException">The columns depend on each other and nothing holds the weights.</exception>
    public double[] Fit(double intercept, Action<int, double>? onStep, CancellationToken cancellationToken)
    {
        var weights = new double[_size];
        weights[design.Width] = intercept;
        var at = Sum(weights, withHessian: true);
        for (var step = 1; step <= (isLogistic ? MostSteps : 1); step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var move = at.Gradient;
            var hessian = at.Hessian;
            if (!Cholesky.TrySolve(hessian, move))
                throw new TrainingException(
                    "The prepared columns depend on each other, or part the classes without error, so that no weights are best. "
                    + "Set l2 above 0.");
            var (next, isDone) = Step(weights, move, ref at);
            weights = next;
            Loss = at.Loss / design.Rows;
            onStep?.Invoke(step, Loss);
            if (isDone)
                break;
        }

        return weights;
    }

    private (double[] Weights, bool IsDone) Step(double[] weights, double[] move, ref Sums at)
    {
        var share = 1.0;
        for (var halving = 0; halving < MostHalvings; halving++, share /= 2)
        {
            var next = new double[_size];
            var furthest = 0.0;
            for (var i = 0; i < _size; i++)
            {
                next[i] = weights[i] - (share * move[i]);
                furthest = Math.Max(furthest, Math.Abs(next[i] - weights[i]) / (1 + Math.Abs(next[i])));
            }

            var isDone = furthest < Enough || !isLogistic;
            var sums = Sum(next, withHessian: !isDone);
            if (sums.Objective <= at.Objective || !isLogistic)
            {
                at = sums;
                return (next, isDone);
            }
        }

        return (weights, true);
    }

    private Sums Sum(double[] weights, bool withHessian)
    {
        var cells = (long)_size * _size;
        var pieces = (int)Math.Max(1, Math.Min(Math.Min(32, MostCells / cells), design.Rows / 1024));
        var parts = new Sums[pieces];
        Work.For(threads, pieces, p => parts[p] = SumPiece(
            weights, (int)((long)design.Rows * p / pieces), (int)((long)design.Rows * (p + 1) / pieces), withHessian));
        var total = parts[0];
        for (var p = 1; p < pieces; p++)
        {
            total.Loss += parts[p].Loss;
            Add(total.Gradient, parts[p].Gradient);
            Add(total.Hessian, parts[p].Hessian);
        }

        total.Objective = total.Loss;
        for (var i = 0; i < design.Width; i++)
        {
            total.Objective += l2 / 2 * weights[i] * weights[i];
            total.Gradient[i] += l2 * weights[i];
            if (withHessian)
                total.Hessian[((long)i * _size) + i] += l2;
        }

        return total;
    }

    private static void Add(double[] to, double[] from)
    {
        for (var i = 0; i < to.Length; i++)
            to[i] += from[i];
    }

    private Sums SumPiece(double[] weights, int from, int to, bool withHessian)
    {
        var sums = new Sums(_size, withHessian);
        for (var row = from; row < to; row++)
        {
            var x = design.Dot(row, weights);
            var y = labels[row];
            var p = isLogistic ? Numbers.Sigmoid(x) : x;
            sums.Loss += isLogistic ? Numbers.SoftPlus(y == 1 ? -x : x) : (x - y) * (x - y) / 2;
            var (g, h) = (p - y, isLogistic ? p * (1 - p) : 1);
            var columns = design.Columns(row);
            var values = design.Values(row);
            for (var i = 0; i < columns.Length; i++)
                sums.Gradient[columns[i]] += g * values[i];
            sums.Gradient[design.Width] += g;
            if (withHessian)
                AddProducts(sums.Hessian, columns, values, h);
        }

        return sums;
    }

    private void AddProducts(double[] hessian, ReadOnlySpan<int> columns, ReadOnlySpan<float> values, double h)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            var row = hessian.AsSpan(columns[i] * _size, _size);
            var scaled = h * values[i];
            for (var j = 0; j <= i; j++)
                row[columns[j]] += scaled * values[j];
        }

        var last = hessian.AsSpan(design.Width * _size, _size);
        for (var j = 0; j < columns.Length; j++)
            last[columns[j]] += h * values[j];
        last[design.Width] += h;
    }

    private struct Sums(int size, bool withHessian)
    {
        public double Loss;
        public double Objective;
        public readonly double[] Gradient = new double[size];
        public readonly double[] Hessian = withHessian ? new double[size * size] : [];
    }
}
