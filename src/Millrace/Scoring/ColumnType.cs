using Millrace.Native;

namespace Millrace.Scoring;

/// <summary>The type of the values that go into a model or come out of it.</summary>
public enum ColumnType
{
    /// <summary>32 bits; a null is NaN.</summary>
    Float,

    /// <summary>64 bits; a null is NaN.</summary>
    Double,

    /// <summary>A whole number of 64 bits; there is no null.</summary>
    Long,

    /// <summary>True or false; there is no null.</summary>
    Bool,

    /// <summary>Text without NUL characters; there is no null.</summary>
    Text,
}

internal static class ColumnTypes
{
    /// <summary>The word that messages use.</summary>
    public static string Word(this ColumnType type) => type.ToString().ToLowerInvariant();

    public static ColumnType? Of(OrtElementType type) => type switch
    {
        OrtElementType.Float => ColumnType.Float,
        OrtElementType.Double => ColumnType.Double,
        OrtElementType.Int64 => ColumnType.Long,
        OrtElementType.Bool => ColumnType.Bool,
        OrtElementType.String => ColumnType.Text,
        _ => null,
    };

    public static ColumnType? Of(Type type) =>
        type == typeof(float) ? ColumnType.Float
        : type == typeof(double) ? ColumnType.Double
        : type == typeof(long) ? ColumnType.Long
        : type == typeof(bool) ? ColumnType.Bool
        : type == typeof(string) ? ColumnType.Text
        : null;
}
