using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Sql;

/// <summary>Bytes to be hashed, in nested stretches: a stretch is written behind a mark, hashed and taken off again.</summary>
internal sealed class ByteStack
{
    private byte[] _bytes = new byte[4096];

    /// <summary>The end of what is written: a mark.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> From(int mark) => _bytes.AsSpan(mark, Length - mark);

    public void Clear() => Length = 0;

    public void Tag(char tag) => Room(1)[0] = (byte)tag;

    public void Number(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);

    public void Hash(UInt128 value) => BinaryPrimitives.WriteUInt128LittleEndian(Room(16), value);

    /// <summary>Bytes without their length, for what nobody can confuse with what follows.</summary>
    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        value.CopyTo(Room(value.Length));
    }

    /// <summary>A text with its length.</summary>
    public void Text(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        Number(count);
        Encoding.UTF8.GetBytes(value, Room(count));
    }

    /// <summary>A name of SQL, in which case does not count.</summary>
    public void Name(string value) => Text(value.ToLowerInvariant());

    /// <summary>The hash of everything behind the mark, which is taken off.</summary>
    public UInt128 Pop(int mark)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(From(mark), hash);
        Length = mark;
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>Takes everything behind the mark off.</summary>
    public void Drop(int mark) => Length = mark;

    private Span<byte> Room(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
