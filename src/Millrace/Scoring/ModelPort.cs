namespace Millrace.Scoring;

/// <summary>One input or output of a model: a column.</summary>
/// <param name="Name">As the graph says it; unique among the inputs and among the outputs.</param>
/// <param name="RowShape">The shape of what one row holds: empty for [N], 1 for [N, 1], 3 x 48 x 192 for a picture.</param>
public sealed record ModelPort(string Name, ColumnType Type, IReadOnlyList<int> RowShape)
{
    /// <summary>How many values one row holds: the product of <see cref="RowShape"/>, 1 when it is empty.</summary>
    public int Width { get; } = RowShape.Aggregate(1, (width, size) => checked(width * size));

    /// <summary>Whether a row may lack the value, which is then NaN. Otherwise each row must have one.</summary>
    public bool AllowsNull => Type is ColumnType.Float or ColumnType.Double;

    /// <summary>The name with the type and shape, such as <c>temp (float [N, 1])</c>.</summary>
    public override string ToString() => $"{Name} ({Type.Word()} [{string.Join(", ", ["N", .. RowShape])}])";
}
