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

    private BinnedMatrix(int rows, int features)
    {
        (Rows, Features, Blocks) = (rows, features, (features + Width - 1) / Width);
        Cuts = new float[features][];
        _bytes = GC.AllocateUninitializedArray<byte>(checked((int)((long)rows * Blocks * Width) + 64), pinned: true);
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));
        _start = (byte*)((address + 63) & ~63);
    }

    public int Rows { get; }

    public int Features { get; }

    public int Blocks { get; }

    /// <summary>Per feature the upper borders of its bins but the last.</summary>
    public float[][] Cuts { get; }

    /// <summary>The first byte of a block: row r, feature f of the block lies at r * Width + f. Valid while the matrix is
    /// alive.</summary>
    public byte* Block(int block) => _start + ((long)block * Rows * Width);

    /// <summary>The bin of a row.</summary>
    public int Bin(int feature, int row) => Block(feature / Width)[((long)row * Width) + (feature % Width)];

    /// <summary>One after the last feature of a block; its first one is <c>block * Width</c>.</summary>
    public int EndOf(int block) => Math.Min(Features, (block + 1) * Width);

    /// <summary>Bins the features, several at a time.</summary>
    /// <param name="fill">Writes the prepared values of a feature for all rows.</param>
    public static BinnedMatrix Build(int rows, int features, int bins, int threads, Action<int, float[]> fill)
    {
        if ((long)rows * ((features + Width - 1) / Width) * Width > int.MaxValue - 128)
            throw new TrainingException(FormattableString.Invariant(
                $"{rows} rows of {features} features do not fit: boosted trees take up to 2 billion values, features counted in sixteens. ")
                + "Train on fewer rows or features.");
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(int feature, float[] values)
    {
        // 256 borders, the last ones infinite: eight halvings find the first border that is not below the value.
        var borders = new float[256];
        borders.AsSpan().Fill(float.PositiveInfinity);
        Cuts[feature].CopyTo(borders, 0);
        var target = Block(feature / Width) + (feature % Width);
        fixed (float* cuts = borders)
        {
            for (var i = 0; i < values.Length; i++)
            {
                var v = values[i];
                var bin = 0;
                bin += cuts[bin + 127] < v ? 128 : 0;
                bin += cuts[bin + 63] < v ? 64 : 0;
                bin += cuts[bin + 31] < v ? 32 : 0;
                bin += cuts[bin + 15] < v ? 16 : 0;
                bin += cuts[bin + 7] < v ? 8 : 0;
                bin += cuts[bin + 3] < v ? 4 : 0;
                bin += cuts[bin + 1] < v ? 2 : 0;
                bin += cuts[bin] < v ? 1 : 0;
                target[(long)i * Width] = (byte)(float.IsNaN(v) ? Missing : bin);
            }
        }
    }
}
