using System.Numerics;

namespace Millrace.Sources.Formats.Zstd;

/// <summary>A decoding table of finite state entropy: each state gives a symbol, and how many bits lead to the next state.</summary>
internal sealed class FseTable
{
    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly ushort[] _bases;

    private FseTable(int accuracy)
    {
        Accuracy = accuracy;
        var size = 1 << accuracy;
        (_symbols, _bits, _bases) = (new byte[size], new byte[size], new ushort[size]);
    }

    /// <summary>How many bits the first state has.</summary>
    public int Accuracy { get; }

    /// <summary>The symbol of a state.</summary>
    public byte Symbol(uint state) => _symbols[state];

    /// <summary>How many bits lead on from a state.</summary>
    public int Bits(uint state) => _bits[state];

    /// <summary>The state after one.</summary>
    public uint Next(uint state, ref BackwardBits bits) => _bases[state] + bits.Take(_bits[state]);

    /// <summary>A table in which every state gives one symbol.</summary>
    public static FseTable Of(byte symbol)
    {
        var table = new FseTable(0);
        table._symbols[0] = symbol;
        return table;
    }

    /// <summary>A table of probabilities; -1 stands for less than one.</summary>
    public static FseTable Of(ReadOnlySpan<short> counts, int accuracy)
    {
        var table = new FseTable(accuracy);
        var size = 1 << accuracy;
        var high = size;
        var next = new int[counts.Length];
        for (var s = 0; s < counts.Length; s++)
        {
            next[s] = Math.Abs((int)counts[s]);
            if (counts[s] == -1)
                table._symbols[--high] = (byte)s;
        }

        var step = (size >> 1) + (size >> 3) + 3;
        var at = 0;
        for (var s = 0; s < counts.Length; s++)
        {
            for (var i = 0; i < counts[s]; i++)
            {
                table._symbols[at] = (byte)s;
                do
                {
                    at = (at + step) & (size - 1);
                }
                while (at >= high);
            }
        }

        if (at != 0)
            throw new InvalidDataException("it is damaged: a table does not add up.");
        for (var state = 0; state < size; state++)
        {
            var number = next[table._symbols[state]]++;
            var bits = accuracy - BitOperations.Log2((uint)number);
            table._bits[state] = (byte)bits;
            table._bases[state] = (ushort)((number << bits) - size);
        }

        return table;
    }

    /// <summary>Reads a table as a block describes it.</summary>
    /// <param name="bytes">Begins with the description.</param>
    /// <param name="maxSymbol">The highest symbol allowed.</param>
    /// <param name="maxAccuracy">The highest accuracy allowed.</param>
    /// <param name="used">How many bytes describe the table.</param>
    public static FseTable Read(ReadOnlySpan<byte> bytes, int maxSymbol, int maxAccuracy, out int used)
    {
        var at = 0;
        var accuracy = Forward(bytes, ref at, 4) + 5;
        if (accuracy > maxAccuracy)
            throw new InvalidDataException("it is damaged: a table is too fine.");
        Span<short> counts = stackalloc short[maxSymbol + 1];
        counts.Clear();
        var left = (1 << accuracy) + 1;
        var symbol = 0;
        while (left > 1 && symbol <= maxSymbol)
        {
            var wide = BitOperations.Log2((uint)left) + 1;
            var threshold = (1 << wide) - 1 - left;
            var value = Forward(bytes, ref at, wide - 1);
            if (value >= threshold)
            {
                value |= Forward(bytes, ref at, 1) << (wide - 1);
                if (value >= 1 << (wide - 1))
                    value -= threshold;
            }

            var count = value - 1;
            counts[symbol++] = (short)count;
            left -= Math.Abs(count);
            if (count != 0)
                continue;
            for (int zeros; (zeros = Forward(bytes, ref at, 2)) > 0;)
            {
                symbol += zeros;
                if (zeros < 3)
                    break;
            }
        }

        if (left != 1 || symbol > maxSymbol + 1)
            throw new InvalidDataException("it is damaged: a table does not add up.");
        used = (at + 7) >> 3;
        return Of(counts[..symbol], accuracy);
    }

    private static int Forward(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        var value = 0;
        for (var i = 0; i < count; i++, at++)
            value |= ((bytes[at >> 3] >> (at & 7)) & 1) << i;
        return value;
    }
}
