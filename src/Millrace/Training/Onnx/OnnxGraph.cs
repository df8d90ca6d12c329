using System.Buffers.Binary;

namespace Millrace.Training.Onnx;

/// <summary>Gathers a graph and writes it as an ONNX model: IR 8, opset 15, ai.onnx.ml 3.</summary>
/// <remarks>
/// Every input and output is a column: shape [N, 1] with N symbolic. Equal calls in equal order give equal bytes. Names of inner
/// tensors begin with <c>/</c>, so that they never meet a feature's. Field numbers: onnx.proto of ONNX 1.12.
/// </remarks>
internal sealed class OnnxGraph
{
    /// <summary>The domain of the operators for trees and categories.</summary>
    public const string Ml = "ai.onnx.ml";

    private readonly List<ProtoWriter> _nodes = [];
    private readonly List<ProtoWriter> _initializers = [];
    private readonly List<ProtoWriter> _inputs = [];
    private readonly List<ProtoWriter> _outputs = [];

    public void Input(string name, OnnxElement element) => _inputs.Add(Value(name, element));

    public void Output(string name, OnnxElement element) => _outputs.Add(Value(name, element));

    /// <summary>Adds a node with one output and returns the output's name.</summary>
    public string Node(string op, string domain, string output, IReadOnlyList<string> inputs, params OnnxAttribute[] attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
            node.Text(1, input);
        node.Text(2, output).Text(3, op + ":" + output).Text(4, op);
        foreach (var attribute in attributes)
            node.Message(5, attribute.Message);
        if (domain.Length > 0)
            node.Text(7, domain);
        _nodes.Add(node);
        return output;
    }

    public string Node(string op, string output, IReadOnlyList<string> inputs, params OnnxAttribute[] attributes) =>
        Node(op, "", output, inputs, attributes);

    /// <summary>A constant tensor of floats; returns its name.</summary>
    /// <param name="shape">Empty for a single number.</param>
    public string Constant(string name, ReadOnlySpan<float> values, params long[] shape)
    {
        _initializers.Add(Tensor(values, shape).Text(8, name));
        return name;
    }

    /// <summary>The message of a tensor without a name.</summary>
    public static ProtoWriter Tensor(ReadOnlySpan<float> values, params long[] shape)
    {
        var raw = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * 4), values[i]);
        return new ProtoWriter().Ints(1, shape).Int(2, (long)OnnxElement.Float).Bytes(9, raw);
    }

    /// <param name="metadata">Written in ordinal order of the keys.</param>
    public byte[] ToModel(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var graph = new ProtoWriter();
        foreach (var node in _nodes)
            graph.Message(1, node);
        graph.Text(2, "model");
        foreach (var initializer in _initializers)
            graph.Message(5, initializer);
        foreach (var input in _inputs)
            graph.Message(11, input);
        foreach (var output in _outputs)
            graph.Message(12, output);

        var model = new ProtoWriter().Int(1, 8).Text(2, "millrace").Message(7, graph)
            .Message(8, new ProtoWriter().Text(1, "").Int(2, 15))
            .Message(8, new ProtoWriter().Text(1, Ml).Int(2, 3));
        foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
            model.Message(14, new ProtoWriter().Text(1, key).Text(2, value));
        return model.Written.ToArray();
    }

    private static ProtoWriter Value(string name, OnnxElement element)
    {
        var shape = new ProtoWriter().Message(1, new ProtoWriter().Text(2, "N")).Message(1, new ProtoWriter().Int(1, 1));
        return new ProtoWriter().Text(1, name)
            .Message(2, new ProtoWriter().Message(1, new ProtoWriter().Int(1, (long)element).Message(2, shape)));
    }
}
