using System.Buffers.Binary;
using System.Numerics;

namespace Millrace.Lake.Delta;

/// <summary>Positions of rows in a file, from 0: a 64-bit Roaring bitmap.</summary>
/// <remarks>
/// Held as bitmaps of 65,536 rows each, so at most one bit a row. The portable form is that of the Roaring format specification
/// (github.com/RoaringBitmap/RoaringFormatSpec), after the Delta protocol's magic number and number of 32-bit bitmaps.
/// </remarks>
internal sealed class RowSet
{
    private const int Portable = 1681511377;
    private const int NotPortable = 1681511376;
    private const int NoRuns = 12346;
    private const int WithRuns = 12347;
    private const int ChunkRows = 1 << 16;
    private const int ChunkWords = ChunkRows / 64;
    private const int MaxArray = 4096;

    /// <summary>From 4 containers on, a bitmap with runs says where each begins too.</summary>
    private const int OffsetsFrom = 4;

    private readonly SortedDictionary<long, ulong[]> _chunks = [];

    public static RowSet Empty { get; } = new();

    /// <summary>How many rows are in the set.</summary>
    public long Count { get; private set; }

    /// <summary>The greatest position; -1 of the empty set.</summary>
    public long Last
    {
        get
        {
            foreach (var (key, words) in _chunks.Reverse())
            {
                var word = Array.FindLastIndex(words, w => w != 0);
                if (word >= 0)
                    return (key << 16) + (word * 64) + BitOperations.Log2(words[word]);
            }

            return -1;
        }
    }

    /// <summary>The positions, rising.</summary>
    public IEnumerable<long> Positions
    {
        get
        {
            foreach (var (key, words) in _chunks)
            {
                for (var i = 0; i < ChunkWords; i++)
                {
                    for (var word = words[i]; word != 0; word &= word - 1)
                        yield return (key << 16) + (i * 64) + BitOperations.TrailingZeroCount(word);
                }
            }
        }
    }

    /// <summary>Reads the serialized form of the Delta protocol.</summary>
    /// <exception cref="FormatException">The bytes are cut off, or no such form.</exception>
    public static RowSet Parse(ReadOnlySpan<byte> bytes)
    {
        var set = new RowSet();
        var reader = new Bytes(bytes);
        var magic = reader.Int32();
        if (magic == NotPortable)
            throw new FormatException("it is serialized in the form that only its writer reads");
        if (magic != Portable)
            throw new FormatException($"it begins with the number {magic} instead of {Portable}");
        var bitmaps = reader.Int64();
        for (long i = 0; i < bitmaps; i++)
            set.ReadBitmap(ref reader);
        set.Count = set._chunks.Values.Sum(words => words.Sum(w => (long)BitOperations.PopCount(w)));
        return set;
    }

    /// <summary>The rows of this set that the other does not hold.</summary>
    public RowSet Except(RowSet other)
    {
        var set = new RowSet();
        foreach (var (key, words) in _chunks)
        {
            var left = (ulong[])words.Clone();
            if (other._chunks.TryGetValue(key, out var gone))
            {
                for (var i = 0; i < ChunkWords; i++)
                    left[i] &= ~gone[i];
            }

            set._chunks[key] = left;
        }

        set.Count = set._chunks.Values.Sum(words => words.Sum(w => (long)BitOperations.PopCount(w)));
        return set;
    }

    private void ReadBitmap(ref Bytes reader)
    {
        var high = (long)reader.Int32() & uint.MaxValue;
        var cookie = reader.Int32();
        var hasRuns = (cookie & 0xFFFF) == WithRuns;
        if (!hasRuns && cookie != NoRuns)
            throw new FormatException($"a bitmap in it begins with the number {cookie}");

        var size = hasRuns ? (cookie >>> 16) + 1 : reader.Int32();
        if (size is < 0 or > ChunkRows)
            throw new FormatException($"a bitmap in it says that it has {size} containers");
        var runs = hasRuns ? reader.Take((size + 7) / 8) : [];
        var headers = reader.Take(size * 4);
        if (!hasRuns || size >= OffsetsFrom)
            reader.Take(size * 4);
        for (var i = 0; i < size; i++)
        {
            var key = BinaryPrimitives.ReadUInt16LittleEndian(headers[(i * 4)..]);
            var cardinality = BinaryPrimitives.ReadUInt16LittleEndian(headers[((i * 4) + 2)..]) + 1;
            var isRun = hasRuns && (runs[i / 8] & (1 << (i % 8))) != 0;
            var words = new ulong[ChunkWords];
            if (isRun)
                ReadRuns(ref reader, words);
            else if (cardinality > MaxArray)
                ReadWords(ref reader, words);
            else
                ReadArray(ref reader, words, cardinality);
            if (!_chunks.TryAdd((high << 16) | key, words))
                throw new FormatException("two of its containers hold the same rows");
        }
    }

    private static void ReadRuns(ref Bytes reader, ulong[] words)
    {
        for (int left = reader.UInt16(); left > 0; left--)
        {
            int start = reader.UInt16();
            var end = start + reader.UInt16();
            if (end >= ChunkRows)
                throw new FormatException("a run in it ends beyond its container");
            for (var row = start; row <= end; row++)
                words[row >> 6] |= 1UL << row;
        }
    }

    private static void ReadWords(ref Bytes reader, ulong[] words)
    {
        for (var i = 0; i < ChunkWords; i++)
            words[i] = (ulong)reader.Int64();
    }

    private static void ReadArray(ref Bytes reader, ulong[] words, int cardinality)
    {
        for (var i = 0; i < cardinality; i++)
        {
            int row = reader.UInt16();
            words[row >> 6] |= 1UL << row;
        }
    }

    private ref struct Bytes(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

        public ReadOnlySpan<byte> Take(int count)
        {
            if (count > _left.Length)
                throw new FormatException("its bytes are cut off");
            var taken = _left[..count];
            _left = _left[count..];
            return taken;
        }
    }
}
