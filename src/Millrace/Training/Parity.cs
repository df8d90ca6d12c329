using Millrace.Scoring;

namespace Millrace.Training;

/// <summary>How far the ONNX file that will be served is from the model as it was trained, over the same raw rows.</summary>
/// <remarks>The file is scored by the engine and, where that is how it will be served, by walking its trees: both must hold.</remarks>
/// <param name="Rows">The rows compared.</param>
/// <param name="Worst">
/// The greatest difference, of the engine or of the walk. Binary: |p - q| of the probabilities. Regression: |a - b| / max(|a|, s), with a
/// the trained model's answer and s the standard deviation of the training labels: without s an answer near 0 would ask the sum of many
/// floats to be exact.
/// </param>
/// <param name="Limit">What it may be: 1e-5 for probabilities, 1e-4 for regression.</param>
/// <param name="WorstRow">Where the greatest difference is, from 0.</param>
public sealed record Parity(int Rows, double Worst, double Limit, int WorstRow)
{
    /// <summary>Whether the file may stand for the model. A label other than the probability says is a difference without
    /// limit.</summary>
    public bool Holds => Worst <= Limit;

    /// <summary>Scores the rows in each way.</summary>
    /// <param name="onnx">The file of the model, opened.</param>
    /// <param name="columns">Raw rows, at least one; the features of the signature in any order, others are passed over.</param>
    /// <exception cref="ArgumentException">A feature is missing or of another type.</exception>
    public static Parity Measure(
        TrainedModel model, OnnxModel onnx, IReadOnlyList<FeatureColumn> columns, CancellationToken cancellationToken)
    {
        var trained = model.Predict(columns);
        var given = model.Features.Select(f => Given(columns.First(c => c.Name == f.Name))).ToList();
        var limit = model.Task == LearningTask.Binary ? 1e-5 : 1e-4;
        var byEngine = Compare(model, trained, onnx.ScoreByEngine(given, cancellationToken));
        if (!onnx.WalksTrees)
            return new Parity(trained.Length, byEngine.Worst, limit, byEngine.Row);

        var walked = Compare(model, trained, onnx.Score(given, cancellationToken));
        var (worst, row) = walked.Worst > byEngine.Worst ? walked : byEngine;
        return new Parity(trained.Length, worst, limit, row);
    }

    private static (double Worst, int Row) Compare(TrainedModel model, double[] trained, Predictions predictions)
    {
        var isBinary = model.Task == LearningTask.Binary;
        var served = predictions.Values<float>(isBinary ? ModelOutput.Probability : ModelOutput.Prediction);
        var labels = isBinary ? predictions.Values<long>(ModelOutput.Label) : [];
        var (worst, worstRow) = (0.0, 0);
        for (var i = 0; i < trained.Length; i++)
        {
            var difference = Math.Abs(trained[i] - served[i]);
            if (!isBinary && difference > 0)
                difference /= Math.Max(Math.Abs(trained[i]), model.LabelDeviation);
            if (isBinary && labels[i] != (served[i] >= 0.5f ? 1 : 0))
                difference = double.PositiveInfinity;
            if (difference > worst || double.IsNaN(difference))
                (worst, worstRow) = (double.IsNaN(difference) ? double.PositiveInfinity : difference, i);
        }

        return (worst, worstRow);
    }

    private static ModelColumn Given(FeatureColumn column) => column.Type switch
    {
        FeatureType.Number => ModelColumn.Of(column.Name, column.Numbers.ToArray()),
        FeatureType.Integer => ModelColumn.Of(column.Name, column.Integers.ToArray()),
        FeatureType.Flag => ModelColumn.Of(column.Name, column.Flags.ToArray()),
        _ => ModelColumn.Of(column.Name, Array.ConvertAll(column.Texts.ToArray(), t => t ?? "")),
    };
}
