using System.Buffers.Binary;

namespace Millrace.Tests.Native;

/// <summary>Walks the fields of one protobuf message: number, wire type, and the value where it lies.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    public int Field { get; private set; }

    /// <summary>The value of a varint, or the bits of a fixed number.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a length-delimited field: text, bytes, a message, or packed numbers.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool IsDelimited { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;

        var tag = Varint();
        Field = (int)(tag >> 3);
        Bytes = default;
        IsDelimited = (tag & 7) == 2;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 2:
                Bytes = Take((int)Varint());
                break;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new InvalidDataException($"Field {Field} has the wire type {tag & 7}, which ONNX does not use.");
        }

        return true;
    }

    /// <summary>Adds the numbers of a repeated field of varints, packed or single.</summary>
    public readonly void AddVarints(List<long> numbers)
    {
        if (!IsDelimited)
        {
            numbers.Add((long)Number);
            return;
        }

        var packed = new ProtobufReader(Bytes);
        while (!packed._rest.IsEmpty)
            numbers.Add((long)packed.Varint());
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
