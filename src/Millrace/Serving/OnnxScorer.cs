using Millrace.Scoring;

namespace Millrace.Serving;

/// <summary>Serves an ONNX model.</summary>
public static class OnnxScorer
{
    /// <summary>Rows that go through the engine at once.</summary>
    private const int SliceRows = 4096;

    /// <summary>A model version ready to serve; the model is disposed when nobody uses it any more.</summary>
    /// <remarks>A missing text reaches the graph as an empty one, a missing number as NaN.</remarks>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version as clients see it.</param>
    /// <param name="model">The opened model; owned from here on.</param>
    /// <exception cref="ArgumentException">The graph is made for a fixed number of rows, or an input has a name that clients use
    /// otherwise.</exception>
    public static ServedModel Serve(string endpoint, string name, string version, OnnxModel model)
    {
        if (model.Signature.FixedRows is { } rows)
            throw new ArgumentException($"Version {version} of the model '{name}' takes {rows} rows at a time. A served model takes "
                + $"any number: make its first dimension free.");
        var signature = new ModelSignature([.. model.Signature.Inputs.Select(Spec)], [.. model.Signature.Outputs.Select(Spec)]);
        var identity = new ModelIdentity(endpoint, name, version, signature);
        return new ServedModel(identity, (inputs, count, outputs) => Score(model, inputs, count, outputs), model.Dispose);
    }

    private static TensorSpec Spec(ModelPort port) => new(
        port.Name,
        port.Type switch
        {
            ColumnType.Float => TensorType.Float32,
            ColumnType.Double => TensorType.Float64,
            ColumnType.Long => TensorType.Int64,
            ColumnType.Bool => TensorType.Bool,
            _ => TensorType.Bytes,
        },
        port.Width);

    private static void Score(OnnxModel model, IReadOnlyList<TensorData> inputs, int rows, IReadOnlyList<TensorData> outputs)
    {
        for (var from = 0; from < rows; from += SliceRows)
        {
            using var batch = model.Rent(Math.Min(SliceRows, rows - from));
            for (var i = 0; i < inputs.Count; i++)
                Put(batch, i, inputs[i], from * inputs[i].Spec.Width, batch.Rows * inputs[i].Spec.Width);
            batch.Score();
            for (var i = 0; i < outputs.Count; i++)
                Take(batch, i, outputs[i], from * outputs[i].Spec.Width);
        }

        foreach (var output in outputs)
        {
            if (output.Spec.Type != TensorType.Bytes)
                output.MarkFull();
        }
    }

    private static void Put(ModelBatch batch, int input, TensorData tensor, int from, int count)
    {
        switch (tensor.Spec.Type)
        {
            case TensorType.Float32:
                tensor.Values<float>().Slice(from, count).CopyTo(batch.Values<float>(input));
                break;
            case TensorType.Float64:
                tensor.Values<double>().Slice(from, count).CopyTo(batch.Values<double>(input));
                break;
            case TensorType.Int64:
                tensor.Values<long>().Slice(from, count).CopyTo(batch.Values<long>(input));
                break;
            case TensorType.Bool:
                tensor.Values<bool>().Slice(from, count).CopyTo(batch.Values<bool>(input));
                break;
            default:
                var texts = batch.Values<string>(input);
                for (var i = 0; i < count; i++)
                    texts[i] = System.Text.Encoding.UTF8.GetString(tensor.Text(from + i));
                break;
        }
    }

    private static void Take(ModelBatch batch, int output, TensorData tensor, int from)
    {
        switch (tensor.Spec.Type)
        {
            case TensorType.Float32:
                batch.Output<float>(output).CopyTo(tensor.Space<float>()[from..]);
                break;
            case TensorType.Float64:
                batch.Output<double>(output).CopyTo(tensor.Space<double>()[from..]);
                break;
            case TensorType.Int64:
                batch.Output<long>(output).CopyTo(tensor.Space<long>()[from..]);
                break;
            case TensorType.Bool:
                batch.Output<bool>(output).CopyTo(tensor.Space<bool>()[from..]);
                break;
            default:
                foreach (var text in batch.Output<string>(output))
                    tensor.AddText(text);
                break;
        }
    }
}
