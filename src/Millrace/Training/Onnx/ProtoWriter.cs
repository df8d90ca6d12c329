using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Millrace.Training.Onnx;

/// <summary>Writes one message of Protocol Buffers: varints, length-delimited fields and 32-bit floats, in the order of the
/// calls.</summary>
/// <remarks>Wire format: protobuf.dev, "Encoding". Repeated numbers are packed.</remarks>
internal sealed class ProtoWriter
{
    private const int Varint = 0;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public ProtoWriter Int(int field, long value)
    {
        Tag(field, Varint);
        Raw((ulong)value);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, Delimited);
        Raw((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message.Written);

    public ProtoWriter Ints(int field, IReadOnlyList<long> values)
    {
        var packed = new ProtoWriter();
        foreach (var value in values)
            packed.Raw((ulong)value);
        return Message(field, packed);
    }

    public ProtoWriter Floats(int field, IReadOnlyList<float> values)
    {
        var packed = new byte[values.Count * 4];
        for (var i = 0; i < values.Count; i++)
            BinaryPrimitives.WriteSingleLittleEndian(packed.AsSpan(i * 4), values[i]);
        return Bytes(field, packed);
    }

    private void Tag(int field, int wire) => Raw(((ulong)field << 3) | (uint)wire);

    private void Raw(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
