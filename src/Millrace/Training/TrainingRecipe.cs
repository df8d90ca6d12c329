namespace Millrace.Training;

/// <summary>Everything that decides a model's bytes besides the rows: followed again over the same rows it gives the same bytes.</summary>
public sealed record TrainingRecipe
{
    /// <summary>What is predicted.</summary>
    public required LearningTask Task { get; init; }

    /// <summary>Who trains.</summary>
    public required string Trainer { get; init; }

    /// <summary>All of the trainer's parameters, defaults included.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Where chance comes from.</summary>
    public required long Seed { get; init; }

    /// <summary>The columns to read, in a total order.</summary>
    public required TrainingQuery Query { get; init; }

    /// <summary>How rows are shared out: by time, or by a hash of the key.</summary>
    public required bool IsByTime { get; init; }

    /// <summary>By time: the first instant that validates.</summary>
    public DateTime? ValidationFrom { get; init; }

    /// <summary>By time: the first instant that is held out.</summary>
    public DateTime? HoldoutFrom { get; init; }

    /// <summary>By key: the share that validates.</summary>
    public double ValidationShare { get; init; }

    /// <summary>By key: the share that is held out.</summary>
    public double HoldoutShare { get; init; }

    /// <summary>Which rows are for what.</summary>
    /// <exception cref="TrainingException">Nothing is left to train on.</exception>
    public Split Split(TrainingRows rows) => IsByTime
        ? Training.Split.ByBorders(rows.Times, ValidationFrom!.Value, HoldoutFrom!.Value)
        : Training.Split.ByKey(rows.Keys, Seed, ValidationShare, HoldoutShare);

    /// <summary>Trains.</summary>
    /// <param name="rows">What <see cref="Query"/> gave.</param>
    /// <param name="threads">The result does not depend on it.</param>
    /// <param name="onIteration">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Looked at between iterations.</param>
    /// <exception cref="TrainingException">The rows cannot be learnt from.</exception>
    public TrainedModel Follow(TrainingRows rows, int threads, Action<IterationMetrics>? onIteration, CancellationToken cancellationToken)
    {
        var trainer = Trainers.Find(Trainer, Task, out var mistake) ?? throw new TrainingException(mistake!);
        var parameters = TrainerParameters.Read(trainer, Parameters, out var mistakes) ?? throw new TrainingException(string.Join(" ", mistakes.Select(m => m.Message)));
        var request = new TrainingRequest(new TrainingSet(Task, rows.Features, rows.Label), Split(rows), parameters, Seed) { Threads = threads, OnIteration = onIteration };
        return trainer.Train(request, cancellationToken);
    }
}
