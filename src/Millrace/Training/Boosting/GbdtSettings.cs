namespace Millrace.Training.Boosting;

/// <summary>The parameters of gradient boosting, typed.</summary>
internal sealed record GbdtSettings(
    int Trees, double LearningRate, int Leaves, int MaxDepth, int MinData, double L2, double RowSample, double ColumnSample,
    int EarlyStopping, int Bins)
{
    public static GbdtSettings From(TrainerParameters p) => new(
        p.Whole("trees"), p.Number("learning_rate"), p.Whole("leaves"), p.Whole("max_depth"), p.Whole("min_data"), p.Number("l2"),
        p.Number("row_sample"), p.Number("column_sample"), p.Whole("early_stopping"), p.Whole("bins"));
}
