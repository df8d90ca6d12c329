namespace Millrace.Training;

/// <summary>Random numbers by position instead of by turn: what is drawn for a row does not depend on who asks first.</summary>
/// <remarks>Two rounds of the finaliser of SplitMix64: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
/// 2014.</remarks>
internal static class CounterRandom
{
    /// <summary>64 even bits for a place in a stream.</summary>
    public static ulong At(long seed, int stream, int index) =>
        Mix(Mix((ulong)seed + 0x9E3779B97F4A7C15) ^ (((ulong)(uint)stream << 32) | (uint)index));

    /// <summary>A number in [0, 1).</summary>
    public static double Fraction(long seed, int stream, int index) => (At(seed, stream, index) >> 11) * (1.0 / 9007199254740992.0);

    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
