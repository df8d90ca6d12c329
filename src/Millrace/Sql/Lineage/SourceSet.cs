using System.Numerics;

namespace Millrace.Sql.Lineage;

/// <summary>A set of small numbers: the parents' columns, as one analysis numbers them.</summary>
internal sealed class SourceSet
{
    /// <summary>The empty set; nobody adds to it.</summary>
    public static readonly SourceSet Empty = new();

    private ulong[] _words = [];

    public static SourceSet Of(int number)
    {
        var set = new SourceSet();
        set.Add(number);
        return set;
    }

    public void Add(int number)
    {
        Grow((number >> 6) + 1);
        _words[number >> 6] |= 1UL << (number & 63);
    }

    public void Add(SourceSet other)
    {
        Grow(other._words.Length);
        for (var i = 0; i < other._words.Length; i++)
            _words[i] |= other._words[i];
    }

    public bool Contains(int number) => number >> 6 < _words.Length && (_words[number >> 6] & (1UL << (number & 63))) != 0;

    public IEnumerable<int> Numbers()
    {
        for (var i = 0; i < _words.Length; i++)
        {
            for (var word = _words[i]; word != 0; word &= word - 1)
                yield return (i << 6) + BitOperations.TrailingZeroCount(word);
        }
    }

    private void Grow(int words)
    {
        if (words > _words.Length)
            Array.Resize(ref _words, words);
    }
}
