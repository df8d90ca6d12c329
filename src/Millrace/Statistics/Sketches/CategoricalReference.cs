using Millrace.Statistics.Drift;

namespace Millrace.Statistics.Sketches;

/// <summary>The sketch of a column of levels: how often each of the most frequent ones comes.</summary>
public sealed class CategoricalReference : ReferenceSketch
{
    /// <summary>200: how many levels are kept by name; the others are counted together.</summary>
    public const int MostLevels = 200;

    /// <summary>0.1: the customary line of the Jensen-Shannon distance with natural logarithms.</summary>
    public const double CustomaryJensenShannon = 0.1;

    private const int MostNewLevels = 20;

    private Dictionary<string, int>? _places;

    /// <summary>The levels kept by name, the most frequent first, equally frequent ones by their text.</summary>
    public required IReadOnlyList<LevelCount> Levels { get; init; }

    /// <summary>How many other levels there were. When there were some, a level without a name here cannot be told new.</summary>
    public required int OtherLevels { get; init; }

    /// <summary>The rows of these other levels.</summary>
    public required long OtherRows { get; init; }

    private protected override bool IsWhole =>
        Levels.Select(l => l.Level).Distinct(StringComparer.Ordinal).Count() == Levels.Count
        && Levels.Sum(l => l.Rows) + OtherRows == Rows - MissingRows;

    private Dictionary<string, int> Places =>
        _places ??= Levels.Index().ToDictionary(p => p.Item.Level, p => p.Index, StringComparer.Ordinal);

    /// <summary>Empty counts that current rows are added to.</summary>
    public CategoricalCounts NewCounts() => new(Places);

    /// <summary>Measures current rows, in any order.</summary>
    /// <param name="codes">For each row the place of its level in <paramref name="levels"/>; negative when it is missing.</param>
    /// <param name="levels">The levels of the current rows, which need not be those of the reference.</param>
    public DriftResult Measure(ReadOnlySpan<int> codes, IReadOnlyList<string> levels)
    {
        var counts = NewCounts();
        counts.Add(codes, levels);
        return Measure(counts);
    }

    /// <summary>
    /// Measures what was counted. Levels without a name here are one more level; missing values are one in PSI, and left out elsewhere.
    /// </summary>
    /// <exception cref="ArgumentException">The counts were made by another sketch.</exception>
    public DriftResult Measure(CategoricalCounts current)
    {
        if (!current.IsOver(Places))
        {
            throw new ArgumentException(
                "The counts were made over the levels of another sketch. Make them with NewCounts of this one.", nameof(current));
        }

        long[] ours = [.. Levels.Select(l => l.Rows), OtherRows];
        long[] theirs = [.. current.Known, current.UnknownRows];
        var values = current.Rows - current.MissingRows;
        double? jensenShannon = Rows == MissingRows || values == 0 ? null
            : ShareDistance.JensenShannon(Bins.Shares(ours), Bins.Shares(theirs));
        double? psi = Rows == 0 || current.Rows == 0 ? null
            : PopulationStability.OfShares(Bins.Shares([.. ours, MissingRows]), Bins.Shares([.. theirs, current.MissingRows]));
        return new DriftResult(
            current.Rows,
            current.MissingRows,
            [
                Measured(DriftMeasure.PsiLevels, psi, PopulationStability.Act),
                Measured(DriftMeasure.JensenShannon, jensenShannon, CustomaryJensenShannon),
                Measured(DriftMeasure.MissingShare, current.Rows == 0 ? null : (double)current.MissingRows / current.Rows, null),
            ],
            OtherLevels > 0 ? [] : current.MostFrequentUnknown(MostNewLevels),
            OtherLevels > 0 ? null : current.UnknownRows);
    }

    internal static CategoricalReference Make(ReadOnlySpan<int> codes, IReadOnlyList<string> levels, RowChunks? chunks)
    {
        chunks ??= RowChunks.InOrder(codes.Length);
        chunks.CheckRows(codes.Length);
        var (rows, missing) = (new long[levels.Count], 0L);
        foreach (var code in codes)
        {
            if (code < 0)
                missing++;
            else
                rows[CategoricalCounts.Place(code, levels)]++;
        }

        var seen = levels.Zip(rows, (level, count) => new LevelCount(level, count)).Where(l => l.Rows > 0)
            .GroupBy(l => l.Level, StringComparer.Ordinal).Select(g => new LevelCount(g.Key, g.Sum(l => l.Rows)))
            .OrderByDescending(l => l.Rows).ThenBy(l => l.Level, StringComparer.Ordinal).ToList();
        var bare = Make(new SortedDictionary<string, double>(StringComparer.Ordinal));
        var parts = Enumerable.Range(0, chunks.Count).Select(_ => bare.NewCounts()).ToArray();
        if (parts.Length > 0)
        {
            var places = bare.NewCounts().PlacesOf(levels);
            for (var row = 0; row < codes.Length; row++)
                parts[chunks.OfRows[row]].Add(codes[row], places, levels);
        }

        return Make(Learn(parts.Select(bare.Measure)));

        CategoricalReference Make(SortedDictionary<string, double> learnt) => new()
        {
            Rows = chunks.Rows,
            MissingRows = missing,
            Levels = [.. seen.Take(MostLevels)],
            OtherLevels = Math.Max(0, seen.Count - MostLevels),
            OtherRows = seen.Skip(MostLevels).Sum(l => l.Rows),
            Learnt = learnt,
        };
    }
}

/// <summary>A level and how many rows of the reference have it.</summary>
public sealed record LevelCount(string Level, long Rows);
