using System.Runtime.InteropServices;
using System.Text;
using Millrace.Native;

namespace Millrace.Tests.Native;

/// <summary>A TensorProto as the ONNX project keeps its test data: type, shape and values.</summary>
internal sealed record TensorFile(string Name, OrtElementType Type, long[] Shape, byte[] Bytes, string[] Texts)
{
    public static TensorFile Read(string path)
    {
        var (name, type) = ("", OrtElementType.Undefined);
        var (shape, numbers, texts, bytes) = (new List<long>(), new List<long>(), new List<string>(), new List<byte>());
        var reader = new ProtobufReader(File.ReadAllBytes(path));
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.AddVarints(shape);
                    break;
                case 2:
                    type = (OrtElementType)reader.Number;
                    break;
                case 6:
                    texts.Add(Encoding.UTF8.GetString(reader.Bytes));
                    break;
                case 8:
                    name = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 4 when !reader.IsDelimited:
                    bytes.AddRange(BitConverter.GetBytes((uint)reader.Number));
                    break;
                case 10 when !reader.IsDelimited:
                    bytes.AddRange(BitConverter.GetBytes(reader.Number));
                    break;
                case 4 or 9 or 10:
                    bytes.AddRange(reader.Bytes);
                    break;
                case 5 or 7 or 11:
                    reader.AddVarints(numbers);
                    break;
            }
        }

        if (numbers.Count > 0)
            bytes.AddRange(Narrow(numbers, type));
        return new TensorFile(name, type, [.. shape], [.. bytes], [.. texts]);
    }

    /// <summary>The files keep the bits of bfloat16 as uint16; the graph tells which is meant.</summary>
    public TensorFile As(OrtValueInfo value) =>
        Type == OrtElementType.UInt16 && value.ElementType == OrtElementType.BFloat16 ? this with { Type = value.ElementType } : this;

    public OrtTensor ToTensor()
    {
        if (Type == OrtElementType.String)
            return OrtTensor.OfTexts(Texts, Shape);
        var tensor = OrtTensor.Create(Type, Shape);
        Bytes.CopyTo(tensor.Bytes);
        return tensor;
    }

    /// <summary>Says how a tensor differs; null when it has this type and shape and the same values, floats within the tolerance.</summary>
    /// <remarks>Floats fit when |given - expected| &lt;= 1e-5 + 1e-3 |expected|, the tolerance of ONNX's own backend tests. NaN equals NaN.</remarks>
    public string? Difference(OrtTensor given)
    {
        if (given.ElementType != Type || !given.Shape.SequenceEqual(Shape))
            return $"{given.ElementType} [{string.Join(", ", given.Shape.ToArray())}] instead of {Type} [{string.Join(", ", Shape)}]";
        return Type switch
        {
            OrtElementType.String => given.Texts().SequenceEqual(Texts) ? null : "other texts",
            OrtElementType.Float => Far(given.Values<float>(), MemoryMarshal.Cast<byte, float>(Bytes), v => v),
            OrtElementType.Double => Far(given.Values<double>(), MemoryMarshal.Cast<byte, double>(Bytes), v => v),
            OrtElementType.Float16 => Far(given.Values<Half>(), MemoryMarshal.Cast<byte, Half>(Bytes), v => (double)v),
            _ => given.Bytes.SequenceEqual(Bytes) ? null : "other values",
        };
    }

    private static string? Far<T>(ReadOnlySpan<T> given, ReadOnlySpan<T> expected, Func<T, double> number)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var (g, e) = (number(given[i]), number(expected[i]));
            if (g.Equals(e) || Math.Abs(g - e) <= 1e-5 + (1e-3 * Math.Abs(e)))
                continue;
            return FormattableString.Invariant($"value {i} is {g} instead of {e}");
        }

        return null;
    }

    private static byte[] Narrow(List<long> numbers, OrtElementType type) => type switch
    {
        OrtElementType.Bool or OrtElementType.Int8 or OrtElementType.UInt8 => [.. numbers.Select(n => (byte)n)],
        OrtElementType.Int16 or OrtElementType.UInt16 or OrtElementType.Float16 or OrtElementType.BFloat16 =>
            [.. numbers.SelectMany(n => BitConverter.GetBytes((short)n))],
        OrtElementType.Int32 or OrtElementType.UInt32 => [.. numbers.SelectMany(n => BitConverter.GetBytes((int)n))],
        _ => [.. numbers.SelectMany(BitConverter.GetBytes)],
    };
}
