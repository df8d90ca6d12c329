using Millrace.Statistics;
using Millrace.Training.Onnx;

namespace Millrace.Training;

/// <summary>A model as its trainer left it: it predicts from raw rows, and writes itself as ONNX.</summary>
/// <remarks>The ONNX file is the model that is served; the own predictor is what the file is compared with, see
/// <see cref="Parity"/>.</remarks>
public abstract class TrainedModel
{
    private protected TrainedModel(LearningTask task, string trainer, IReadOnlyList<ModelFeature> features, double labelDeviation)
    {
        (Task, Trainer, Features, LabelDeviation) = (task, trainer, features, labelDeviation);
    }

    public LearningTask Task { get; }

    /// <summary>The name of the trainer that made it.</summary>
    public string Trainer { get; }

    /// <summary>The signature: one raw feature an input, in order. Features that are not used are part of it.</summary>
    public IReadOnlyList<ModelFeature> Features { get; }

    /// <summary>The standard deviation of the label over the training rows (population); the scale of a regression's errors.</summary>
    public double LabelDeviation { get; }

    /// <summary>What its owner should know: features left unused, categories folded. Sentences, in the order of the features.</summary>
    public IReadOnlyList<string> Notes { get; private protected init; } = [];

    /// <summary>One a feature of the signature, in its order.</summary>
    public IReadOnlyList<FeatureImportance> Importance { get; private protected init; } = [];

    /// <summary>Trees kept, or Newton steps taken; 0 where there is nothing to repeat.</summary>
    public int Iterations { get; private protected init; }

    /// <summary>How the sum of the model becomes its answer.</summary>
    private protected Link Link { get; init; }

    /// <summary>Predicts raw rows with our own code.</summary>
    /// <param name="columns">The features of the signature in any order; others are passed over.</param>
    /// <returns>One a row. Regression: the number. Binary: the probability of the positive class.</returns>
    /// <exception cref="ArgumentException">A feature is missing or of another type, or the columns differ in length.</exception>
    public double[] Predict(IReadOnlyList<FeatureColumn> columns)
    {
        var arranged = Arrange(columns);
        var answers = new double[arranged[0].Count];
        Score(arranged, answers);
        if (Link != Link.Identity)
        {
            for (var i = 0; i < answers.Length; i++)
                answers[i] = Link == Link.Logistic ? Numbers.Sigmoid(answers[i]) : Numbers.Exp(answers[i]);
        }

        return answers;
    }

    /// <summary>The model with its preparation as one ONNX graph that takes raw rows.</summary>
    /// <remarks>
    /// One input a feature of the signature, named as it, shape [N, 1], <c>float</c>, <c>int64</c>, <c>bool</c> or <c>string</c> by its
    /// type. Outputs of shape [N, 1]: <c>prediction</c> (float) for regression, <c>probability</c> (float) and <c>label</c> (int64,
    /// threshold 0.5) for binary. The metadata key <c>millrace.signature</c> holds task, trainer, features with their categories, and
    /// outputs as JSON. Equal models give equal bytes.
    /// </remarks>
    /// <param name="metadata">More keys for the file; null for none.</param>
    public byte[] ToOnnx(IReadOnlyDictionary<string, string>? metadata = null)
    {
        var graph = new OnnxGraph();
        foreach (var feature in Features)
            graph.Input(feature.Name, Element(feature.Type));
        var score = Build(graph);
        if (Task == LearningTask.Binary)
        {
            if (Link == Link.Logistic)
                graph.Node("Sigmoid", ModelOutput.Probability, [score]);
            else
                graph.Node("Identity", ModelOutput.Probability, [score]);
            graph.Output(ModelOutput.Probability, OnnxElement.Float);
            var isPositive = graph.Node("GreaterOrEqual", "/positive", [ModelOutput.Probability, graph.Constant("/threshold", [0.5f])]);
            graph.Node("Cast", ModelOutput.Label, [isPositive], OnnxAttribute.Int("to", (long)OnnxElement.Int64));
            graph.Output(ModelOutput.Label, OnnxElement.Int64);
        }
        else
        {
            graph.Node(Link == Link.Exponential ? "Exp" : "Identity", ModelOutput.Prediction, [score]);
            graph.Output(ModelOutput.Prediction, OnnxElement.Float);
        }

        var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { [SignatureText.Key] = SignatureText.Write(this) };
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
            all.Add(key, value);
        return graph.ToModel(all);
    }

    /// <summary>The categories that a text feature was trained with, in the model's order; empty for a feature of another type or
    /// without use.</summary>
    public abstract IReadOnlyList<string> Categories(int feature);

    /// <summary>Writes each row's sum before the link.</summary>
    /// <param name="columns">In the signature's order.</param>
    private protected abstract void Score(IReadOnlyList<FeatureColumn> columns, Span<double> sums);

    /// <summary>Adds the nodes from the inputs to the sum before the link, and returns the name of that tensor of shape [N, 1].</summary>
    private protected abstract string Build(OnnxGraph graph);

    private static OnnxElement Element(FeatureType type) => type switch
    {
        FeatureType.Number => OnnxElement.Float,
        FeatureType.Integer => OnnxElement.Int64,
        FeatureType.Flag => OnnxElement.Bool,
        _ => OnnxElement.Text,
    };

    private FeatureColumn[] Arrange(IReadOnlyList<FeatureColumn> columns)
    {
        var arranged = new FeatureColumn[Features.Count];
        for (var i = 0; i < arranged.Length; i++)
        {
            var feature = Features[i];
            arranged[i] = columns.FirstOrDefault(c => c.Name == feature.Name)
                ?? throw new ArgumentException(
                    $"The model needs the feature '{feature.Name}'. Given are: {string.Join(", ", columns.Select(c => c.Name))}.");
            if (arranged[i].Type != feature.Type)
                throw new ArgumentException($"Feature '{feature.Name}' is {arranged[i].Type}; the model was trained with {feature.Type}.");
            if (arranged[i].Count != arranged[0].Count)
                throw new ArgumentException(FormattableString.Invariant(
                    $"Feature '{feature.Name}' has {arranged[i].Count} rows and '{arranged[0].Name}' {arranged[0].Count}."));
        }

        return arranged;
    }
}
