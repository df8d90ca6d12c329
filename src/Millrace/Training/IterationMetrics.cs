namespace Millrace.Training;

/// <summary>How far an iterative trainer has come.</summary>
/// <param name="Iteration">From 1: trees grown, or Newton steps taken.</param>
/// <param name="Metric">The loss that training lowers: <c>rmse</c>, <c>mae</c>, <c>poisson_deviance</c> or <c>log_loss</c>.</param>
/// <param name="TrainLoss">Over the training rows; null where it would cost extra work because nobody validates on it.</param>
/// <param name="ValidationLoss">Over the validation rows; null without any.</param>
public sealed record IterationMetrics(int Iteration, string Metric, double? TrainLoss, double? ValidationLoss);
