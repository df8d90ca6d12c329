using Millrace.Scoring;
using Millrace.Training;

namespace Millrace.Governance;

/// <summary>Scores columns as they are read for training with a model as it is served.</summary>
internal static class ModelScores
{
    /// <summary>The model's answer for every row: the number, or the probability of 1.</summary>
    public static double[] Of(OnnxModel model, IReadOnlyList<FeatureColumn> columns, CancellationToken cancellationToken)
    {
        var inputs = columns.Where(c => model.Signature.InputIndex(c.Name) >= 0).Select(Column).ToList();
        var output = model.Signature.OutputIndex(ModelOutput.Probability) >= 0 ? ModelOutput.Probability : ModelOutput.Prediction;
        var answers = model.Score(inputs, cancellationToken).Values<float>(output);
        var scores = new double[answers.Length];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = answers[i];
        return scores;
    }

    private static ModelColumn Column(FeatureColumn column) => column.Type switch
    {
        FeatureType.Number => ModelColumn.Of(column.Name, column.Numbers.ToArray()),
        FeatureType.Integer => ModelColumn.Of(column.Name, column.Integers.ToArray()),
        FeatureType.Flag => ModelColumn.Of(column.Name, column.Flags.ToArray()),
        _ => ModelColumn.Of(column.Name, Array.ConvertAll(column.Texts.ToArray(), t => t ?? "")),
    };
}
