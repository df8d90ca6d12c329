using System.Runtime.CompilerServices;

namespace Millrace.Training.Boosting;

/// <summary>Finds the best threshold of one feature in one leaf.</summary>
/// <remarks>
/// Gain = GL^2 / (HL + l2) + GR^2 / (HR + l2) - G^2 / (H + l2), with G and H the sums of the derivatives left, right and in all
/// (Chen and Guestrin, XGBoost, 2016, without the factor 1/2). Sums are exact; each candidate is then a few double operations of its own.
/// Among equal gains the first one wins: missing values left before missing right, then the lowest bin.
/// </remarks>
internal readonly unsafe ref struct SplitSearch(GbdtSettings settings, double gradientUnit, double hessianUnit, int countBits)
{
    private const double MinHessian = 1e-3;

    /// <param name="cells">The feature's histogram.</param>
    /// <param name="bins">The bins of its values, at least 1.</param>
    /// <param name="total">The leaf's sums.</param>
    public SplitChoice Best(long* cells, int feature, int bins, LeafSums total)
    {
        var missing = new LeafSums(cells[2 * BinnedMatrix.Missing], cells[(2 * BinnedMatrix.Missing) + 1]);
        var parent = Score(total);
        var best = SplitChoice.None;
        if (missing.Count(countBits) == 0)
        {
            Scan(cells, feature, bins - 1, default, total, parent, null, ref best);
            return best;
        }

        Scan(cells, feature, bins - 1, missing, total, parent, true, ref best);
        // With missing values right, the last bin too can be a border: all values against none.
        Scan(cells, feature, bins, default, total, parent, false, ref best);
        return best;
    }

    /// <summary>The value of a leaf before the learning rate: -G / (H + l2).</summary>
    public double Value(LeafSums sums) => -(sums.Gradient * gradientUnit) / (Hessian(sums) + settings.L2);

    private double Hessian(LeafSums sums) => (sums.Hessian >> countBits) * hessianUnit;

    private double Score(LeafSums sums)
    {
        var g = sums.Gradient * gradientUnit;
        return g * g / (Hessian(sums) + settings.L2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scan(
        long* cells, int feature, int borders, LeafSums left, LeafSums total, double parent, bool? missingLeft, ref SplitChoice best)
    {
        var rows = total.Count(countBits);
        for (var bin = 0; bin < borders; bin++)
        {
            left = new LeafSums(left.Gradient + cells[2 * bin], left.Hessian + cells[(2 * bin) + 1]);
            var count = left.Count(countBits);
            if (count < settings.MinData)
                continue;
            if (rows - count < settings.MinData)
                return;
            var right = total - left;
            if (Hessian(left) < MinHessian || Hessian(right) < MinHessian)
                continue;
            var children = Score(left) + Score(right);
            var gain = children - parent;
            // Below this a gain is rounding of the terms it comes from.
            if (gain > best.Gain && gain > children * 1e-12)
                best = new SplitChoice(gain, feature, bin, missingLeft ?? count >= rows - count, left, right);
        }
    }
}

/// <summary>Exact sums over the rows of a leaf, see <see cref="Gradients"/>.</summary>
internal readonly record struct LeafSums(long Gradient, long Hessian)
{
    public int Count(int countBits) => (int)(Hessian & ((1L << countBits) - 1));

    public static LeafSums operator -(LeafSums a, LeafSums b) => new(a.Gradient - b.Gradient, a.Hessian - b.Hessian);
}

/// <summary>A split and what it gains; feature -1 for none.</summary>
internal readonly record struct SplitChoice(double Gain, int Feature, int Bin, bool DefaultLeft, LeafSums Left, LeafSums Right)
{
    public static readonly SplitChoice None = new(0, -1, 0, false, default, default);
}
