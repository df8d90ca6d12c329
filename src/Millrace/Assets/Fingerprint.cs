using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Assets;

/// <summary>A hash of what decides some data: 128 bits of SHA-256 as 32 lower-case hex digits.</summary>
public readonly record struct Fingerprint(string Text) : IComparable<Fingerprint>
{
    /// <summary>The fingerprint of a list of parts. The borders between the parts count: ("ab", "c") differs from ("a", "bc").</summary>
    /// <param name="parts">Texts in their order; <c>null</c> differs from the empty text.</param>
    public static Fingerprint Of(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : Encoding.UTF8.GetByteCount(part));
            hash.AppendData(length);
            if (part is not null)
                hash.AppendData(Encoding.UTF8.GetBytes(part));
        }

        return new Fingerprint(Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16)));
    }

    /// <summary>The fingerprint of a set: the order in which the parts come does not count.</summary>
    public static Fingerprint OfSet(IEnumerable<string> parts) => Of([.. parts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>The first eight digits, for people.</summary>
    public string Short => Text.Length > 8 ? Text[..8] : Text;

    /// <inheritdoc/>
    public int CompareTo(Fingerprint other) => string.CompareOrdinal(Text, other.Text);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
