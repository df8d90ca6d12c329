namespace Millrace.Training;

/// <summary>Answers every row with the mean label of the training rows: the least that a model must beat.</summary>
internal sealed class MeanTrainer : ITrainer
{
    public const string Word = "mean";

    public string Name => Word;

    public int Revision => 1;

    public IReadOnlyList<LearningTask> Tasks => [LearningTask.Regression, LearningTask.Binary];

    public IReadOnlyList<ParameterSpec> Parameters => [];

    public TrainedModel Train(TrainingRequest request, CancellationToken cancellationToken)
    {
        var (mean, deviation) = LabelSummary.Of(request);
        return new ConstantModel(request, mean, deviation);
    }
}
