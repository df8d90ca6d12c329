namespace Millrace.Training;

/// <summary>Independent pieces of work over some threads. The pieces are the same for any number of threads, and so is the
/// result.</summary>
internal static class Work
{
    /// <summary>Rows that one piece of elementwise work takes.</summary>
    private const int Piece = 16_384;

    public static void For(int threads, int count, Action<int> body)
    {
        if (threads <= 1 || count <= 1)
        {
            for (var i = 0; i < count; i++)
                body(i);
            return;
        }

        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
    }

    /// <summary>Cuts rows into pieces of fixed length; the body takes the first row and the one after the last.</summary>
    public static void OverRows(int threads, int rows, Action<int, int> body) =>
        For(threads, (rows + Piece - 1) / Piece, i => body(i * Piece, Math.Min(rows, (i + 1) * Piece)));
}
