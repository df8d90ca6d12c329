using System.Buffers.Binary;
using System.Text;
using Millrace.Native;

namespace Millrace.Tests.Native;

/// <summary>Writes small ONNX graphs by hand: IR 8, opset 15, ai.onnx.ml 3.</summary>
internal sealed class OnnxSketch
{
    private readonly List<byte> _graph = [];
    private readonly List<byte> _model = [];

    public OnnxSketch()
    {
        Varint(_model, 1, 8);
        Text(_model, 2, "millrace-tests");
        Varint(_model, 5, 7);
        Text(_graph, 2, "sketch");
        Message(_model, 8, set => Varint(set, 2, 15));
        Message(_model, 8, set =>
        {
            Text(set, 1, "ai.onnx.ml");
            Varint(set, 2, 3);
        });
    }

    /// <param name="shape">Sizes as numbers, free dimensions as names; <c>?</c> for one without a name.</param>
    public OnnxSketch Input(string name, OrtElementType type, params object[] shape) => Port(11, name, type, shape);

    public OnnxSketch Output(string name, OrtElementType type, params object[] shape) => Port(12, name, type, shape);

    public OnnxSketch SequenceOutput(string name, OrtElementType type)
    {
        Message(_graph, 12, port =>
        {
            Text(port, 1, name);
            Message(port, 2, kind => Message(kind, 4, list => Message(list, 1, element => Message(element, 1, tensor => Varint(tensor, 1, (long)type)))));
        });
        return this;
    }

    /// <summary>Values that the graph holds.</summary>
    public OnnxSketch Constant(string name, float[] values, params long[] shape)
    {
        Message(_graph, 5, tensor =>
        {
            foreach (var size in shape)
                Varint(tensor, 1, size);
            Varint(tensor, 2, (long)OrtElementType.Float);
            Floats(tensor, 4, values);
            Text(tensor, 8, name);
        });
        return this;
    }

    /// <param name="attributes">long, float, string, or an array of these, by name.</param>
    public OnnxSketch Node(string type, string[] inputs, string[] outputs, string domain = "", params (string Name, object Value)[] attributes)
    {
        Message(_graph, 1, node =>
        {
            foreach (var input in inputs)
                Text(node, 1, input);
            foreach (var output in outputs)
                Text(node, 2, output);
            Text(node, 4, type);
            foreach (var (name, value) in attributes)
                Message(node, 5, attribute => Attribute(attribute, name, value));
            Text(node, 7, domain);
        });
        return this;
    }

    public OnnxSketch Property(string key, string value)
    {
        Message(_model, 14, entry =>
        {
            Text(entry, 1, key);
            Text(entry, 2, value);
        });
        return this;
    }

    public byte[] Bytes()
    {
        var model = new List<byte>(_model);
        Message(model, 7, graph => graph.AddRange(_graph));
        return [.. model];
    }

    private static void Attribute(List<byte> attribute, string name, object value)
    {
        Text(attribute, 1, name);
        switch (value)
        {
            case float number:
                attribute.Add((2 << 3) | 5);
                Float(attribute, number);
                Varint(attribute, 20, 1);
                break;
            case long number:
                Varint(attribute, 3, number);
                Varint(attribute, 20, 2);
                break;
            case string text:
                Text(attribute, 4, text);
                Varint(attribute, 20, 3);
                break;
            case float[] numbers:
                Floats(attribute, 7, numbers);
                Varint(attribute, 20, 6);
                break;
            case long[] numbers:
                foreach (var number in numbers)
                    Varint(attribute, 8, number);
                Varint(attribute, 20, 7);
                break;
            case string[] texts:
                foreach (var text in texts)
                    Text(attribute, 9, text);
                Varint(attribute, 20, 8);
                break;
            default:
                throw new ArgumentException($"An attribute of the type {value.GetType().Name} is not written here.", nameof(value));
        }
    }

    private OnnxSketch Port(int field, string name, OrtElementType type, object[] shape)
    {
        Message(_graph, field, port =>
        {
            Text(port, 1, name);
            Message(port, 2, kind => Message(kind, 1, tensor =>
            {
                Varint(tensor, 1, (long)type);
                Message(tensor, 2, sizes =>
                {
                    foreach (var size in shape)
                    {
                        Message(sizes, 1, dimension =>
                        {
                            if (size is int number)
                                Varint(dimension, 1, number);
                            else if (size is string and not "?")
                                Text(dimension, 2, (string)size);
                        });
                    }
                });
            }));
        });
        return this;
    }

    private static void Message(List<byte> to, int field, Action<List<byte>> write)
    {
        var message = new List<byte>();
        write(message);
        Number(to, ((ulong)field << 3) | 2);
        Number(to, (ulong)message.Count);
        to.AddRange(message);
    }

    private static void Text(List<byte> to, int field, string text) => Message(to, field, message => message.AddRange(Encoding.UTF8.GetBytes(text)));

    private static void Varint(List<byte> to, int field, long value)
    {
        Number(to, (ulong)field << 3);
        Number(to, (ulong)value);
    }

    private static void Floats(List<byte> to, int field, float[] values) => Message(to, field, message =>
    {
        foreach (var value in values)
            Float(message, value);
    });

    private static void Float(List<byte> to, float value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        to.AddRange(bytes);
    }

    private static void Number(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            to.Add((byte)(value | 0x80));
        to.Add((byte)value);
    }
}
