using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Sources.Formats.Zstd;

/// <summary>Bits that are read from the end of a block to its beginning, the highest first. A last one marks where they start.</summary>
internal ref struct BackwardBits
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _left;

    public BackwardBits(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        if (bytes.IsEmpty || bytes[^1] == 0)
            throw new InvalidDataException("it is damaged: bits without an end mark.");
        _left = (bytes.Length * 8) - 1 - BitOperations.LeadingZeroCount((uint)bytes[^1]) + 24;
    }

    /// <summary>How many bits are left; negative when more were taken than there are, which read as 0.</summary>
    public readonly int Left => _left;

    /// <summary>Takes bits, up to 32.</summary>
    public uint Take(int count)
    {
        var bits = Peek(count);
        _left -= count;
        return bits;
    }

    /// <summary>Passes over bits.</summary>
    public void Skip(int count) => _left -= count;

    /// <summary>The next bits, up to 32, which stay.</summary>
    public readonly uint Peek(int count)
    {
        if (count == 0)
            return 0;
        var from = _left - count;
        if (from >= 0)
        {
            var at = from >> 3;
            var word = at + 8 <= _bytes.Length ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]) : Tail(at);
            return (uint)((word >> (from & 7)) & ((1UL << count) - 1));
        }

        return _left <= 0 ? 0 : (uint)((Tail(0) & ((1UL << _left) - 1)) << -from);
    }

    private readonly ulong Tail(int at)
    {
        ulong word = 0;
        for (var i = Math.Min(7, _bytes.Length - 1 - at); i >= 0; i--)
            word = (word << 8) | _bytes[at + i];
        return word;
    }
}
