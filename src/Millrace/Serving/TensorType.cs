using Millrace.Assets;

namespace Millrace.Serving;

/// <summary>What the elements of a tensor are: the data types of the Open Inference Protocol that JSON can carry.</summary>
/// <remarks>FP16 and BF16 are left out: the protocol itself calls them unfit for JSON.</remarks>
public enum TensorType
{
    /// <summary><c>BOOL</c>, one byte.</summary>
    Bool,

    /// <summary><c>UINT8</c>.</summary>
    UInt8,

    /// <summary><c>UINT16</c>.</summary>
    UInt16,

    /// <summary><c>UINT32</c>.</summary>
    UInt32,

    /// <summary><c>UINT64</c>.</summary>
    UInt64,

    /// <summary><c>INT8</c>.</summary>
    Int8,

    /// <summary><c>INT16</c>.</summary>
    Int16,

    /// <summary><c>INT32</c>.</summary>
    Int32,

    /// <summary><c>INT64</c>.</summary>
    Int64,

    /// <summary><c>FP32</c>; NaN is a missing value.</summary>
    Float32,

    /// <summary><c>FP64</c>; NaN is a missing value.</summary>
    Float64,

    /// <summary><c>BYTES</c>: UTF-8 text, or missing.</summary>
    Bytes,
}

/// <summary>Words, sizes and storage of tensor types.</summary>
public static class TensorTypes
{
    private static readonly string[] Words =
        ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64", "BYTES"];

    private static readonly DataType[] Stored =
    [
        DataType.Boolean, DataType.Short, DataType.Integer, DataType.Long, DataType.Decimal(20, 0), DataType.Byte, DataType.Short,
        DataType.Integer, DataType.Long, DataType.Float, DataType.Double, DataType.String,
    ];

    private static readonly int[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 0];

    /// <summary>The protocol's word, such as <c>FP32</c>.</summary>
    public static string Word(this TensorType type) => Words[(int)type];

    /// <summary>Bytes of one element; 0 for texts, whose length varies.</summary>
    public static int Size(this TensorType type) => Sizes[(int)type];

    /// <summary>The column type that holds every value of the tensor type in a table.</summary>
    public static DataType ToColumnType(this TensorType type) => Stored[(int)type];

    /// <summary>The type of a protocol word; false for an unknown one and for <c>FP16</c>, <c>BF16</c>.</summary>
    public static bool TryParse(string word, out TensorType type)
    {
        var index = Array.IndexOf(Words, word);
        type = (TensorType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Whether every value of <paramref name="given"/> is a value of <paramref name="expected"/>, so that no element can
    /// lose anything.</summary>
    public static bool Widens(TensorType given, TensorType expected) => given == expected || (given, expected) switch
    {
        (TensorType.UInt8, TensorType.UInt16 or TensorType.UInt32 or TensorType.UInt64) => true,
        (TensorType.UInt16, TensorType.UInt32 or TensorType.UInt64) => true,
        (TensorType.UInt32, TensorType.UInt64) => true,
        (TensorType.UInt8 or TensorType.Int8, TensorType.Int16) => true,
        (TensorType.UInt8 or TensorType.Int8, TensorType.Int32 or TensorType.Int64 or TensorType.Float32 or TensorType.Float64) => true,
        (TensorType.UInt16 or TensorType.Int16, TensorType.Int32 or TensorType.Int64 or TensorType.Float32 or TensorType.Float64) => true,
        (TensorType.UInt32 or TensorType.Int32, TensorType.Int64 or TensorType.Float64) => true,
        (TensorType.Float32, TensorType.Float64) => true,
        _ => false,
    };
}
