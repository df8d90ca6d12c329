namespace Millrace.Training;

/// <summary>One raw feature over many rows, before any preparation.</summary>
/// <remarks>
/// A column of whole numbers or flags that may be missing is given as numbers, since an ONNX tensor of <c>int64</c> or <c>bool</c> has
/// no missing value. The arrays are not copied and must not change while the column is in use.
/// </remarks>
public sealed class FeatureColumn
{
    private readonly float[]? _numbers;
    private readonly long[]? _integers;
    private readonly bool[]? _flags;
    private readonly string?[]? _texts;

    private FeatureColumn(string name, FeatureType type, Array values)
    {
        Name = name;
        Type = type;
        Count = values.Length;
        _numbers = values as float[];
        _integers = values as long[];
        _flags = values as bool[];
        _texts = values as string?[];
    }

    /// <summary>The name in the table; it becomes the name of the model's input.</summary>
    public string Name { get; }

    public FeatureType Type { get; }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <summary>The values of a <see cref="FeatureType.Number"/>; empty for another type.</summary>
    public ReadOnlyMemory<float> Numbers => _numbers;

    /// <summary>The values of a <see cref="FeatureType.Integer"/>; empty for another type.</summary>
    public ReadOnlyMemory<long> Integers => _integers;

    /// <summary>The values of a <see cref="FeatureType.Flag"/>; empty for another type.</summary>
    public ReadOnlyMemory<bool> Flags => _flags;

    /// <summary>The values of a <see cref="FeatureType.Text"/>; empty for another type.</summary>
    public ReadOnlyMemory<string?> Texts => _texts;

    /// <param name="values">One a row; NaN is missing.</param>
    public static FeatureColumn OfNumbers(string name, float[] values) => new(name, FeatureType.Number, values);

    /// <param name="values">One a row.</param>
    public static FeatureColumn OfIntegers(string name, long[] values) => new(name, FeatureType.Integer, values);

    /// <param name="values">One a row.</param>
    public static FeatureColumn OfFlags(string name, bool[] values) => new(name, FeatureType.Flag, values);

    /// <param name="values">One a row; null and the empty text are missing.</param>
    public static FeatureColumn OfTexts(string name, string?[] values) => new(name, FeatureType.Text, values);

    /// <summary>A column of the same name and type with some of the rows, in the order given.</summary>
    /// <param name="rows">Indexes of rows of this column.</param>
    public FeatureColumn Take(ReadOnlySpan<int> rows) => Type switch
    {
        FeatureType.Number => OfNumbers(Name, Taken(_numbers!, rows)),
        FeatureType.Integer => OfIntegers(Name, Taken(_integers!, rows)),
        FeatureType.Flag => OfFlags(Name, Taken(_flags!, rows)),
        _ => OfTexts(Name, Taken(_texts!, rows)),
    };

    /// <summary>The value as a number: a whole number rounded to the nearest float, a flag as 0 or 1. Not for texts.</summary>
    internal float NumberAt(int row) => Type switch
    {
        FeatureType.Number => _numbers![row],
        FeatureType.Integer => _integers![row],
        _ => _flags![row] ? 1f : 0f,
    };

    /// <summary>The text, empty when it is missing.</summary>
    internal string TextAt(int row) => _texts![row] ?? "";

    private static T[] Taken<T>(T[] values, ReadOnlySpan<int> rows)
    {
        var taken = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = values[rows[i]];
        return taken;
    }
}
