namespace Millrace.Native;

/// <summary>The type of a tensor's elements, with the numbers of ONNX's <c>TensorProto.DataType</c>.</summary>
/// <remarks>
/// The C# type of the values is told at each word; <see cref="String"/> is read and written as text. The rest can be told apart in a
/// graph's signature, but a tensor of it can neither be made nor read.
/// </remarks>
public enum OrtElementType
{
    Undefined = 0,

    /// <summary>float</summary>
    Float = 1,

    /// <summary>byte</summary>
    UInt8 = 2,

    /// <summary>sbyte</summary>
    Int8 = 3,

    /// <summary>ushort</summary>
    UInt16 = 4,

    /// <summary>short</summary>
    Int16 = 5,

    /// <summary>int</summary>
    Int32 = 6,

    /// <summary>long</summary>
    Int64 = 7,

    /// <summary>UTF-8 text without NUL.</summary>
    String = 8,

    /// <summary>bool, one byte</summary>
    Bool = 9,

    /// <summary>Half</summary>
    Float16 = 10,

    /// <summary>double</summary>
    Double = 11,

    /// <summary>uint</summary>
    UInt32 = 12,

    /// <summary>ulong</summary>
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
    Float8E4M3FN = 17,
    Float8E4M3FNUZ = 18,
    Float8E5M2 = 19,
    Float8E5M2FNUZ = 20,
    UInt4 = 21,
    Int4 = 22,
}
