namespace Millrace.Sources.Formats.Zstd;

/// <summary>Unpacks the compressed blocks of one frame: literals, and sequences of copies from what came before.</summary>
internal sealed class ZstdBlocks
{
    private static readonly FseTable DefaultLengths = FseTable.Of(
        [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);

    private static readonly FseTable DefaultMatches = FseTable.Of(
        [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1], 6);

    private static readonly FseTable DefaultOffsets = FseTable.Of(
        [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5);

    private static readonly int[] LengthBases =
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];

    private static readonly byte[] LengthBits =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private static readonly int[] MatchBases =
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
        35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
    ];

    private static readonly byte[] MatchBits =
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];

    private readonly byte[] _literals = new byte[1 << 17];
    private HuffmanTable? _huffman;
    private FseTable? _lengths;
    private FseTable? _offsets;
    private FseTable? _matches;
    private int _offset1;
    private int _offset2;
    private int _offset3;

    /// <summary>Forgets the tables and offsets of the frame before.</summary>
    public void BeginFrame()
    {
        (_huffman, _lengths, _offsets, _matches) = (null, null, null, null);
        (_offset1, _offset2, _offset3) = (1, 4, 8);
    }

    /// <summary>Unpacks one block behind what came before.</summary>
    /// <param name="block">The block.</param>
    /// <param name="window">Holds what came before, up to <paramref name="at"/>.</param>
    /// <param name="at">Where the block's content goes.</param>
    /// <param name="limit">Where it must end at the latest.</param>
    /// <returns>Where it ends.</returns>
    public int Unpack(ReadOnlySpan<byte> block, byte[] window, int at, int limit)
    {
        var literals = _literals.AsSpan(0, Literals(block, out var used));
        block = block[used..];
        int count = block[0];
        used = 1;
        if (count >= 128)
        {
            count = count == 255 ? block[1] + (block[2] << 8) + 0x7F00 : ((count - 128) << 8) + block[1];
            used = block[0] == 255 ? 3 : 2;
        }

        if (count > 0)
        {
            var modes = block[used++];
            if ((modes & 3) != 0)
                throw Damaged();
            _lengths = Table(modes >> 6, DefaultLengths, _lengths, 35, 9, block, ref used);
            _offsets = Table((modes >> 4) & 3, DefaultOffsets, _offsets, 31, 8, block, ref used);
            _matches = Table((modes >> 2) & 3, DefaultMatches, _matches, 52, 9, block, ref used);
            at = Sequences(block[used..], count, ref literals, window, at, limit);
        }
        else if (used != block.Length)
        {
            throw Damaged();
        }

        if (literals.Length > limit - at)
            throw Damaged();
        literals.CopyTo(window.AsSpan(at));
        return at + literals.Length;
    }

    private int Sequences(ReadOnlySpan<byte> stream, int count, ref Span<byte> literals, byte[] window, int at, int limit)
    {
        var bits = new BackwardBits(stream);
        var (lengths, offsets, matches) = (_lengths!, _offsets!, _matches!);
        var length = bits.Take(lengths.Accuracy);
        var offset = bits.Take(offsets.Accuracy);
        var match = bits.Take(matches.Accuracy);
        for (var i = 0; i < count; i++)
        {
            var (lengthCode, offsetCode, matchCode) = (lengths.Symbol(length), offsets.Symbol(offset), matches.Symbol(match));
            if (offsetCode > 27)
                throw Damaged();
            var value = (int)((1u << offsetCode) + bits.Take(offsetCode));
            var copied = MatchBases[matchCode] + (int)bits.Take(MatchBits[matchCode]);
            var plain = LengthBases[lengthCode] + (int)bits.Take(LengthBits[lengthCode]);
            if (i < count - 1)
            {
                length = lengths.Next(length, ref bits);
                match = matches.Next(match, ref bits);
                offset = offsets.Next(offset, ref bits);
            }

            var back = Offset(value, plain == 0);
            if (plain > literals.Length || plain + copied > limit - at || back <= 0 || back > at + plain)
                throw Damaged();
            literals[..plain].CopyTo(window.AsSpan(at));
            literals = literals[plain..];
            at += plain;
            if (back >= copied)
                window.AsSpan(at - back, copied).CopyTo(window.AsSpan(at));
            else
            {
                for (var j = 0; j < copied; j++)
                    window[at + j] = window[at + j - back];
            }

            at += copied;
        }

        return bits.Left == 0 ? at : throw Damaged();
    }

    /// <summary>The offset that a value means: a new one, or one of the last three.</summary>
    private int Offset(int value, bool isAfterNoLiterals)
    {
        if (value > 3)
        {
            (_offset1, _offset2, _offset3) = (value - 3, _offset1, _offset2);
            return _offset1;
        }

        switch (isAfterNoLiterals ? value + 1 : value)
        {
            case 1:
                break;
            case 2:
                (_offset1, _offset2) = (_offset2, _offset1);
                break;
            case 3:
                (_offset1, _offset2, _offset3) = (_offset3, _offset1, _offset2);
                break;
            default:
                (_offset1, _offset2, _offset3) = (_offset1 - 1, _offset1, _offset2);
                break;
        }

        return _offset1;
    }

    private static FseTable Table(int mode, FseTable standard, FseTable? last, int maxSymbol, int maxAccuracy, ReadOnlySpan<byte> block, ref int used)
    {
        switch (mode)
        {
            case 0:
                return standard;
            case 1:
                return block[used] <= maxSymbol ? FseTable.Of(block[used++]) : throw Damaged();
            case 2:
                var table = FseTable.Read(block[used..], maxSymbol, maxAccuracy, out var size);
                used += size;
                return table;
            default:
                return last ?? throw Damaged();
        }
    }

    /// <summary>Decodes the literals of a block.</summary>
    private int Literals(ReadOnlySpan<byte> block, out int used)
    {
        var (kind, format) = (block[0] & 3, (block[0] >> 2) & 3);
        if (kind < 2)
        {
            int size;
            (size, used) = format switch
            {
                1 => ((block[0] >> 4) + (block[1] << 4), 2),
                3 => ((block[0] >> 4) + (block[1] << 4) + (block[2] << 12), 3),
                _ => (block[0] >> 3, 1),
            };
            if (size > _literals.Length)
                throw Damaged();
            if (kind == 1)
            {
                _literals.AsSpan(0, size).Fill(block[used++]);
                return size;
            }

            block.Slice(used, size).CopyTo(_literals);
            used += size;
            return size;
        }

        long head = 0;
        used = format < 2 ? 3 : format + 2;
        for (var i = used - 1; i >= 0; i--)
            head = (head << 8) | block[i];
        var wide = format < 2 ? 10 : format == 2 ? 14 : 18;
        var unpacked = (int)((head >> 4) & ((1 << wide) - 1));
        var packed = (int)((head >> (4 + wide)) & ((1 << wide) - 1));
        if (unpacked > _literals.Length)
            throw Damaged();
        var codes = block.Slice(used, packed);
        used += packed;
        if (kind == 2)
        {
            _huffman = HuffmanTable.Read(codes, out var size);
            codes = codes[size..];
        }

        Decode(_huffman ?? throw Damaged(), codes, _literals.AsSpan(0, unpacked), format == 0 ? 1 : 4);
        return unpacked;
    }

    private static void Decode(HuffmanTable huffman, ReadOnlySpan<byte> codes, Span<byte> target, int streams)
    {
        if (streams == 1)
        {
            huffman.Decode(codes, target);
            return;
        }

        var (a, b, c) = (codes[0] + (codes[1] << 8), codes[2] + (codes[3] << 8), codes[4] + (codes[5] << 8));
        codes = codes[6..];
        var quarter = (target.Length + 3) / 4;
        huffman.Decode(codes[..a], target[..quarter]);
        huffman.Decode(codes.Slice(a, b), target.Slice(quarter, quarter));
        huffman.Decode(codes.Slice(a + b, c), target.Slice(2 * quarter, quarter));
        huffman.Decode(codes[(a + b + c)..], target[(3 * quarter)..]);
    }

    private static InvalidDataException Damaged() => new("it is damaged.");
}
