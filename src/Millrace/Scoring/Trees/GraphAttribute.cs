namespace Millrace.Scoring.Trees;

/// <summary>A setting of an operator: message AttributeProto.</summary>
/// <remarks>Asking for another type than was written is a <see cref="FormatException"/>.</remarks>
internal sealed class GraphAttribute
{
    private readonly List<float> _floats = [];
    private readonly List<long> _ints = [];
    private readonly List<Part> _texts = [];
    private long _type;
    private float _float;
    private long _int;
    private Part _text;

    public string Name { get; private set; } = "";

    public float Float => Typed(1, _float);

    public long Int => Typed(2, _int);

    public Part Text => Typed(3, _text);

    public List<float> Floats => Typed(6, _floats);

    public List<long> Ints => Typed(7, _ints);

    public List<Part> Texts => Typed(8, _texts);

    public static GraphAttribute Read(ReadOnlySpan<byte> file, Part message)
    {
        var attribute = new GraphAttribute();
        var reader = new ProtoReader(file, message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    attribute.Name = GraphFile.Text(file, reader.Part);
                    break;
                case 2:
                    attribute._float = reader.Float;
                    break;
                case 3:
                    attribute._int = (long)reader.Number;
                    break;
                case 4:
                    attribute._text = reader.Part;
                    break;
                case 7:
                    reader.AddFloats(attribute._floats);
                    break;
                case 8:
                    reader.AddInts(attribute._ints);
                    break;
                case 9:
                    attribute._texts.Add(reader.Part);
                    break;
                case 13:
                    break;
                case 20:
                    attribute._type = (long)reader.Number;
                    break;
                default:
                    throw new FormatException("An attribute holds a tensor, a graph or a reference.");
            }
        }

        return attribute;
    }

    private T Typed<T>(long type, T value) =>
        _type == type ? value : throw new FormatException($"The attribute '{Name}' has another type.");
}
