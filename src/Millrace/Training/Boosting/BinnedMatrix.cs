using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Training.Boosting;

/// <summary>All features of the training rows as bin numbers, one byte each, laid out for building histograms.</summary>
/// <remarks>
/// Features stand in blocks of <see cref="Width"/>; a block is row-major, so that one row of a block is one load of sixteen bytes. Bin
/// 255 is a missing value. The features that fill up the last block are never looked at.
/// </remarks>
internal sealed unsafe class BinnedMatrix
{
    /// <summary>Features in a block.</summary>
    public const int Width = 16;

    /// <summary>The bin of a missing value.</summary>
    public const int Missing = 255;

    private readonly byte[] _bytes;
    private readonly byte* _start;
    private readonly byte[] _columns;

    private BinnedMatrix(int rows, int features)
    {
        (Rows, Features, Blocks) = (rows, features, (features + Width - 1) / Width);
        Cuts = new float[features][];
        _bytes = GC.AllocateUninitializedArray<byte>(checked((int)((long)rows * Blocks * Width) + 64), pinned: true);
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));
        _start = (byte*)((address + 63) & ~63);
        _columns = GC.AllocateUninitializedArray<byte>(rows * features, pinned: true);
    }

    public int Rows { get; }

    public int Features { get; }

    public int Blocks { get; }

    /// <summary>Per feature the upper borders of its bins but the last.</summary>
    public float[][] Cuts { get; }

    /// <summary>The first byte of a block: row r, feature f of the block lies at r * Width + f. Valid while the matrix is
    /// alive.</summary>
    public byte* Block(int block) => _start + ((long)block * Rows * Width);

    /// <summary>The bins of one feature, row by row. Valid while the matrix is alive.</summary>
    public byte* Column(int feature) =>
        (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_columns)) + ((long)feature * Rows);

    /// <summary>The bin of a row.</summary>
    public int Bin(int feature, int row) => _columns[((long)feature * Rows) + row];

    /// <summary>One after the last feature of a block; its first one is <c>block * Width</c>.</summary>
    public int EndOf(int block) => Math.Min(Features, (block + 1) * Width);

    /// <summary>Bins the features, several at a time.</summary>
    /// <param name="fill">Writes the prepared values of a feature for all rows.</param>
    public static BinnedMatrix Build(int rows, int features, int bins, int threads, Action<int, float[]> fill)
    {
        if ((long)rows * ((features + Width - 1) / Width) * Width > int.MaxValue - 128)
            throw new TrainingException(FormattableString.Invariant(
                $"{rows} rows of {features} features do not fit: boosted trees take up to 2 billion values, ")
                + "features counted in sixteens. Train on fewer rows or features.");
        var matrix = new BinnedMatrix(rows, features);
        Work.For(threads, features, f =>
        {
            var values = new float[rows];
            fill(f, values);
            matrix.Cuts[f] = BinCuts.Find(values, bins);
            matrix.Write(f, values);
        });
        return matrix;
    }

    /// <summary>A number whose order is the order of the floats; the two zeros are one.</summary>
    private static int Key(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value + 0f);
        return bits ^ (int)((uint)(bits >> 31) >> 1);
    }

    /// <summary>1 when the border is below the value, else 0, without a branch: which way it goes is as good as random.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IsBelow(int border, int value) => (int)((ulong)((long)border - value) >> 63);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(int feature, float[] values)
    {
        // 256 borders, the last ones above all: eight halvings find the first border that is not below the value.
        var borders = stackalloc int[256];
        new Span<int>(borders, 256).Fill(int.MaxValue);
        for (var i = 0; i < Cuts[feature].Length; i++)
            borders[i] = Key(Cuts[feature][i]);
        var target = Block(feature / Width) + (feature % Width);
        var column = Column(feature);
        for (var i = 0; i < values.Length; i++)
        {
            var v = Key(values[i]);
            var bin = IsBelow(borders[127], v) << 7;
            bin += IsBelow(borders[bin + 63], v) << 6;
            bin += IsBelow(borders[bin + 31], v) << 5;
            bin += IsBelow(borders[bin + 15], v) << 4;
            bin += IsBelow(borders[bin + 7], v) << 3;
            bin += IsBelow(borders[bin + 3], v) << 2;
            bin += IsBelow(borders[bin + 1], v) << 1;
            bin += IsBelow(borders[bin], v);
            if (float.IsNaN(values[i]))
                bin = Missing;
            target[(long)i * Width] = (byte)bin;
            column[i] = (byte)bin;
        }
    }
}
