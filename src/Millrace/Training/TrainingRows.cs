using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Millrace.Native;

namespace Millrace.Training;

/// <summary>The rows of a training, read in their total order.</summary>
public sealed class TrainingRows
{
    private TrainingRows()
    {
    }

    /// <summary>One text a row, unique, ascending as the key columns are.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>Event times, UTC; empty without a time column.</summary>
    public required DateTime[] Times { get; init; }

    /// <summary>The label, one a row, never missing.</summary>
    public required double[] Label { get; init; }

    /// <summary>The features. A flag that is missing somewhere comes as a number, since a flag has no missing value.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>The naive forecast, NaN where it is missing; empty without one.</summary>
    public required double[] Baseline { get; init; }

    /// <summary>The values of each slice column, in the query's order; null is a value.</summary>
    public required IReadOnlyList<string?[]> Slices { get; init; }

    /// <summary>Rows left out because they have no label.</summary>
    public required long Unlabelled { get; init; }

    /// <summary>Reads.</summary>
    /// <param name="connection">Knows the query's relation.</param>
    /// <param name="query">What to read.</param>
    /// <param name="cancellationToken">Looked at between chunks.</param>
    /// <exception cref="TrainingException">A key is missing or comes twice: the rows have no total order.</exception>
    public static TrainingRows Read(DuckConnection connection, TrainingQuery query, CancellationToken cancellationToken)
    {
        var (keys, times, label, baseline, unlabelled) = (new List<string>(), new List<DateTime>(), new List<double>(), new List<double>(), 0L);
        var features = query.Features.Select(f => new Column(f)).ToList();
        var slices = query.Slices.Select(_ => new List<string?>()).ToList();
        string? before = null;
        using var result = connection.Query(query.Sql);
        while (result.Fetch() is { } chunk)
        {
            using var owned = chunk;
            cancellationToken.ThrowIfCancellationRequested();
            var rows = new List<int>(chunk.Rows);
            var key = chunk[0];
            var labels = chunk[2];
            var values = labels.Values<double>();
            for (var i = 0; i < chunk.Rows; i++)
            {
                if (key.IsNull(i))
                    throw new TrainingException($"A row of {query.Data} has no value in its key ({string.Join(", ", query.Key)}). Every row needs a key, which fixes the order in which rows are learnt.");
                var text = key.Text(i);
                if (text == before)
                    throw new TrainingException($"The key ({string.Join(", ", query.Key)}) of {query.Data} has '{text.Replace('\u001f', '/')}' more than once, so the rows have no fixed order. Name all columns of the key, or check that it is unique.");
                before = text;
                if (labels.IsNull(i))
                {
                    unlabelled++;
                    continue;
                }

                rows.Add(i);
                keys.Add(text);
                label.Add(values[i]);
            }

            if (query.Time is not null)
                ReadTimes(chunk[1], rows, times, query);
            for (var f = 0; f < features.Count; f++)
                features[f].Add(chunk[3 + f], rows);
            if (query.Baseline is not null)
                ReadNumbers(chunk[3 + features.Count], rows, baseline);
            for (var s = 0; s < slices.Count; s++)
            {
                var slice = chunk[4 + features.Count + s];
                foreach (var row in rows)
                    slices[s].Add(slice.IsNull(row) ? null : slice.Text(row));
            }
        }

        return new TrainingRows
        {
            Keys = keys, Times = [.. times], Label = [.. label], Features = [.. features.Select(f => f.ToColumn())], Baseline = [.. baseline],
            Slices = [.. slices.Select(s => s.ToArray())], Unlabelled = unlabelled,
        };
    }

    /// <summary>SHA-256 over keys, labels and features, in order; lower-case hex. Equal rows have equal hashes.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Texts(IEnumerable<string?> texts)
        {
            foreach (var text in texts)
                hash.AppendData(Encoding.UTF8.GetBytes((text is null ? "0" : "1" + text) + "\n"));
        }

        Texts(Keys);
        hash.AppendData(MemoryMarshal.AsBytes(Label.AsSpan()));
        foreach (var feature in Features)
        {
            Texts([feature.Name, feature.Type.ToString()]);
            hash.AppendData(MemoryMarshal.AsBytes(feature.Numbers.Span));
            hash.AppendData(MemoryMarshal.AsBytes(feature.Flags.Span));
            Texts(feature.Texts.ToArray());
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void ReadTimes(DuckVector column, List<int> rows, List<DateTime> times, TrainingQuery query)
    {
        var micros = column.Values<long>();
        foreach (var row in rows)
        {
            if (column.IsNull(row))
                throw new TrainingException($"A labelled row of {query.Data} has no value in its time column '{query.Time}'. Give each row a time, or leave time_column out.");
            times.Add(DateTime.UnixEpoch.AddTicks(checked(micros[row] * TimeSpan.TicksPerMicrosecond)));
        }
    }

    private static void ReadNumbers(DuckVector column, List<int> rows, List<double> to)
    {
        var values = column.Values<double>();
        foreach (var row in rows)
            to.Add(column.IsNull(row) ? double.NaN : values[row]);
    }

    private sealed class Column(ModelFeature feature)
    {
        private readonly List<float> _numbers = [];
        private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
        private readonly List<string?> _texts = [];

        public void Add(DuckVector column, List<int> rows)
        {
            switch (feature.Type)
            {
                case FeatureType.Text:
                    foreach (var row in rows)
                        _texts.Add(column.IsNull(row) ? null : Shared(column.Text(row)));
                    break;
                case FeatureType.Flag:
                    var flags = column.Values<bool>();
                    foreach (var row in rows)
                        _numbers.Add(column.IsNull(row) ? float.NaN : flags[row] ? 1 : 0);
                    break;
                default:
                    var values = column.Values<double>();
                    foreach (var row in rows)
                        _numbers.Add(column.IsNull(row) ? float.NaN : (float)values[row]);
                    break;
            }
        }

        public FeatureColumn ToColumn() => feature.Type switch
        {
            FeatureType.Text => FeatureColumn.OfTexts(feature.Name, [.. _texts]),
            FeatureType.Flag when !_numbers.Exists(float.IsNaN) => FeatureColumn.OfFlags(feature.Name, [.. _numbers.Select(n => n != 0)]),
            _ => FeatureColumn.OfNumbers(feature.Name, [.. _numbers]),
        };

        /// <summary>A category comes in many rows and needs one text.</summary>
        private string Shared(string text)
        {
            if (_known.TryGetValue(text, out var known))
                return known;
            if (_known.Count < 10_000)
                _known.Add(text, text);
            return text;
        }
    }
}
