using Millrace.Statistics;

namespace Millrace.Training.Linear;

/// <summary>What the linear trainers share: prepare, minimise, wrap.</summary>
internal static class LinearTraining
{
    public static ParameterSpec L2 { get; } =
        ParameterSpec.Number("l2", 1, 0, 1e12, "Holds the weights down; prepared numbers have a standard deviation of 1.");

    public static TrainedModel Train(string name, TrainingRequest request, bool isLogistic, CancellationToken cancellationToken)
    {
        var (rows, set) = (request.Split.Train, request.Set);
        var notes = new List<string>();
        var prepared = Design.Fit(request, notes);
        var design = Design.Of(prepared, set.Features, rows);
        var labels = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            labels[i] = set.Label[rows[i]];
        var (mean, deviation) = LabelSummary.Of(request);
        var newton = new Newton(design, labels, isLogistic, request.Parameters.Number("l2"), request.Threads);
        var steps = 0;
        var weights = newton.Fit(isLogistic ? Numbers.Log(mean / (1 - mean)) : mean, (step, loss) =>
        {
            steps = step;
            request.OnIteration?.Invoke(isLogistic
                ? new IterationMetrics(step, "log_loss", loss, null)
                : new IterationMetrics(step, "rmse", Math.Sqrt(2 * loss), null));
        }, cancellationToken);
        return new LinearModel(request, name, deviation, isLogistic ? Link.Logistic : Link.Identity, prepared, weights, steps, notes);
    }
}
