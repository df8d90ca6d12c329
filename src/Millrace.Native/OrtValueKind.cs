namespace Millrace.Native;

/// <summary>What an input or output of a graph is. Only tensors can be given and read.</summary>
public enum OrtValueKind
{
    Unknown = 0,
    Tensor = 1,
    Sequence = 2,
    Map = 3,
    Opaque = 4,
    SparseTensor = 5,
    Optional = 6,
}
