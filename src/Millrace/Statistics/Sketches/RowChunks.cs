namespace Millrace.Statistics.Sketches;

/// <summary>Which chunk of the reference each row lies in: about equally many rows each, in the order of time.</summary>
/// <remarks>
/// Chunks teach a sketch how far a part of the reference lies from the whole when nothing has changed. Made once for all columns of a
/// table.
/// </remarks>
public sealed class RowChunks
{
    /// <summary>10: how many chunks there are by default.</summary>
    public const int Usual = 10;

    /// <summary>10: with fewer rows a chunk than this nothing is learnt.</summary>
    public const int FewestRows = 10;

    private readonly byte[] _chunks;

    private RowChunks(byte[] chunks, int count) => (_chunks, Count) = (chunks, count);

    /// <summary>How many chunks there are; 0 when the rows are too few to learn from.</summary>
    public int Count { get; }

    /// <summary>How many rows there are.</summary>
    public int Rows => _chunks.Length;

    internal ReadOnlySpan<byte> OfRows => _chunks;

    /// <summary>Chunks of rows that lie in the order of time already, or in an order that means nothing.</summary>
    /// <param name="count">At least 2, at most 255; default 10.</param>
    public static RowChunks InOrder(int rows, int count = Usual)
    {
        CheckCount(count);
        var chunks = new byte[rows];
        for (var row = 0; row < rows; row++)
            chunks[row] = Chunk(row, rows, count);
        return new RowChunks(chunks, rows / count < FewestRows ? 0 : count);
    }

    /// <summary>Chunks of rows by their time; rows of one time stay in their order.</summary>
    /// <param name="times">One for each row, in any unit.</param>
    /// <param name="count">At least 2, at most 255; default 10.</param>
    public static RowChunks ByTime(ReadOnlySpan<long> times, int count = Usual)
    {
        CheckCount(count);
        var order = new (long Time, int Row)[times.Length];
        for (var row = 0; row < order.Length; row++)
            order[row] = (times[row], row);
        Array.Sort(order);
        var chunks = new byte[times.Length];
        for (var at = 0; at < order.Length; at++)
            chunks[order[at].Row] = Chunk(at, order.Length, count);
        return new RowChunks(chunks, times.Length / count < FewestRows ? 0 : count);
    }

    internal void CheckRows(int rows)
    {
        if (rows != Rows)
            throw new ArgumentException($"The column has {rows} rows and the chunks were made for {Rows}.", nameof(rows));
    }

    private static byte Chunk(int position, int rows, int count) => (byte)((long)position * count / rows);

    private static void CheckCount(int count)
    {
        if (count is < 2 or > 255)
            throw new ArgumentOutOfRangeException(nameof(count), $"{count} chunks. There are 2 to 255, usually {Usual}.");
    }
}
