namespace Millrace.Serving;

/// <summary>A model version that is loaded and answers requests until the last of them ended after it was replaced.</summary>
public sealed class ServedModel
{
    private readonly Scorer _score;
    private readonly Action _release;
    private int _holders = 1;

    /// <summary>A loaded model version.</summary>
    /// <param name="identity">What it is.</param>
    /// <param name="score">Computes its outputs.</param>
    /// <param name="release">Lets go of what it holds; called once, when nobody uses it any more.</param>
    public ServedModel(ModelIdentity identity, Scorer score, Action release) => (Identity, _score, _release) = (identity, score, release);

    /// <summary>What it is.</summary>
    public ModelIdentity Identity { get; }

    /// <summary>True once it was replaced and its last request ended.</summary>
    public bool IsReleased => Volatile.Read(ref _holders) == 0;

    /// <summary>Fresh outputs for rows; the caller disposes them.</summary>
    internal TensorData[] Score(IReadOnlyList<TensorData> inputs, int rows)
    {
        var outputs = new TensorData[Identity.Signature.Outputs.Count];
        try
        {
            for (var i = 0; i < outputs.Length; i++)
                outputs[i] = new TensorData(Identity.Signature.Outputs[i], rows);
            _score(inputs, rows, outputs);
            foreach (var output in outputs)
            {
                if (output.Count != output.Capacity)
                    throw new InvalidOperationException(
                        $"Version {Identity.Version} of the model '{Identity.Model}' gave {output.Count} of {output.Capacity} elements "
                            + $"of its output '{output.Spec.Name}'.");
            }

            return outputs;
        }
        catch
        {
            foreach (var output in outputs)
                output?.Dispose();
            throw;
        }
    }

    /// <summary>Scores one row of nothing in particular, so that the first request does not pay for loading.</summary>
    /// <exception cref="Exception">Whatever the scorer throws: such a version must not come into force.</exception>
    internal void WarmUp()
    {
        var inputs = Identity.Signature.Inputs.Select(Blank).ToArray();
        try
        {
            foreach (var output in Score(inputs, 1))
                output.Dispose();
        }
        finally
        {
            foreach (var input in inputs)
                input.Dispose();
        }
    }

    /// <summary>Takes a hold on it, unless it is released already.</summary>
    internal bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    internal void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            _release();
    }

    private static TensorData Blank(TensorSpec spec)
    {
        var tensor = new TensorData(spec, 1);
        if (spec.Type == TensorType.Bytes)
        {
            for (var i = 0; i < spec.Width; i++)
                tensor.AddText(default(ReadOnlySpan<byte>));
        }
        else
        {
            tensor.Blank();
        }

        return tensor;
    }
}
