namespace Millrace.Training;

/// <summary>What a trainer is asked for. Equal requests give equal models, whatever the number of threads.</summary>
public sealed class TrainingRequest
{
    /// <param name="split">Its rows are indexes into the set; the holdout is never looked at.</param>
    /// <exception cref="TrainingException">The training rows are none, or of one class.</exception>
    public TrainingRequest(TrainingSet set, Split split, TrainerParameters parameters, long seed)
    {
        (Set, Split, Parameters, Seed) = (set, split, parameters, seed);
        if (split.Train.Length == 0)
            throw new TrainingException("The split leaves no rows to train on.");
        TrainingSet.RefuseOneClass(set.Task, split.Train.Count(row => set.Label[row] == 1), split.Train.Length, "training rows");
    }

    public TrainingSet Set { get; }

    public Split Split { get; }

    public TrainerParameters Parameters { get; }

    /// <summary>All chance comes from it.</summary>
    public long Seed { get; }

    /// <summary>At least 1; the default is one a processor. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Called after each iteration, on the calling thread; null for nobody.</summary>
    public Action<IterationMetrics>? OnIteration { get; init; }
}
