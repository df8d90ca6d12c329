namespace Millrace.Assets.Definitions;

/// <summary>Finds the word that an author probably meant.</summary>
public static class Suggestion
{
    /// <summary>The known word nearest to <paramref name="word"/>, or null when none is near; among equals the first.</summary>
    /// <remarks>
    /// The distance is the least number of letters inserted, removed, replaced or swapped with their neighbour (optimal string alignment),
    /// without regard to case. Near is up to a third of the word's length, and at least 1.
    /// </remarks>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var best = Math.Max(1, word.Length / 3) + 1;
        string? nearest = null;
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - word.Length) >= best)
                continue;
            var distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < best && distance < candidate.Length)
                (best, nearest) = (distance, candidate);
        }

        return nearest;
    }

    /// <summary>The part of a message that names the nearest word: <c> Did you mean 'x'?</c>, or nothing.</summary>
    internal static string Sentence(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
