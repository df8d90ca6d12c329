using System.Globalization;

namespace Millrace.Lake.Delta;

/// <summary>Rows by their positions in a file, as SQL over the engine's virtual columns.</summary>
/// <remarks>
/// A set becomes few segments, each a text of bits that the engine decodes once, under a balanced tree of comparisons: a row costs some
/// comparisons and one bit, and the text is at most a sixth of a byte for each row of the file, however many are in the set.
/// </remarks>
internal static class RowFilter
{
    public const string RowNumber = "file_row_number";
    public const string FileIndex = "file_index";

    private const string True = "true";
    private const string False = "false";

    /// <summary>A hole of this many rows costs about as much text as a segment of its own.</summary>
    private const long Hole = 512;
    private const int MaxSegments = 4096;
    private const long MaxSegmentRows = 1 << 27;

    /// <summary>True for the rows that are in the set, or, with <paramref name="isIn"/> false, for those that are not.</summary>
    public static string Of(RowSet rows, bool isIn)
    {
        var segments = Segments(rows, Hole);
        for (var hole = Hole; segments.Count > MaxSegments && hole < MaxSegmentRows; segments = Segments(rows, hole *= 4))
        {
        }

        return segments.Count == 0 ? (isIn ? False : True) : Tree(segments, 0, segments.Count, isIn);
    }

    /// <summary>One condition for each file of a reading, in its order; null keeps all rows of that file.</summary>
    /// <returns>Null when every file keeps all.</returns>
    public static string? OfFiles(IReadOnlyList<string?> conditions)
    {
        var text = OfFiles(conditions, 0, conditions.Count);
        return text == True ? null : text;
    }

    private static string OfFiles(IReadOnlyList<string?> conditions, int from, int to)
    {
        if (to - from == 1)
            return conditions[from] ?? True;
        var middle = (from + to) / 2;
        var (left, right) = (OfFiles(conditions, from, middle), OfFiles(conditions, middle, to));
        return left == right && left is True or False
            ? left
            : string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {FileIndex} < {middle} THEN {left} ELSE {right} END");
    }

    private static string Tree(List<Segment> segments, int from, int to, bool isIn)
    {
        if (to - from == 1)
            return segments[from].Condition(isIn);
        var middle = (from + to) / 2;
        var (left, right) = (Tree(segments, from, middle, isIn), Tree(segments, middle, to, isIn));
        return string.Create(
            CultureInfo.InvariantCulture, $"CASE WHEN {RowNumber} < {segments[middle].First} THEN {left} ELSE {right} END");
    }

    private static List<Segment> Segments(RowSet rows, long hole)
    {
        var segments = new List<Segment>();
        foreach (var position in rows.Positions)
        {
            if (segments.Count == 0 || position - segments[^1].Last > hole || position - segments[^1].First >= MaxSegmentRows)
                segments.Add(new Segment(position));
            else
                segments[^1].Add(position);
        }

        return segments;
    }

    private sealed class Segment
    {
        private readonly List<byte> _bits = [0x80];
        private long _count = 1;

        public Segment(long first) => First = Last = first;

        public long First { get; }

        public long Last { get; private set; }

        public void Add(long position)
        {
            var at = position - First;
            while (_bits.Count <= at >> 3)
                _bits.Add(0);
            _bits[(int)(at >> 3)] |= (byte)(0x80 >> (int)(at & 7));
            Last = position;
            _count++;
        }

        public string Condition(bool isIn)
        {
            var between = string.Create(CultureInfo.InvariantCulture, $"{RowNumber} BETWEEN {First} AND {Last}");
            if (_count == Last - First + 1)
                return isIn ? between : $"NOT ({between})";
            var bits = Convert.ToBase64String([.. _bits]);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"CASE WHEN {between} THEN get_bit(from_base64('{bits}')::BIT, ({RowNumber} - {First})::INTEGER) = {(isIn ? 1 : 0)} "
                + $"ELSE {(isIn ? False : True)} END");
        }
    }
}
