namespace Millrace.Training;

/// <summary>Mean and standard deviation (population) of the label over the training rows.</summary>
internal static class LabelSummary
{
    public static (double Mean, double Deviation) Of(TrainingRequest request)
    {
        var (rows, label) = (request.Split.Train, request.Set.Label);
        var sum = 0.0;
        foreach (var row in rows)
            sum += label[row];
        var mean = sum / rows.Length;
        var squares = 0.0;
        foreach (var row in rows)
            squares += (label[row] - mean) * (label[row] - mean);
        return (mean, Math.Sqrt(squares / rows.Length));
    }
}
