using System.Buffers.Binary;

namespace Millrace.Scoring.Trees;

/// <summary>Where some bytes of a file lie.</summary>
internal readonly record struct Part(int Start, int Length);

/// <summary>Walks the fields of one message of Protocol Buffers where it lies in a file.</summary>
/// <remarks>
/// Wire format: protobuf.dev, "Encoding". Whatever leaves its message, has a wire type that ONNX does not use or a number of more than
/// 64 bits is a <see cref="FormatException"/>.
/// </remarks>
internal ref struct ProtoReader(ReadOnlySpan<byte> file, Part message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _file = file;
    private readonly int _end = message.Start + message.Length;
    private int _at = message.Start;

    public int Field { get; private set; }

    /// <summary>The value of a varint, or the bits of a fixed number.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a length-delimited field: text, bytes, a message, or packed numbers.</summary>
    public Part Part { get; private set; }

    public bool IsDelimited { get; private set; }

    public readonly float Float => BitConverter.UInt32BitsToSingle((uint)Number);

    public bool Next()
    {
        if (_at == _end)
            return false;

        var tag = TakeVarint();
        if (tag >> 3 is 0 or > int.MaxValue)
            throw new FormatException("A field has no number.");
        Field = (int)(tag >> 3);
        IsDelimited = (tag & 7) == Delimited;
        switch (tag & 7)
        {
            case Varint:
                Number = TakeVarint();
                break;
            case Fixed64:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case Delimited:
                var length = TakeVarint();
                if (length > (ulong)(_end - _at))
                    throw new FormatException("A field is longer than its message.");
                Part = new Part(_at, (int)length);
                _at += (int)length;
                break;
            case Fixed32:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new FormatException("A field has a wire type that ONNX does not use.");
        }

        return true;
    }

    /// <summary>Adds the numbers of a repeated field of varints, packed or single.</summary>
    public readonly void AddInts(List<long> numbers)
    {
        if (!IsDelimited)
        {
            numbers.Add((long)Number);
            return;
        }

        var packed = new ProtoReader(_file, Part);
        while (packed._at < packed._end)
            numbers.Add((long)packed.TakeVarint());
    }

    /// <summary>Adds the numbers of a repeated field of floats, packed or single.</summary>
    public readonly void AddFloats(List<float> numbers)
    {
        if (!IsDelimited)
        {
            numbers.Add(Float);
            return;
        }

        var packed = new ProtoReader(_file, Part);
        while (packed._at < packed._end)
            numbers.Add(BinaryPrimitives.ReadSingleLittleEndian(packed.Take(4)));
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _end - _at)
            throw new FormatException("A field ends outside its message.");
        _at += length;
        return _file.Slice(_at - length, length);
    }

    private ulong TakeVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new FormatException("A number has more than 64 bits.");
    }
}
