namespace Millrace.Serving;

/// <summary>One input or output of a model: shape [rows, <paramref name="Width"/>].</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">What its elements are.</param>
/// <param name="Width">Elements of one row, at least 1. A tensor of width 1 may also come as [rows].</param>
public sealed record TensorSpec(string Name, TensorType Type, int Width = 1);
