using System.Text;

namespace Millrace.Scoring.Trees;

/// <summary>The nodes and the single numbers of a graph, read from the bytes of an ONNX file.</summary>
/// <remarks>
/// Field numbers: onnx.proto of ONNX 1.12. A file with functions, with tensors other than single floats, or that is broken is a
/// <see cref="FormatException"/>: it is for the engine alone.
/// </remarks>
internal sealed class GraphFile
{
    private const long FloatElement = 1;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, float> _constants = new(StringComparer.Ordinal);
    private readonly List<GraphNode> _nodes = [];

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    /// <summary>Initializers of one float.</summary>
    public IReadOnlyDictionary<string, float> Constants => _constants;

    public static GraphFile Read(ReadOnlySpan<byte> file)
    {
        const int Graph = 7, TrainingInfo = 20, Functions = 25;
        Part? graph = null;
        var reader = new ProtoReader(file, new Part(0, file.Length));
        while (reader.Next())
        {
            if (reader.Field is TrainingInfo or Functions || (reader.Field == Graph && (graph is not null || !reader.IsDelimited)))
                throw new FormatException("The file holds more than one graph.");
            if (reader.Field == Graph)
                graph = reader.Part;
        }

        var read = new GraphFile();
        read.ReadGraph(file, graph ?? throw new FormatException("The file holds no graph."));
        return read;
    }

    /// <summary>The text of bytes that must be UTF-8.</summary>
    public static string Text(ReadOnlySpan<byte> file, Part part)
    {
        try
        {
            return Strict.GetString(file.Slice(part.Start, part.Length));
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("A text is not UTF-8.", e);
        }
    }

    private void ReadGraph(ReadOnlySpan<byte> file, Part graph)
    {
        const int Node = 1, Initializer = 5, SparseInitializer = 15;
        var reader = new ProtoReader(file, graph);
        while (reader.Next())
        {
            if (reader.Field == Node)
                _nodes.Add(GraphNode.Read(file, reader.Part));
            else if (reader.Field == Initializer)
                ReadConstant(file, reader.Part);
            else if (reader.Field == SparseInitializer)
                throw new FormatException("The graph holds a sparse tensor.");
        }
    }

    private void ReadConstant(ReadOnlySpan<byte> file, Part tensor)
    {
        const int Dims = 1, DataType = 2, FloatData = 4, Name = 8, RawData = 9, DocString = 12;
        var (type, name, dims, floats) = (0L, "", new List<long>(), new List<float>());
        var reader = new ProtoReader(file, tensor);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case Dims:
                    reader.AddInts(dims);
                    break;
                case DataType:
                    type = (long)reader.Number;
                    break;
                case FloatData or RawData:
                    reader.AddFloats(floats);
                    break;
                case Name:
                    name = Text(file, reader.Part);
                    break;
                case DocString:
                    break;
                default:
                    throw new FormatException("A tensor keeps its values elsewhere or in parts.");
            }
        }

        if (type != FloatElement || floats.Count != 1 || dims.Count > 2 || dims.Exists(d => d != 1) || !_constants.TryAdd(name, floats[0]))
            throw new FormatException($"The tensor '{name}' is not one float.");
    }
}
