namespace Millrace.Scoring.Trees;

/// <summary>Where one feature of the trees comes from, and how it becomes a float: as the graph's Cast and LabelEncoder do.</summary>
/// <param name="Input">The place of the input in the model's signature.</param>
/// <param name="Component">Which of a row's values, from 0.</param>
/// <param name="Ranks">The number of each text; null for numbers.</param>
/// <param name="Unseen">The number of every other text.</param>
internal sealed record FeatureSource(int Input, int Component, IReadOnlyDictionary<string, float>? Ranks, float Unseen)
{
    /// <summary>Prepares this feature of some rows.</summary>
    /// <param name="from">The first of the rows in the column.</param>
    /// <param name="rows">Prepared rows, <paramref name="stride"/> floats each.</param>
    public void Fill(BatchColumn column, int from, Span<float> rows, int stride, int feature)
    {
        var width = column.Port.Width;
        var at = (from * width) + Component;
        switch (column)
        {
            case BatchColumn<float> floats:
                for (var values = floats.Values; !rows.IsEmpty; rows = rows[stride..], at += width)
                    TreeEnsemble.Prepare(rows, feature, values[at]);
                break;
            case BatchColumn<double> doubles:
                for (var values = doubles.Values; !rows.IsEmpty; rows = rows[stride..], at += width)
                    TreeEnsemble.Prepare(rows, feature, (float)values[at]);
                break;
            case BatchColumn<long> longs:
                for (var values = longs.Values; !rows.IsEmpty; rows = rows[stride..], at += width)
                    TreeEnsemble.Prepare(rows, feature, values[at]);
                break;
            case BatchColumn<bool> bools:
                for (var values = bools.Values; !rows.IsEmpty; rows = rows[stride..], at += width)
                    TreeEnsemble.Prepare(rows, feature, values[at] ? 1 : 0);
                break;
            case TextColumn texts:
                for (; !rows.IsEmpty; rows = rows[stride..], at += width)
                    TreeEnsemble.Prepare(rows, feature, Ranks!.GetValueOrDefault(texts.Texts[at], Unseen));
                break;
        }
    }
}
