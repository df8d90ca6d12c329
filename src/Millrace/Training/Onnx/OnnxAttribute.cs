namespace Millrace.Training.Onnx;

/// <summary>An attribute of a node: message AttributeProto.</summary>
/// <remarks>Field numbers and type codes: onnx.proto of ONNX 1.12 (IR version 8).</remarks>
internal sealed class OnnxAttribute
{
    private OnnxAttribute(ProtoWriter message) => Message = message;

    public ProtoWriter Message { get; }

    public static OnnxAttribute Float(string name, float value) => new(Named(name).Float(2, value).Int(20, 1));

    public static OnnxAttribute Int(string name, long value) => new(Named(name).Int(3, value).Int(20, 2));

    public static OnnxAttribute Text(string name, string value) => new(Named(name).Text(4, value).Int(20, 3));

    public static OnnxAttribute Tensor(string name, ProtoWriter tensor) => new(Named(name).Message(5, tensor).Int(20, 4));

    public static OnnxAttribute Floats(string name, IReadOnlyList<float> values) => new(Named(name).Floats(7, values).Int(20, 6));

    public static OnnxAttribute Ints(string name, IReadOnlyList<long> values) => new(Named(name).Ints(8, values).Int(20, 7));

    public static OnnxAttribute Texts(string name, IEnumerable<string> values)
    {
        var message = Named(name);
        foreach (var value in values)
            message.Text(9, value);
        return new OnnxAttribute(message.Int(20, 8));
    }

    private static ProtoWriter Named(string name) => new ProtoWriter().Text(1, name);
}
