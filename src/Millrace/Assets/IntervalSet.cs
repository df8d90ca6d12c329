using System.Collections;

namespace Millrace.Assets;

/// <summary>A set of instants as disjoint intervals in order; neighbours are joined. <see cref="All"/> is the whole of time.</summary>
public sealed class IntervalSet : IReadOnlyList<Interval>, IEquatable<IntervalSet>
{
    /// <summary>No instant.</summary>
    public static readonly IntervalSet Empty = new([]);

    /// <summary>Every instant: what a change touches that has no time column.</summary>
    public static readonly IntervalSet All = new([new Interval(DateTimeOffset.MinValue, DateTimeOffset.MaxValue)]);

    private readonly Interval[] _intervals;

    private IntervalSet(Interval[] intervals) => _intervals = intervals;

    /// <summary>True for the empty set.</summary>
    public bool IsEmpty => _intervals.Length == 0;

    /// <summary>True for the whole of time.</summary>
    public bool IsAll => Equals(All);

    /// <inheritdoc/>
    public int Count => _intervals.Length;

    /// <inheritdoc/>
    public Interval this[int index] => _intervals[index];

    /// <summary>The union of these intervals, in any order.</summary>
    public static IntervalSet Of(params IEnumerable<Interval> intervals)
    {
        var joined = new List<Interval>();
        foreach (var interval in intervals.OrderBy(i => i.Start))
        {
            if (joined.Count > 0 && interval.Start <= joined[^1].End)
                joined[^1] = new Interval(joined[^1].Start, interval.End > joined[^1].End ? interval.End : joined[^1].End);
            else
                joined.Add(interval);
        }

        return joined.Count == 0 ? Empty : new IntervalSet([.. joined]);
    }

    /// <summary>Reads the form that <see cref="ToString"/> writes: <c>all</c>, or intervals joined by commas; the empty text is the empty set.</summary>
    public static IntervalSet Parse(string text) => text switch
    {
        "" => Empty,
        "all" => All,
        _ => Of(text.Split(',').Select(Interval.Parse)),
    };

    /// <summary>Instants in either set.</summary>
    public IntervalSet Union(IntervalSet other) => other.IsEmpty ? this : IsEmpty ? other : Of(_intervals.Concat(other._intervals));

    /// <summary>Instants in this set and not in the other.</summary>
    public IntervalSet Except(IntervalSet other)
    {
        var rest = new List<Interval>();
        foreach (var interval in _intervals)
        {
            var start = interval.Start;
            foreach (var cut in other._intervals.Where(c => c.End > interval.Start && c.Start < interval.End))
            {
                if (cut.Start > start)
                    rest.Add(new Interval(start, cut.Start));
                start = cut.End > start ? cut.End : start;
            }

            if (start < interval.End)
                rest.Add(new Interval(start, interval.End));
        }

        return Of(rest);
    }

    /// <summary>Instants in both sets.</summary>
    public IntervalSet Intersect(IntervalSet other) => Except(All.Except(other));

    /// <summary>True when some instant is in both sets.</summary>
    public bool Overlaps(IntervalSet other) => !Intersect(other).IsEmpty;

    /// <summary>The set widened to whole units.</summary>
    public IntervalSet Align(IntervalUnit unit) => IsAll ? All : Of(_intervals.Select(i => new Interval(unit.Floor(i.Start), unit.Ceiling(i.End))));

    /// <summary>Each interval also touches that many units after its end.</summary>
    public IntervalSet ExtendForward(IntervalUnit unit, int units) =>
        IsAll || units == 0 ? this : Of(_intervals.Select(i => new Interval(i.Start, unit.Add(i.End, units))));

    /// <summary>How many units the set covers once aligned, or null for the whole of time.</summary>
    public int? CountUnits(IntervalUnit unit)
    {
        if (IsAll)
            return null;
        var count = 0;
        foreach (var interval in Align(unit))
        {
            for (var at = interval.Start; at < interval.End; at = unit.Add(at, 1))
                count++;
        }

        return count;
    }

    /// <inheritdoc/>
    public IEnumerator<Interval> GetEnumerator() => ((IEnumerable<Interval>)_intervals).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(IntervalSet? other) => other is not null && _intervals.AsSpan().SequenceEqual(other._intervals);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IntervalSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _intervals.Aggregate(17, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => IsAll ? "all" : string.Join(',', _intervals);
}
