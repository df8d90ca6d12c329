namespace Millrace.Training;

/// <summary>One way of learning a model from rows.</summary>
public interface ITrainer
{
    /// <summary>The word a project writes after <c>trainer:</c>, for example <c>gbdt</c>.</summary>
    string Name { get; }

    /// <summary>Raised when equal requests give other bytes than before: part of what a model was made by.</summary>
    int Revision { get; }

    /// <summary>What it learns.</summary>
    IReadOnlyList<LearningTask> Tasks { get; }

    /// <summary>What a project may write under <c>parameters:</c>, in the order of importance.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Learns from the training rows; the validation rows may stop it. Equal requests give equal models.</summary>
    /// <exception cref="TrainingException">The data cannot be learned from.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is left behind.</exception>
    TrainedModel Train(TrainingRequest request, CancellationToken cancellationToken);
}
