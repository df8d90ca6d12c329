using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Training.Boosting;

/// <summary>For each feature and bin the sum of the rows' derivatives: the only loop over all rows and features, where training's time
/// goes.</summary>
internal sealed unsafe class Histogram
{
    /// <summary>Cells of one feature: 256 bins of two 64-bit sums.</summary>
    public const int Cells = 512;

    private const int BlockCells = Cells * BinnedMatrix.Width;
    private const int Ahead = 24;

    private readonly long[] _cells;
    private readonly long* _start;

    public Histogram(int blocks)
    {
        _cells = GC.AllocateUninitializedArray<long>((blocks * BlockCells) + 8, pinned: true);
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_cells));
        _start = (long*)((address + 63) & ~63);
    }

    /// <summary>Bin b of the feature: the sum of gradients at 2b, of hessians with the count at 2b + 1. Valid while the histogram is
    /// alive.</summary>
    public long* Feature(int feature) => _start + ((long)feature * Cells);

    /// <summary>Sums one block of features over some rows.</summary>
    /// <param name="rows">The rows, or null for the rows from 0 on.</param>
    /// <param name="pairs">The derivatives of these rows, in the same order.</param>
    /// <param name="countBits">See <see cref="Gradients"/>.</param>
    public void Sum(BinnedMatrix matrix, int block, int* rows, long* pairs, int count, int countBits)
    {
        var cells = (byte*)(_start + ((long)block * BlockCells));
        Clear(matrix, block);
        if (rows == null)
            SumAll(matrix.Block(block), pairs, count, countBits, cells);
        else
            SumSome(matrix.Block(block), rows, pairs, count, countBits, cells);
    }

    /// <summary>Turns the parent's sums of a block into the sibling's: exact, because all sums are whole numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Subtract(Histogram child, BinnedMatrix matrix, int block)
    {
        for (var feature = block * BinnedMatrix.Width; feature < matrix.EndOf(block); feature++)
        {
            var mine = Feature(feature);
            var other = child.Feature(feature);
            for (var i = 0; i < 2 * (matrix.Cuts[feature].Length + 1); i += 2)
                (Vector128.Load(mine + i) - Vector128.Load(other + i)).Store(mine + i);
            const int Missing = 2 * BinnedMatrix.Missing;
            (Vector128.Load(mine + Missing) - Vector128.Load(other + Missing)).Store(mine + Missing);
        }
    }

    private void Clear(BinnedMatrix matrix, int block)
    {
        for (var feature = block * BinnedMatrix.Width; feature < matrix.EndOf(block); feature++)
        {
            var cells = Feature(feature);
            new Span<long>(cells, 2 * (matrix.Cuts[feature].Length + 1)).Clear();
            new Span<long>(cells + (2 * BinnedMatrix.Missing), 2).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumAll(byte* bins, long* pairs, int count, int countBits, byte* cells)
    {
        for (var i = 0; i < count; i++)
            Add(bins + ((long)i * BinnedMatrix.Width), pairs[i], countBits, cells);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumSome(byte* bins, int* rows, long* pairs, int count, int countBits, byte* cells)
    {
        var i = 0;
        for (; i < count - Ahead; i++)
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(bins + ((long)rows[i + Ahead] * BinnedMatrix.Width));
            Add(bins + ((long)rows[i] * BinnedMatrix.Width), pairs[i], countBits, cells);
        }

        for (; i < count; i++)
            Add(bins + ((long)rows[i] * BinnedMatrix.Width), pairs[i], countBits, cells);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(byte* row, long pair, int countBits, byte* cells)
    {
        var value = Vector128.Create((int)pair, ((pair >> 32) << countBits) + 1);
        var low = *(ulong*)row;
        var high = *(ulong*)(row + 8);
        // A cell is 16 bytes and a feature 4096: bin * 16 is the byte's place in the word, shifted to bit 4.
        Cell(cells, (low << 4) & 0xFF0, value);
        Cell(cells + 0x1000, (low >> 4) & 0xFF0, value);
        Cell(cells + 0x2000, (low >> 12) & 0xFF0, value);
        Cell(cells + 0x3000, (low >> 20) & 0xFF0, value);
        Cell(cells + 0x4000, (low >> 28) & 0xFF0, value);
        Cell(cells + 0x5000, (low >> 36) & 0xFF0, value);
        Cell(cells + 0x6000, (low >> 44) & 0xFF0, value);
        Cell(cells + 0x7000, (low >> 52) & 0xFF0, value);
        Cell(cells + 0x8000, (high << 4) & 0xFF0, value);
        Cell(cells + 0x9000, (high >> 4) & 0xFF0, value);
        Cell(cells + 0xA000, (high >> 12) & 0xFF0, value);
        Cell(cells + 0xB000, (high >> 20) & 0xFF0, value);
        Cell(cells + 0xC000, (high >> 28) & 0xFF0, value);
        Cell(cells + 0xD000, (high >> 36) & 0xFF0, value);
        Cell(cells + 0xE000, (high >> 44) & 0xFF0, value);
        Cell(cells + 0xF000, (high >> 52) & 0xFF0, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Cell(byte* cells, ulong offset, Vector128<long> value)
    {
        var cell = (long*)(cells + offset);
        (Vector128.Load(cell) + value).Store(cell);
    }
}
