using Millrace.Assets;

namespace Millrace.Training;

/// <summary>Which columns of a relation are read for a training, and as what.</summary>
public sealed record TrainingQuery
{
    /// <summary>The relation's name.</summary>
    public required string Data { get; init; }

    /// <summary>The columns that name a row; rows are read in their order.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>The column to predict.</summary>
    public required string Label { get; init; }

    /// <summary>The column of event time, or null.</summary>
    public string? Time { get; init; }

    /// <summary>The columns to learn from: the type is <see cref="FeatureType.Number"/>, <see cref="FeatureType.Flag"/> or <see cref="FeatureType.Text"/>.</summary>
    public required IReadOnlyList<ModelFeature> Features { get; init; }

    /// <summary>A column that is a naive forecast, or null.</summary>
    public string? Baseline { get; init; }

    /// <summary>Columns by whose values quality is also judged.</summary>
    public IReadOnlyList<string> Slices { get; init; } = [];

    /// <summary>One SELECT with a total order, where the key is one. The columns: key as text, time, label, features, baseline, slices.</summary>
    public string Sql
    {
        get
        {
            var columns = new List<string> { $"concat_ws(chr(31), {string.Join(", ", Key.Select(k => $"{SqlName.Quote(k)}::VARCHAR"))})" };
            if (Key.Count == 1)
                columns[0] = $"{SqlName.Quote(Key[0])}::VARCHAR";
            columns.Add(Time is null ? "NULL::BIGINT" : $"epoch_us({SqlName.Quote(Time)}::TIMESTAMP)");
            columns.Add($"{SqlName.Quote(Label)}::DOUBLE");
            columns.AddRange(Features.Select(f => f.Type switch
            {
                FeatureType.Text => $"{SqlName.Quote(f.Name)}::VARCHAR",
                FeatureType.Flag => $"{SqlName.Quote(f.Name)}::BOOLEAN",
                _ => $"{SqlName.Quote(f.Name)}::DOUBLE",
            }));
            columns.Add(Baseline is null ? "NULL::DOUBLE" : $"{SqlName.Quote(Baseline)}::DOUBLE");
            columns.AddRange(Slices.Select(s => $"{SqlName.Quote(s)}::VARCHAR"));
            return $"SELECT {string.Join(", ", columns.Select((c, i) => $"{c} AS c{i}"))} FROM {SqlName.QuoteRelation(Data)} ORDER BY {string.Join(", ", Key.Select(SqlName.Quote))}";
        }
    }

    /// <summary>How a stored column is learnt from, or null when its type says nothing to a trainer.</summary>
    public static FeatureType? TypeOf(DataType type) => type switch
    {
        _ when type == DataType.Boolean => FeatureType.Flag,
        _ when type == DataType.String => FeatureType.Text,
        _ when type.IsNumeric => FeatureType.Number,
        _ => null,
    };
}
