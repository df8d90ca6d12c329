using System.Globalization;
using Millrace.Assets;

namespace Millrace.Serving.Predictions;

/// <summary>Where inputs and outputs of model versions stand in an endpoint's prediction table.</summary>
/// <remarks>
/// A tensor of width 1 stands in the column of its name, a wider one in <c>name_0, name_1, ...</c>. Where that column is one of
/// <see cref="Fixed"/>, or has another type since another model version used the name otherwise, it is <c>name__double</c> (the name, two
/// underscores and the type); an output that is named like an input is <c>name__output</c>. Columns are only ever added, so that the
/// place of
/// a version's tensors never moves.
/// </remarks>
public static class PredictionColumns
{
    /// <summary>What every prediction has, whatever its model.</summary>
    public static IReadOnlyList<Column> Fixed { get; } =
    [
        new Column("sequence", DataType.Long), new Column("prediction_id", DataType.String), new Column("request_id", DataType.String),
        new Column("row", DataType.Integer), new Column("event_time", DataType.Timestamp), new Column("received_at", DataType.Timestamp),
        new Column("endpoint", DataType.String), new Column("model", DataType.String), new Column("model_version", DataType.String),
        new Column("latency_us", DataType.Integer), new Column("inputs_hash", DataType.Long),
    ];

    /// <summary>The column of each element of each input, and then of each output, in a table of these columns or to be added to
    /// it.</summary>
    public static IReadOnlyList<Column> Of(ModelSignature signature, Schema? standing)
    {
        var columns = new List<Column>();
        var taken = new HashSet<string>(Fixed.Select(f => f.Name), StringComparer.OrdinalIgnoreCase);
        Place(signature.Inputs, "");
        Place(signature.Outputs, "__output");
        return columns;

        void Place(IReadOnlyList<TensorSpec> specs, string ending)
        {
            foreach (var spec in specs)
            {
                for (var element = 0; element < spec.Width; element++)
                {
                    var name = spec.Width == 1 ? spec.Name : string.Create(CultureInfo.InvariantCulture, $"{spec.Name}_{element}");
                    columns.Add(Free(name, ending, spec.Type.ToColumnType()));
                }
            }
        }

        Column Free(string name, string ending, DataType type)
        {
            var fallback = name + "__" + type.Sql.ToLowerInvariant().Replace("(20,0)", "", StringComparison.Ordinal);
            for (var next = 0; ; next++)
            {
                var candidate = next switch
                {
                    0 => name,
                    1 => ending.Length > 0 ? name + ending : fallback,
                    2 => fallback + ending,
                    _ => string.Create(CultureInfo.InvariantCulture, $"{fallback}_{next}"),
                };
                var column = standing?.Find(candidate);
                if (taken.Contains(candidate) || (column is not null && (column.Type != type || column.Name != candidate)))
                    continue;
                taken.Add(candidate);
                return new Column(candidate, type);
            }
        }
    }

    /// <summary>The columns of a table that stands, and those that a model version adds to it.</summary>
    public static Schema Extend(Schema? standing, ModelSignature signature)
    {
        var columns = (standing?.Columns ?? Fixed).ToList();
        columns.AddRange(Of(signature, standing).Where(c => columns.TrueForAll(s => s.Name != c.Name)));
        return new Schema(columns);
    }
}
