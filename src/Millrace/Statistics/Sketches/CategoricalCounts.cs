namespace Millrace.Statistics.Sketches;

/// <summary>Current rows of a column of levels, counted by the names of its reference. Not safe for several threads at once.</summary>
public sealed class CategoricalCounts
{
    /// <summary>So many levels without a name in the reference are told apart; a column of free text must not fill the memory.</summary>
    private const int MostUnknown = 1000;

    private readonly Dictionary<string, int> _places;
    private readonly long[] _known;
    private readonly Dictionary<string, long> _unknown = new(StringComparer.Ordinal);

    internal CategoricalCounts(Dictionary<string, int> places) => (_places, _known) = (places, new long[places.Count]);

    /// <summary>The rows added, missing values included.</summary>
    public long Rows { get; private set; }

    /// <summary>Those of them without a level.</summary>
    public long MissingRows { get; private set; }

    /// <summary>Those of them whose level has no name in the reference.</summary>
    public long UnknownRows { get; private set; }

    internal ReadOnlySpan<long> Known => _known;

    /// <summary>Adds rows.</summary>
    /// <param name="codes">For each row the place of its level in <paramref name="levels"/>; negative when it is missing.</param>
    /// <exception cref="ArgumentException">A code is not in the levels.</exception>
    public void Add(ReadOnlySpan<int> codes, IReadOnlyList<string> levels)
    {
        var places = PlacesOf(levels);
        foreach (var code in codes)
            Add(code, places, levels);
    }

    /// <summary>Adds rows by their level; null when it is missing.</summary>
    public void Add(ReadOnlySpan<string?> rows)
    {
        foreach (var level in rows)
        {
            Rows++;
            if (level is null)
                MissingRows++;
            else if (_places.TryGetValue(level, out var place))
                _known[place]++;
            else
                AddUnknown(level, 1);
        }
    }

    /// <summary>Adds what was counted elsewhere.</summary>
    /// <exception cref="ArgumentException">The counts were made by another sketch.</exception>
    public void Merge(CategoricalCounts other)
    {
        if (!other.IsOver(_places))
            throw new ArgumentException("The counts were made over the levels of another sketch.", nameof(other));
        Rows += other.Rows;
        MissingRows += other.MissingRows;
        for (var i = 0; i < _known.Length; i++)
            _known[i] += other._known[i];
        UnknownRows += other.UnknownRows - other._unknown.Values.Sum();
        foreach (var (level, rows) in other._unknown)
            AddUnknown(level, rows);
    }

    internal static int Place(int code, IReadOnlyList<string> levels) => code < levels.Count ? code
        : throw new ArgumentException($"A row has the code {code}, and there are {levels.Count} levels. Codes start at 0.", nameof(code));

    /// <summary>Where each level of a batch is counted; -1 for one without a name in the reference.</summary>
    internal int[] PlacesOf(IReadOnlyList<string> levels) => [.. levels.Select(l => _places.GetValueOrDefault(l, -1))];

    internal void Add(int code, int[] places, IReadOnlyList<string> levels)
    {
        Rows++;
        if (code < 0)
            MissingRows++;
        else if (places[Place(code, levels)] is >= 0 and var place)
            _known[place]++;
        else
            AddUnknown(levels[code], 1);
    }

    internal bool IsOver(Dictionary<string, int> places) =>
        ReferenceEquals(_places, places)
            || (_places.Count == places.Count && _places.All(p => places.TryGetValue(p.Key, out var place) && place == p.Value));

    internal IReadOnlyList<string> MostFrequentUnknown(int most) =>
        [.. _unknown.OrderByDescending(l => l.Value).ThenBy(l => l.Key, StringComparer.Ordinal).Take(most).Select(l => l.Key)];

    private void AddUnknown(string level, long rows)
    {
        UnknownRows += rows;
        if (_unknown.TryGetValue(level, out var before))
            _unknown[level] = before + rows;
        else if (_unknown.Count < MostUnknown)
            _unknown.Add(level, rows);
    }
}
