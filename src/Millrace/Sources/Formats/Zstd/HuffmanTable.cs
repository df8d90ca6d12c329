using System.Numerics;

namespace Millrace.Sources.Formats.Zstd;

/// <summary>A decoding table of Huffman codes of at most 11 bits, looked up by the next bits.</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;

    private readonly byte[] _symbols;
    private readonly byte[] _lengths;
    private readonly int _bits;

    private HuffmanTable(ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        foreach (var weight in weights)
            sum += weight > 0 ? 1 << (weight - 1) : 0;
        if (sum == 0)
            throw new InvalidDataException("it is damaged: a Huffman table is empty.");
        _bits = BitOperations.Log2((uint)sum) + 1;
        var rest = (1 << _bits) - sum;
        if (_bits > MaxBits || !BitOperations.IsPow2(rest))
            throw new InvalidDataException("it is damaged: a Huffman table does not add up.");

        // The weight of the last symbol is what the others leave.
        Span<byte> all = stackalloc byte[weights.Length + 1];
        weights.CopyTo(all);
        all[^1] = (byte)(BitOperations.Log2((uint)rest) + 1);
        (_symbols, _lengths) = (new byte[1 << _bits], new byte[1 << _bits]);
        var at = 0;
        for (var weight = 1; weight <= _bits; weight++)
        {
            for (var symbol = 0; symbol < all.Length; symbol++)
            {
                if (all[symbol] != weight)
                    continue;
                var span = 1 << (weight - 1);
                _symbols.AsSpan(at, span).Fill((byte)symbol);
                _lengths.AsSpan(at, span).Fill((byte)(_bits + 1 - weight));
                at += span;
            }
        }
    }

    /// <summary>Reads a table as a block describes it.</summary>
    public static HuffmanTable Read(ReadOnlySpan<byte> bytes, out int used)
    {
        Span<byte> weights = stackalloc byte[255];
        var head = bytes[0];
        int count;
        if (head >= 128)
        {
            count = head - 127;
            for (var i = 0; i < count; i++)
                weights[i] = (byte)(i % 2 == 0 ? bytes[1 + (i / 2)] >> 4 : bytes[1 + (i / 2)] & 15);
            used = 1 + ((count + 1) / 2);
        }
        else
        {
            used = 1 + head;
            count = Packed(bytes.Slice(1, head), weights);
        }

        return new HuffmanTable(weights[..count]);
    }

    /// <summary>Decodes one stream of codes into the whole of a span.</summary>
    public void Decode(ReadOnlySpan<byte> stream, Span<byte> target)
    {
        var bits = new BackwardBits(stream);
        for (var i = 0; i < target.Length; i++)
        {
            var code = bits.Peek(_bits);
            target[i] = _symbols[code];
            bits.Skip(_lengths[code]);
        }

        if (bits.Left != 0)
            throw new InvalidDataException("it is damaged: a stream of codes does not end where it should.");
    }

    private static int Packed(ReadOnlySpan<byte> bytes, Span<byte> weights)
    {
        var table = FseTable.Read(bytes, 12, 6, out var used);
        var bits = new BackwardBits(bytes[used..]);
        var first = bits.Take(table.Accuracy);
        var second = bits.Take(table.Accuracy);
        for (var count = 0; ; (first, second) = (second, first))
        {
            weights[count++] = table.Symbol(first);
            if (bits.Left < table.Bits(first))
            {
                weights[count++] = table.Symbol(second);
                return count;
            }

            first = table.Next(first, ref bits);
        }
    }
}
