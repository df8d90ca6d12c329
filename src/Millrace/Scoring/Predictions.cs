namespace Millrace.Scoring;

/// <summary>What a model gave for many rows: one array an output.</summary>
public sealed class Predictions
{
    private readonly ModelSignature _signature;
    private readonly Array[] _outputs;

    internal Predictions(ModelSignature signature, int rows, Array[] outputs)
    {
        _signature = signature;
        _outputs = outputs;
        Rows = rows;
    }

    public int Rows { get; }

    /// <summary>The values of an output: rows times its width, a row's values together.</summary>
    /// <typeparam name="T">float, double, long, bool or string, as the signature says.</typeparam>
    /// <exception cref="ArgumentException">There is no output of this name, or it has another type.</exception>
    public ReadOnlySpan<T> Values<T>(string output)
    {
        var index = _signature.OutputIndex(output);
        return index >= 0
            ? Values<T>(index)
            : throw new ArgumentException($"The model has no output '{output}'. Its outputs are: {string.Join(", ", _signature.Outputs)}.", nameof(output));
    }

    /// <inheritdoc cref="Values{T}(string)"/>
    public ReadOnlySpan<T> Values<T>(int output) => _outputs[output] is T[] values
        ? values
        : throw new ArgumentException($"The output {_signature.Outputs[output]} has no values of the type {typeof(T).Name}.");

    internal static Array Room(ModelPort port, int rows) => port.Type switch
    {
        ColumnType.Float => new float[checked(rows * port.Width)],
        ColumnType.Double => new double[checked(rows * port.Width)],
        ColumnType.Long => new long[checked(rows * port.Width)],
        ColumnType.Bool => new bool[checked(rows * port.Width)],
        _ => new string[checked(rows * port.Width)],
    };

    internal static void Copy(ModelBatch batch, int output, Array room, int at)
    {
        switch (room)
        {
            case float[] values:
                batch.Output<float>(output).CopyTo(values.AsSpan(at));
                break;
            case double[] values:
                batch.Output<double>(output).CopyTo(values.AsSpan(at));
                break;
            case long[] values:
                batch.Output<long>(output).CopyTo(values.AsSpan(at));
                break;
            case bool[] values:
                batch.Output<bool>(output).CopyTo(values.AsSpan(at));
                break;
            case string[] values:
                batch.Output<string>(output).CopyTo(values.AsSpan(at));
                break;
        }
    }
}
