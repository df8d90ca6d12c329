namespace Millrace.Scoring;

/// <summary>The values of one input for many rows.</summary>
public sealed class ModelColumn
{
    private readonly Array _values;

    private ModelColumn(string name, ColumnType type, Array values)
    {
        Name = name;
        Type = type;
        _values = values;
    }

    public string Name { get; }

    public ColumnType Type { get; }

    /// <summary>Rows times the input's width; a row's values lie together.</summary>
    public int Length => _values.Length;

    public static ModelColumn Of(string name, float[] values) => new(name, ColumnType.Float, values);

    public static ModelColumn Of(string name, double[] values) => new(name, ColumnType.Double, values);

    public static ModelColumn Of(string name, long[] values) => new(name, ColumnType.Long, values);

    public static ModelColumn Of(string name, bool[] values) => new(name, ColumnType.Bool, values);

    public static ModelColumn Of(string name, string[] values) => new(name, ColumnType.Text, values);

    /// <summary>Nulls become NaN.</summary>
    public static ModelColumn Of(string name, float?[] values) => Of(name, Array.ConvertAll(values, v => v ?? float.NaN));

    /// <summary>Nulls become NaN.</summary>
    public static ModelColumn Of(string name, double?[] values) => Of(name, Array.ConvertAll(values, v => v ?? double.NaN));

    internal void CopyTo(ModelBatch batch, int input, int from, int count)
    {
        switch (_values)
        {
            case float[] values:
                values.AsSpan(from, count).CopyTo(batch.Values<float>(input));
                break;
            case double[] values:
                values.AsSpan(from, count).CopyTo(batch.Values<double>(input));
                break;
            case long[] values:
                values.AsSpan(from, count).CopyTo(batch.Values<long>(input));
                break;
            case bool[] values:
                values.AsSpan(from, count).CopyTo(batch.Values<bool>(input));
                break;
            case string[] values:
                values.AsSpan(from, count).CopyTo(batch.Values<string>(input));
                break;
        }
    }
}
