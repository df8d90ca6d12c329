using System.Buffers.Binary;

namespace Millrace.Serving.Predictions;

/// <summary>A 64-bit hash of bytes, to tell whether two rows have the same inputs and to find an id again. Equal bytes, equal hash, on
/// every machine.</summary>
/// <remarks>
/// Folded multiplication: state = fold((state xor word) * M), fold = high xor low half of the 128-bit product. Not made against someone
/// who looks for collisions: such a client would only get its own earlier answer.
/// </remarks>
internal static class RowHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
    private const ulong Second = 0xD6E8_FEB8_6659_FD93;

    /// <summary>A state to begin with.</summary>
    public const ulong Seed = 0x2545_F491_4F6C_DD1D;

    public static ulong Add(ulong state, ulong word)
    {
        var high = Math.BigMul(state ^ word, Multiplier, out var low);
        return high ^ low ^ (state * Second);
    }

    public static ulong Add(ulong state, ReadOnlySpan<byte> bytes)
    {
        state = Add(state, (ulong)bytes.Length);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            state = Add(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        var last = 0UL;
        for (var i = 0; i < bytes.Length; i++)
            last |= (ulong)bytes[i] << (8 * i);
        return Add(state, last);
    }

    /// <summary>128 bits, to stand for an id.</summary>
    public static UInt128 OfId(ReadOnlySpan<byte> id) => new(Add(Seed, id), Add(~Seed, id));

    /// <summary>One hash a row over all inputs in their order; NaN is one value, and so is a missing text.</summary>
    public static ulong[] OfRows(IReadOnlyList<TensorData> inputs, int rows)
    {
        var hashes = new ulong[rows];
        Array.Fill(hashes, Seed);
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            for (var row = 0; row < rows; row++)
                hashes[row] = input.Spec.Type == TensorType.Bytes ? Texts(hashes[row], input, row) : Add(hashes[row], input.RowBytes(row));
        }

        return hashes;
    }

    private static ulong Texts(ulong state, TensorData input, int row)
    {
        for (var i = row * input.Spec.Width; i < (row + 1) * input.Spec.Width; i++)
            state = input.IsMissing(i) ? Add(state, ulong.MaxValue) : Add(state, input.Text(i));
        return state;
    }
}
