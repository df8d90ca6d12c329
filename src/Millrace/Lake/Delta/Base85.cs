namespace Millrace.Lake.Delta;

/// <summary>The base 85 of ZeroMQ (RFC 32), in which the log writes bytes.</summary>
internal static class Base85
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    /// <summary>Five characters stand for four bytes, the highest first.</summary>
    /// <exception cref="FormatException">The length is no multiple of five, or a character is none of the alphabet.</exception>
    public static byte[] Decode(string text)
    {
        if (text.Length % 5 != 0)
            throw new FormatException($"a text in base 85 has {text.Length} characters, which is no multiple of 5");
        var bytes = new byte[text.Length / 5 * 4];
        for (var (i, at) = (0, 0); i < text.Length; i += 5, at += 4)
        {
            ulong value = 0;
            foreach (var c in text.AsSpan(i, 5))
            {
                var digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
                value = (value * 85) + (digit >= 0 ? (ulong)digit : throw new FormatException($"'{c}' is no character of base 85"));
            }

            if (value > uint.MaxValue)
                throw new FormatException($"'{text.AsSpan(i, 5)}' is too large for base 85");
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), (uint)value);
        }

        return bytes;
    }
}
