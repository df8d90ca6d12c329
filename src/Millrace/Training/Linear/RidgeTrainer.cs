namespace Millrace.Training.Linear;

/// <summary>Linear regression with squared weights held down by l2: the least of sum (y - x w)^2 + l2 |w|^2, the intercept left
/// free.</summary>
/// <remarks>Hoerl and Kennard, Ridge regression, 1970. Solved by the normal equations over prepared columns.</remarks>
internal sealed class RidgeTrainer : ITrainer
{
    public string Name => "ridge";

    public int Revision => 1;

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Regression];

    public IReadOnlyList<ParameterSpec> Parameters { get; } = [LinearTraining.L2];

    public TrainedModel Train(TrainingRequest request, CancellationToken cancellationToken) =>
        LinearTraining.Train(Name, request, isLogistic: false, cancellationToken);
}
