namespace Millrace.Training.Linear;

/// <summary>Logistic regression: the least of the summed log-loss + l2/2 |w|^2, the intercept left free.</summary>
/// <remarks>Solved by Newton's method over prepared columns. In the words of other libraries, C = 1 / l2.</remarks>
internal sealed class LogisticTrainer : ITrainer
{
    public string Name => "logistic";

    public int Revision => 1;

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Binary];

    public IReadOnlyList<ParameterSpec> Parameters { get; } = [LinearTraining.L2];

    public TrainedModel Train(TrainingRequest request, CancellationToken cancellationToken) =>
        LinearTraining.Train(Name, request, isLogistic: true, cancellationToken);
}
