using System.Runtime.Intrinsics;

namespace Millrace.Statistics;

/// <summary>The elementary functions that training and scoring compute with: equal bits on every processor and for every number of
/// threads.</summary>
/// <remarks>
/// The platform's own exponential and logarithm differ between C libraries by the last bit, and one bit is enough to move a split.
/// These here use only IEEE additions, multiplications, divisions and bit shifts, in one fixed order, never a fused one.
/// </remarks>
internal static class Numbers
{
    // e^x = 2^k * e^r with |r|
    // <= ln(2)/2: Cody and Waite, Software Manual for the Elementary Functions, 1980. ln(2) is split in two so that k * High is exact.
    private const double Log2E = 1.4426950408889634;
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double Shifter = 6755399441055744.0;

    /// <summary>e^x with a relative error below 4e-16; x is held within [-700, 700].</summary>
    public static double Exp(double x)
    {
        x = Math.Min(Math.Max(x, -700), 700);
        var shifted = (x * Log2E) + Shifter;
        var k = shifted - Shifter;
        var r = (x - (k * Ln2High)) - (k * Ln2Low);
        var p = Polynomial(r);
        return p * BitConverter.Int64BitsToDouble(((BitConverter.DoubleToInt64Bits(shifted) & 0x1FFF) + 1023 << 52) & 0x7FF0000000000000);
    }

    /// <summary>The natural logarithm of a positive finite number.</summary>
    /// <remarks>x = 2^e * m with m in [sqrt(1/2), sqrt(2)), ln m = 2 atanh((m - 1) / (m + 1)) as a series in the odd powers.</remarks>
    public static double Log(double x)
    {
        var e = 0;
        if (x < 2.2250738585072014e-308)
            (x, e) = (x * 18014398509481984.0, -54);
        var bits = BitConverter.DoubleToInt64Bits(x);
        e += (int)(bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m > 1.4142135623730951)
            (m, e) = (m / 2, e + 1);
        var f = (m - 1) / (m + 1);
        var s = f * f;
        var series = 0.0;
        for (var i = 23; i >= 3; i -= 2)
            series = (series + (1.0 / i)) * s;
        return (e * Ln2High) + ((2 * f) + (2 * f * series) + (e * Ln2Low));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Exp(-x));

    /// <summary>Four of <see cref="Sigmoid(double)"/> at once, the same bits.</summary>
    public static Vector256<double> Sigmoid(Vector256<double> x)
    {
        x = Vector256.Min(Vector256.Max(-x, Vector256.Create(-700.0)), Vector256.Create(700.0));
        var shifted = (x * Log2E) + Vector256.Create(Shifter);
        var k = shifted - Vector256.Create(Shifter);
        var r = (x - (k * Ln2High)) - (k * Ln2Low);
        var p = Polynomial(r);
        var power = ((shifted.AsInt64() & Vector256.Create(0x1FFFL)) + Vector256.Create(1023L)) << 52;
        var exp = p * (power & Vector256.Create(0x7FF0000000000000L)).AsDouble();
        return Vector256<double>.One / (Vector256<double>.One + exp);
    }

    /// <summary>log(1 + e^x) without overflow.</summary>
    public static double SoftPlus(double x) => x > 0 ? x + Log(1 + Exp(-x)) : Log(1 + Exp(x));

    // The Taylor series to the 13th power: its remainder at ln(2)/2 is 4e-18 of the value.
    private static double Polynomial(double r)
    {
        var p = 1.0 / 6227020800;
        p = (p * r) + (1.0 / 479001600);
        p = (p * r) + (1.0 / 39916800);
        p = (p * r) + (1.0 / 3628800);
        p = (p * r) + (1.0 / 362880);
        p = (p * r) + (1.0 / 40320);
        p = (p * r) + (1.0 / 5040);
        p = (p * r) + (1.0 / 720);
        p = (p * r) + (1.0 / 120);
        p = (p * r) + (1.0 / 24);
        p = (p * r) + (1.0 / 6);
        p = (p * r) + 0.5;
        p = (p * r) + 1.0;
        return (p * r) + 1.0;
    }

    private static Vector256<double> Polynomial(Vector256<double> r)
    {
        var p = Vector256.Create(1.0 / 6227020800);
        p = (p * r) + Vector256.Create(1.0 / 479001600);
        p = (p * r) + Vector256.Create(1.0 / 39916800);
        p = (p * r) + Vector256.Create(1.0 / 3628800);
        p = (p * r) + Vector256.Create(1.0 / 362880);
        p = (p * r) + Vector256.Create(1.0 / 40320);
        p = (p * r) + Vector256.Create(1.0 / 5040);
        p = (p * r) + Vector256.Create(1.0 / 720);
        p = (p * r) + Vector256.Create(1.0 / 120);
        p = (p * r) + Vector256.Create(1.0 / 24);
        p = (p * r) + Vector256.Create(1.0 / 6);
        p = (p * r) + Vector256.Create(0.5);
        p = (p * r) + Vector256<double>.One;
        return (p * r) + Vector256<double>.One;
    }
}
