using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Sources.Formats.Zstd;

/// <summary>The hash XXH64 with seed 0, fed in pieces.</summary>
internal sealed class XxHash64
{
    private const ulong P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9, P4 = 0x85EBCA77C2B2AE63, P5 = 0x27D4EB2F165667C5;

    private readonly byte[] _rest = new byte[32];
    private readonly ulong[] _lanes = new ulong[4];
    private int _used;
    private ulong _length;

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        (_lanes[0], _lanes[1], _lanes[2], _lanes[3]) = (unchecked(P1 + P2), P2, 0, unchecked(0 - P1));
        (_used, _length) = (0, 0);
    }

    /// <summary>Takes more bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_used > 0)
        {
            var taken = Math.Min(32 - _used, bytes.Length);
            bytes[..taken].CopyTo(_rest.AsSpan(_used));
            _used += taken;
            bytes = bytes[taken..];
            if (_used < 32)
                return;
            Stripe(_rest);
            _used = 0;
        }

        for (; bytes.Length >= 32; bytes = bytes[32..])
            Stripe(bytes);
        bytes.CopyTo(_rest);
        _used = bytes.Length;
    }

    /// <summary>The hash of what was taken so far.</summary>
    public ulong Value()
    {
        unchecked
        {
            var hash = P5;
            if (_length >= 32)
            {
                hash = BitOperations.RotateLeft(_lanes[0], 1) + BitOperations.RotateLeft(_lanes[1], 7)
                    + BitOperations.RotateLeft(_lanes[2], 12) + BitOperations.RotateLeft(_lanes[3], 18);
                foreach (var lane in _lanes)
                    hash = ((hash ^ Round(0, lane)) * P1) + P4;
            }

            hash += _length;
            var rest = _rest.AsSpan(0, _used);
            for (; rest.Length >= 8; rest = rest[8..])
                hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * P1) + P4;
            for (; rest.Length >= 4; rest = rest[4..])
                hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * P1), 23) * P2) + P3;
            foreach (var b in rest)
                hash = BitOperations.RotateLeft(hash ^ (b * P5), 11) * P1;
            hash = (hash ^ (hash >> 33)) * P2;
            hash = (hash ^ (hash >> 29)) * P3;
            return hash ^ (hash >> 32);
        }
    }

    private static ulong Round(ulong lane, ulong input) => unchecked(BitOperations.RotateLeft(lane + (input * P2), 31) * P1);

    private void Stripe(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < 4; i++)
            _lanes[i] = Round(_lanes[i], BinaryPrimitives.ReadUInt64LittleEndian(bytes[(8 * i)..]));
    }
}
