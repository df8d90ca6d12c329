using Millrace.Native;

namespace Millrace.Scoring;

/// <summary>What a model takes and gives, read from its graph. Every input is required.</summary>
/// <param name="Inputs">In the graph's order.</param>
/// <param name="Outputs">In the graph's order; each has as many rows as the inputs.</param>
/// <param name="FixedRows">The number of rows that the graph is made for; null when it takes any number.</param>
public sealed record ModelSignature(IReadOnlyList<ModelPort> Inputs, IReadOnlyList<ModelPort> Outputs, int? FixedRows)
{
    /// <summary>The place of an input of this name; -1 when there is none.</summary>
    public int InputIndex(string name) => Index(Inputs, name);

    /// <summary>The place of an output of this name; -1 when there is none.</summary>
    public int OutputIndex(string name) => Index(Outputs, name);

    /// <exception cref="OnnxModelException">The graph cannot be scored row by row.</exception>
    internal static ModelSignature Read(OrtSession session)
    {
        if (session.Inputs.Count == 0)
            throw new OnnxModelException("The model has no inputs.");
        var rows = Rows("input", session.Inputs[0]);
        var inputs = session.Inputs.Select(i => Port("input", i, rows)).ToArray();
        return new ModelSignature(inputs, [.. session.Outputs.Select(o => Port("output", o, rows))], rows < 0 ? null : (int)rows);
    }

    private static int Index(IReadOnlyList<ModelPort> ports, string name)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Name == name)
                return i;
        }

        return -1;
    }

    private static ModelPort Port(string what, OrtValueInfo value, long rows)
    {
        if (value.Kind != OrtValueKind.Tensor || ColumnTypes.Of(value.ElementType) is not { } type)
            throw new OnnxModelException(
                $"The model's {what} '{value.Name}' is {value.TypeText}. Models are scored on tensors of Float, Double, Int64, Bool and String.");
        if (Rows(what, value) != rows)
            throw new OnnxModelException(
                $"The model's {what} '{value.Name}' is {value.TypeText}, whose first dimension is not that of the first input: "
                + "all inputs and outputs must have the rows of the batch as their first dimension.");
        if (value.Shape.Skip(1).Where(d => d.Size is < 1 or > int.MaxValue).ToArray() is [var wrong, ..])
            throw new OnnxModelException(
                $"The model's {what} '{value.Name}' is {value.TypeText}. Only the first dimension, the rows, may be free; '{wrong}' must be a size from 1.");
        return new ModelPort(value.Name, type, [.. value.Shape.Skip(1).Select(d => (int)d.Size)]);
    }

    private static long Rows(string what, OrtValueInfo value)
    {
        if (value.Kind == OrtValueKind.Tensor && value.Shape.Count == 0)
            throw new OnnxModelException($"The model's {what} '{value.Name}' is a scalar or has no declared shape. Its first dimension must be the rows.");
        if (value.Shape.Count > 0 && value.Shape[0].Size is 0 or > int.MaxValue)
            throw new OnnxModelException($"The model's {what} '{value.Name}' is {value.TypeText}, which has no or too many rows.");
        return value.Shape.Count == 0 ? -1 : value.Shape[0].Size;
    }
}
