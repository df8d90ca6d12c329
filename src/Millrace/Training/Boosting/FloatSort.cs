using System.Runtime.CompilerServices;

namespace Millrace.Training.Boosting;

/// <summary>Sorts floats by their bits, eleven at a time: several times faster than comparing them.</summary>
/// <remarks>Least significant digit first (Knuth, The Art of Computer Programming, volume 3, section 5.2.5). NaN is not among the
/// values.</remarks>
internal static class FloatSort
{
    private const int Digits = 2048;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sort(Span<float> values)
    {
        var (keys, other) = (new uint[values.Length], new uint[values.Length]);
        var starts = new int[3 * Digits];
        for (var i = 0; i < keys.Length; i++)
        {
            // Negative floats order backwards: all their bits are turned, of the others only the sign.
            var bits = BitConverter.SingleToInt32Bits(values[i]);
            var key = keys[i] = (uint)(bits ^ ((bits >> 31) | int.MinValue));
            starts[key & (Digits - 1)]++;
            starts[Digits + ((key >> 11) & (Digits - 1))]++;
            starts[(2 * Digits) + (key >> 22)]++;
        }

        for (var pass = 0; pass < 3; pass++)
        {
            var places = starts.AsSpan(pass * Digits, Digits);
            var sum = 0;
            foreach (ref var place in places)
                (place, sum) = (sum, sum + place);
            foreach (var key in keys)
                other[places[(int)((key >> (11 * pass)) & (Digits - 1))]++] = key;
            (keys, other) = (other, keys);
        }

        for (var i = 0; i < keys.Length; i++)
        {
            var key = (int)keys[i];
            values[i] = BitConverter.Int32BitsToSingle(key ^ (~(key >> 31) | int.MinValue));
        }
    }
}
