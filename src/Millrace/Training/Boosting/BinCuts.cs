namespace Millrace.Training.Boosting;

/// <summary>Where one feature is cut into bins.</summary>
/// <remarks>
/// The cuts come from at most 200,000 rows at a fixed stride, so that no chance is needed. Few distinct values get a bin each. Of many,
/// bins are filled one after the other with an even share of the rows that are left, so that a frequent value gets a bin of its own and
/// the others still share evenly. A cut is the middle between two neighbouring values, as a float not below the lower and below the
/// upper one; bin b holds the values above cut b-1, up to cut b.
/// </remarks>
internal static class BinCuts
{
    private const int SampleRows = 200_000;

    /// <param name="values">NaN is missing.</param>
    /// <param name="bins">The most bins, from 2 to 255.</param>
    /// <returns>Strictly ascending, one less than the bins.</returns>
    public static float[] Find(ReadOnlySpan<float> values, int bins)
    {
        var step = Math.Max(1, values.Length / SampleRows);
        var sample = new float[((values.Length - 1) / step) + 1];
        var kept = 0;
        for (var i = 0; i < values.Length; i += step)
        {
            if (!float.IsNaN(values[i]))
                sample[kept++] = values[i];
        }

        if (kept == 0)
            return [];
        FloatSort.Sort(sample.AsSpan(0, kept));
        return Cut(sample.AsSpan(0, kept), bins);
    }

    private static float[] Cut(ReadOnlySpan<float> sorted, int bins)
    {
        var (distinct, counts) = (new List<float>(), new List<int>());
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0 && sorted[i] == sorted[i - 1])
            {
                counts[^1]++;
                continue;
            }

            distinct.Add(sorted[i]);
            counts.Add(1);
        }

        var cuts = new List<float>();
        var (left, inBin) = (sorted.Length, 0);
        for (var i = 0; i < distinct.Count - 1 && cuts.Count < bins - 1; i++)
        {
            inBin += counts[i];
            var binsLeft = bins - cuts.Count;
            var target = (double)left / binsLeft;
            // A value that fills a bin by itself is parted from the half-full bin before it.
            var isFull = inBin >= target || distinct.Count - i <= binsLeft || (counts[i + 1] >= target && inBin >= target / 2);
            if (!isFull)
                continue;
            cuts.Add(Between(distinct[i], distinct[i + 1]));
            left -= inBin;
            inBin = 0;
        }

        return [.. cuts];
    }

    private static float Between(float low, float high)
    {
        var middle = (float)(((double)low + high) / 2);
        return middle < high ? middle : low;
    }
}
