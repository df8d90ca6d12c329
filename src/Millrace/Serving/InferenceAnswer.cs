namespace Millrace.Serving;

/// <summary>What a request gets: logged before it was made known.</summary>
public sealed class InferenceAnswer : IDisposable
{
    internal InferenceAnswer(ModelIdentity model, int rows, IReadOnlyList<TensorData> outputs, int loggedBefore, TensorData predictionIds)
    {
        (Model, Rows, Outputs, LoggedBefore, PredictionIds) = (model, rows, outputs, loggedBefore, predictionIds);
    }

    /// <summary>The version that answered; for a retry the one that answered first.</summary>
    public ModelIdentity Model { get; }

    /// <summary>Rows, at least 1.</summary>
    public int Rows { get; }

    /// <summary>All outputs in the order of the version's signature.</summary>
    public IReadOnlyList<TensorData> Outputs { get; }

    /// <summary>Rows that had been answered before: their answers are the logged ones, and nothing was logged again.</summary>
    public int LoggedBefore { get; }

    /// <summary>The rows' prediction ids: the client's, those made of its request id, or the log's. The labels that come later name
    /// them.</summary>
    public TensorData PredictionIds { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        PredictionIds.Dispose();
        foreach (var output in Outputs)
            output.Dispose();
    }
}
