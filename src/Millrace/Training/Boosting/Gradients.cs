using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Millrace.Training.Boosting;

/// <summary>Each row's derivatives as whole numbers, so that their sums are exact and independent of order.</summary>
/// <remarks>
/// A row is a pair of 32-bit numbers: the gradient low, the hessian high, each scaled by a power of two that its greatest value allows.
/// A sum over rows is a pair of 64-bit numbers: the gradients', and the hessians' shifted left by <see cref="CountBits"/> with the
/// number of rows below. Both parts of the second stay exact under addition and subtraction, because the count never reaches the shift.
/// </remarks>
internal sealed class Gradients
{
    /// <summary>The most rows: beyond, too few bits are left for the hessian.</summary>
    public const int MostRows = 1 << 27;

    private readonly double[] _gradients;
    private readonly double[] _hessians;
    private readonly Loss _loss;
    private readonly int _threads;

    public Gradients(Loss loss, int rows, int threads)
    {
        (_loss, _threads) = (loss, threads);
        CountBits = 32 - BitOperations.LeadingZeroCount((uint)rows);
        _gradients = new double[rows];
        _hessians = loss.HasUnitHessian ? [] : new double[rows];
        Pairs = new long[rows];
    }

    /// <summary>The bits of the count of rows in a sum.</summary>
    public int CountBits { get; }

    /// <summary>Gradient units in 1.</summary>
    public double GradientScale { get; private set; }

    /// <summary>Hessian units in 1.</summary>
    public double HessianScale { get; private set; }

    /// <summary>One a row.</summary>
    public long[] Pairs { get; }

    /// <summary>Derives and scales all rows.</summary>
    /// <returns>False when every gradient is zero: nothing is left to learn.</returns>
    public bool Compute(double[] x, double[] labels)
    {
        var rows = Pairs.Length;
        var (most, mostHessian) = (0.0, 0.0);
        var gate = new Lock();
        Work.OverRows(_threads, rows, (from, to) =>
        {
            var hessians = _hessians.Length == 0 ? [] : _hessians.AsSpan(from..to);
            _loss.Derive(x.AsSpan(from..to), labels.AsSpan(from..to), _gradients.AsSpan(from..to), hessians);
            var (g, h) = (Greatest(_gradients.AsSpan(from..to)), Greatest(hessians));
            lock (gate)
                (most, mostHessian) = (Math.Max(most, g), Math.Max(mostHessian, h));
        });
        // Below this a power of two that scales to 2^30 is no longer a double; and nobody would see the difference.
        if (most < 1e-250)
            return false;

        // The greatest gradient becomes a number below 2^30; hessians take what the count leaves of 62 bits, at most 24.
        GradientScale = Math.ScaleB(1, 29 - Math.ILogB(most));
        var hessianBits = Math.Min(24, 62 - (2 * CountBits));
        HessianScale = _hessians.Length == 0 ? 1 : Math.ScaleB(1, hessianBits - 1 - Math.ILogB(Math.Max(mostHessian, 1e-250)));
        Work.OverRows(_threads, rows, Quantise);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Greatest(ReadOnlySpan<double> values)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var most = Vector256<double>.Zero;
        var i = 0;
        for (; i <= values.Length - 4; i += 4)
            most = Vector256.Max(most, Vector256.Abs(Vector256.LoadUnsafe(ref first, (nuint)i)));
        var greatest = Math.Max(Math.Max(most[0], most[1]), Math.Max(most[2], most[3]));
        for (; i < values.Length; i++)
            greatest = Math.Max(greatest, Math.Abs(values[i]));
        return greatest;
    }

    /// <summary>Rounds to the nearest whole number, halves to even: adding a large double leaves the number in its lowest bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Quantise(int from, int to)
    {
        const double Shifter = 6755399441055744.0;
        var shifter = Vector256.Create(Shifter);
        var low = Vector256.Create(0xFFFF_FFFFL);
        ref var gradients = ref MemoryMarshal.GetArrayDataReference(_gradients);
        ref var hessians = ref MemoryMarshal.GetArrayDataReference(_hessians);
        ref var pairs = ref MemoryMarshal.GetArrayDataReference(Pairs);
        var hasHessian = _hessians.Length > 0;
        var i = from;
        for (; i <= to - 4; i += 4)
        {
            var g = ((Vector256.LoadUnsafe(ref gradients, (nuint)i) * GradientScale) + shifter).AsInt64() & low;
            var h = hasHessian
                ? ((Vector256.LoadUnsafe(ref hessians, (nuint)i) * HessianScale) + shifter).AsInt64() << 32
                : Vector256.Create(1L << 32);
            (g | h).StoreUnsafe(ref pairs, (nuint)i);
        }

        for (; i < to; i++)
        {
            var h = hasHessian ? BitConverter.DoubleToInt64Bits((_hessians[i] * HessianScale) + Shifter) : 1;
            Pairs[i] = (h << 32) | (uint)BitConverter.DoubleToInt64Bits((_gradients[i] * GradientScale) + Shifter);
        }
    }
}
