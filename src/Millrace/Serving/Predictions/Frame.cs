using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Serving.Predictions;

/// <summary>The bytes between frames' borders: length (int32) + CRC-32C of the payload (uint32) + payload, little endian.</summary>
internal static class Frame
{
    /// <summary>Bytes before the payload.</summary>
    public const int Header = 8;

    /// <summary>A longer frame is refused when written and taken for a torn one when read.</summary>
    public const int MaxPayload = 1 << 30;

    /// <summary>CRC-32C (Castagnoli, RFC 3720) of the bytes.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>Writes length and checksum in front of a payload that lies at <see cref="Header"/>.</summary>
    public static void Seal(Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - Header);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame[Header..]));
    }

    /// <summary>The payload's length of the whole frame at the front of the bytes; null when it is torn.</summary>
    public static int? Whole(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Header)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is <= 0 or > MaxPayload || length > bytes.Length - Header)
            return null;
        return Checksum(bytes.Slice(Header, length)) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) ? length : null;
    }
}
