namespace Millrace.Statistics.Sketches;

/// <summary>
/// Current values of a column, counted over the bins of its reference in one pass. Not safe for several threads at once.
/// </summary>
public sealed class NumericCounts
{
    private readonly long[] _deciles;
    private readonly long[] _doane;
    private readonly long[] _quantiles;
    private readonly double[] _slack;

    internal NumericCounts(NumericBins bins)
    {
        Bins = bins;
        _deciles = new long[bins.Deciles.Length + 1];
        _doane = new long[Math.Max(1, bins.Doane.Length)];
        _quantiles = new long[bins.Quantiles.Length + 1];
        _slack = new double[bins.Quantiles.Length + 1];
    }

    /// <summary>The rows added, missing values included.</summary>
    public long Rows { get; private set; }

    /// <summary>Those of them without a value: NaN, infinities, numbers beyond 1e300.</summary>
    public long MissingRows { get; private set; }

    internal NumericBins Bins { get; }

    internal long Values => Rows - MissingRows;

    internal long[] Deciles => _deciles;

    internal long[] Doane => _doane;

    internal long[] Quantiles => _quantiles;

    internal double[] Slack => _slack;

    /// <summary>Adds values; NaN means that one is missing.</summary>
    public void Add(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            Add(value);
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{double})"/>
    public void Add(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            Add((double)value);
    }

    /// <summary>
    /// Adds what was counted elsewhere. Sums depend in their last digit on the order, so merge parts in one fixed order.
    /// </summary>
    /// <exception cref="ArgumentException">The counts were made by another sketch.</exception>
    public void Merge(NumericCounts other)
    {
        if (!other.Bins.IsSame(Bins))
            throw new ArgumentException("The counts were made over the bins of another sketch.", nameof(other));
        Rows += other.Rows;
        MissingRows += other.MissingRows;
        for (var i = 0; i < _deciles.Length; i++)
            _deciles[i] += other._deciles[i];
        for (var i = 0; i < _doane.Length; i++)
            _doane[i] += other._doane[i];
        for (var i = 0; i < _quantiles.Length; i++)
        {
            _quantiles[i] += other._quantiles[i];
            _slack[i] += other._slack[i];
        }
    }

    internal void Add(double value)
    {
        Rows++;
        if (!Sample.IsUsable(value))
        {
            MissingRows++;
            return;
        }

        _deciles[Drift.Bins.AtOrAbove(Bins.Deciles, value)]++;
        if (Bins.Quantiles.Length == 0)
            return;
        _doane[Drift.Bins.Inside(Bins.Doane, value)]++;
        var cell = Drift.Bins.AtOrAbove(Bins.Quantiles, value);
        _quantiles[cell]++;
        _slack[cell] += Math.Abs(Bins.Quantiles[Math.Min(cell, Bins.Quantiles.Length - 1)] - value);
    }
}
