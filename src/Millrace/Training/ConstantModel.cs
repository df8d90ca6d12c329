using Millrace.Training.Onnx;

namespace Millrace.Training;

/// <summary>One answer for every row.</summary>
internal sealed class ConstantModel : TrainedModel
{
    private readonly float _value;

    public ConstantModel(TrainingRequest request, double value, double labelDeviation)
        : base(request.Set.Task, MeanTrainer.Word, [.. request.Set.Features.Select(f => new ModelFeature(f.Name, f.Type))], labelDeviation)
    {
        _value = (float)value;
        Importance = [.. Features.Select(f => new FeatureImportance(f.Name, 0, 0))];
    }

    public override IReadOnlyList<string> Categories(int feature) => [];

    private protected override void Score(IReadOnlyList<FeatureColumn> columns, Span<double> sums) => sums.Fill(_value);

    private protected override string Build(OnnxGraph graph) => ConstantScore.Build(graph, Features[0], _value);
}
