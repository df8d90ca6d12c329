namespace Millrace.Serving.Predictions;

/// <summary>A row that was answered before: the model that answered it, and its outputs of one row each.</summary>
internal sealed record LoggedRow(ModelIdentity Model, IReadOnlyList<TensorData> Outputs) : IDisposable
{
    public static LoggedRow Of(RowsFrame frame, int row)
    {
        var outputs = new TensorData[frame.Outputs.Count];
        for (var i = 0; i < outputs.Length; i++)
            (outputs[i] = new TensorData(frame.Outputs[i].Spec, 1)).AddRow(frame.Outputs[i], row);
        return new LoggedRow(frame.Model, outputs);
    }

    public void Dispose()
    {
        foreach (var output in Outputs)
            output.Dispose();
    }
}
