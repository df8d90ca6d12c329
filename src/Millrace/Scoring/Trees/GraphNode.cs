namespace Millrace.Scoring.Trees;

/// <summary>One operator of a graph: message NodeProto.</summary>
internal sealed class GraphNode
{
    private readonly Dictionary<string, GraphAttribute> _attributes = new(StringComparer.Ordinal);
    private readonly List<string> _inputs = [];
    private readonly List<string> _outputs = [];

    /// <summary>The operator; behind <c>ai.onnx.ml:</c> when it is of that domain, and behind another domain's name alike.</summary>
    public string Operator { get; private set; } = "";

    public IReadOnlyList<string> Inputs => _inputs;

    public IReadOnlyList<string> Outputs => _outputs;

    public static GraphNode Read(ReadOnlySpan<byte> file, Part message)
    {
        const int Input = 1, Output = 2, Name = 3, OpType = 4, Attribute = 5, DocString = 6, Domain = 7;
        var (node, domain) = (new GraphNode(), "");
        var reader = new ProtoReader(file, message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case Input:
                    node._inputs.Add(GraphFile.Text(file, reader.Part));
                    break;
                case Output:
                    node._outputs.Add(GraphFile.Text(file, reader.Part));
                    break;
                case OpType:
                    node.Operator = GraphFile.Text(file, reader.Part);
                    break;
                case Domain:
                    domain = GraphFile.Text(file, reader.Part);
                    break;
                case Attribute:
                    var attribute = GraphAttribute.Read(file, reader.Part);
                    if (!node._attributes.TryAdd(attribute.Name, attribute))
                        throw new FormatException($"The attribute '{attribute.Name}' stands twice.");
                    break;
                case Name or DocString:
                    break;
                default:
                    throw new FormatException("A node holds what is not known here.");
            }
        }

        if (domain is not ("" or "ai.onnx"))
            node.Operator = domain + ":" + node.Operator;
        return node;
    }

    /// <summary>An attribute that may be absent.</summary>
    public GraphAttribute? Find(string name) => _attributes.GetValueOrDefault(name);

    public GraphAttribute Get(string name) =>
        Find(name) ?? throw new FormatException($"The operator {Operator} has no attribute '{name}'.");

    /// <summary>Refuses attributes whose meaning is not known here.</summary>
    public void AllowAttributes(params ReadOnlySpan<string> names)
    {
        foreach (var name in _attributes.Keys)
        {
            if (!names.Contains(name))
                throw new FormatException($"The operator {Operator} has the attribute '{name}'.");
        }
    }
}
