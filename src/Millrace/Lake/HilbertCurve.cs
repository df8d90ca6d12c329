namespace Millrace.Lake;

/// <summary>The place of a cell of an n-dimensional grid on the curve that visits every cell and always goes on to a neighbour.</summary>
/// <remarks>Neighbours on the curve are neighbours in the grid, which the Z-order's jumps do not give: the same number of files covers
/// smaller
/// boxes. Source: J. Skilling, Programming the Hilbert curve, AIP Conference Proceedings 707, 2004.</remarks>
internal static class HilbertCurve
{
    /// <summary>The cell's place, from 0 to 2^(bits times axes) - 1.</summary>
    /// <param name="cell">One number from 0 to 2^bits - 1 an axis.</param>
    /// <param name="bits">Bits of an axis; together with the number of axes at most 31.</param>
    public static int Place(ReadOnlySpan<int> cell, int bits)
    {
        Span<int> axes = stackalloc int[cell.Length];
        cell.CopyTo(axes);
        var last = axes.Length - 1;
        for (var bit = 1 << (bits - 1); bit > 1; bit >>= 1)
        {
            for (var i = 0; i <= last; i++)
            {
                var below = bit - 1;
                if ((axes[i] & bit) != 0)
                    axes[0] ^= below;
                else
                {
                    var differ = (axes[0] ^ axes[i]) & below;
                    axes[0] ^= differ;
                    axes[i] ^= differ;
                }
            }
        }

        for (var i = 1; i <= last; i++)
            axes[i] ^= axes[i - 1];
        var turned = 0;
        for (var bit = 1 << (bits - 1); bit > 1; bit >>= 1)
        {
            if ((axes[last] & bit) != 0)
                turned ^= bit - 1;
        }

        var place = 0;
        for (var bit = bits - 1; bit >= 0; bit--)
        {
            for (var i = 0; i <= last; i++)
                place = (place << 1) | (((axes[i] ^ turned) >> bit) & 1);
        }

        return place;
    }
}
