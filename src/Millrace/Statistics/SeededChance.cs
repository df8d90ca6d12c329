namespace Millrace.Statistics;

/// <summary>Numbers that a seed decides, the same on each platform and runtime.</summary>
/// <remarks>SplitMix64. Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.</remarks>
internal struct SeededChance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A whole number in [0, <paramref name="bound"/>), each as likely as the others to one part in 2^64 / bound.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);
}
