using System.Globalization;

namespace Millrace.Native;

/// <summary>One input or output of a graph.</summary>
/// <param name="ElementType">Undefined where <paramref name="Kind"/> is no tensor.</param>
/// <param name="Shape">Empty for a scalar, and also where the graph declares no shape: the engine does not tell them apart.</param>
public sealed record OrtValueInfo(string Name, OrtValueKind Kind, OrtElementType ElementType, IReadOnlyList<OrtDimension> Shape)
{
    /// <summary>The element type with the shape, such as <c>Float [N, 4]</c>.</summary>
    public string TypeText => Kind == OrtValueKind.Tensor ? $"{ElementType} [{string.Join(", ", Shape)}]" : $"{Kind}";

    /// <summary>Says why a tensor does not fit here; null when it does.</summary>
    /// <remarks>A free dimension takes every size, and so does a shape without dimensions take every shape.</remarks>
    internal string? Misfit(OrtTensor tensor)
    {
        var shape = tensor.Shape;
        var fits = tensor.ElementType == ElementType && (Shape.Count == 0 || shape.Length == Shape.Count);
        for (var i = 0; fits && i < Shape.Count; i++)
            fits = Shape[i].IsFree || Shape[i].Size == shape[i];
        return fits ? null : $"'{Name}' is {TypeText} and was given {tensor.ElementType} [{Join(shape)}]";
    }

    private static string Join(ReadOnlySpan<long> shape)
    {
        var sizes = new string[shape.Length];
        for (var i = 0; i < shape.Length; i++)
            sizes[i] = shape[i].ToString(CultureInfo.InvariantCulture);
        return string.Join(", ", sizes);
    }
}
