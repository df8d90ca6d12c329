namespace Millrace.Statistics.Drift;

/// <summary>
/// The population stability index. Two conventions of cutting bins are in use and differ by a lot: name the one that you show.
/// </summary>
/// <remarks>
/// PSI = sum over bins of (c - r) ln(c / r), with r and c the bin's share in the reference and in the current sample. Unitless, 0 for
/// equal
/// shares, no upper bound, the same both ways for the same shares. Source: Siddiqi, Credit Risk Scorecards, 2006.
/// </remarks>
public static class PopulationStability
{
    /// <summary>0.1: below it credit practice calls ten deciles of the reference stable.</summary>
    public const double Watch = 0.1;

    /// <summary>0.25: above it credit practice acts.</summary>
    public const double Act = 0.25;

    private const double Floor = 1e-4;

    /// <summary>The index by the deciles of the reference. A share below 0.0001 counts as 0.0001, so that the result is finite.</summary>
    /// <remarks>The outer bins are open, so that a value beyond the reference counts in them. Equal deciles are joined.</remarks>
    /// <returns>Null when either sample has no finite value.</returns>
    public static double? ByDeciles(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var sorted = Sample.Sorted(reference);
        if (sorted.Length == 0 || !HasFinite(current))
            return null;
        var edges = Bins.DecileEdgesOfSorted(sorted);
        return OfShares(Bins.Shares(Bins.CountBetween(sorted, edges)), Bins.Shares(Bins.CountBetween(current, edges)));
    }

    /// <summary>
    /// The index by Sturges' bins over both samples together. A share of 0 counts as 0.0001, or less where another share is smaller.
    /// </summary>
    /// <returns>Null when either sample has no finite value.</returns>
    public static double? BySturges(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (!HasFinite(reference) || !HasFinite(current))
            return null;
        var edges = Bins.SturgesEdges([.. reference, .. current]);
        return OfSharesZeroFilled(
            Bins.Shares(Bins.CountInside(reference, edges)[..^1]), Bins.Shares(Bins.CountInside(current, edges)[..^1]));
    }

    /// <summary>The index of shares over the same bins; a share below 0.0001 counts as 0.0001.</summary>
    /// <exception cref="ArgumentException">The two have a different number of bins.</exception>
    public static double OfShares(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        ShareDistance.CheckBins(reference, current);
        var psi = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var (r, c) = (Math.Max(reference[i], Floor), Math.Max(current[i], Floor));
            psi += (c - r) * Math.Log(c / r);
        }

        return psi;
    }

    /// <summary>
    /// The index of shares over the same bins; a share of 0 counts as 0.0001, or as a millionth of the smallest share where that is
    /// smaller.
    /// </summary>
    /// <exception cref="ArgumentException">The two have a different number of bins.</exception>
    public static double OfSharesZeroFilled(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        ShareDistance.CheckBins(reference, current);
        var (fillReference, fillCurrent) = (Fill(reference), Fill(current));
        var psi = 0.0;
        for (var i = 0; i < reference.Length; i++)
        {
            var (r, c) = (reference[i] == 0 ? fillReference : reference[i], current[i] == 0 ? fillCurrent : current[i]);
            psi += (c - r) * Math.Log(c / r);
        }

        return psi;
    }

    private static double Fill(ReadOnlySpan<double> shares)
    {
        var smallest = 1.0;
        foreach (var share in shares)
            smallest = share > 0 ? Math.Min(smallest, share) : smallest;
        return smallest <= Floor ? smallest / 1e6 : Floor;
    }

    private static bool HasFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (Sample.IsUsable(value))
                return true;
        }

        return false;
    }
}
