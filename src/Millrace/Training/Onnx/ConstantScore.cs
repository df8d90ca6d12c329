namespace Millrace.Training.Onnx;

/// <summary>The graph of a model that answers every row alike.</summary>
internal static class ConstantScore
{
    /// <param name="any">An input; only its shape is looked at.</param>
    /// <returns>The name of a tensor of shape [N, 1].</returns>
    public static string Build(OnnxGraph graph, ModelFeature any, float value)
    {
        var shape = graph.Node("Shape", "/shape", [any.Name]);
        return graph.Node("ConstantOfShape", "/sum", [shape], OnnxAttribute.Tensor("value", OnnxGraph.Tensor([value], 1)));
    }
}
