namespace Millrace.Statistics;

/// <summary>The few functions that distributions need, to about twelve digits.</summary>
internal static class SpecialFunctions
{
    /// <summary>
    /// The natural logarithm of the gamma function, for x &gt; 0, by Stirling's series above 10 and the recurrence below.
    /// </summary>
    public static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
            shift += Math.Log(x);
        var square = 1 / (x * x);
        var series = 0.0;
        foreach (var coefficient in (ReadOnlySpan<double>)[-691.0 / 360360, 1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360])
            series = (series + coefficient) * square;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + ((series + (1.0 / 12)) / x) - shift;
    }

    /// <summary>The upper regularised incomplete gamma function Q(a, x), for a &gt; 0 and x at least 0.</summary>
    /// <remarks>The series of the lower one where x &lt; a + 1, else the continued fraction by Lentz's method.</remarks>
    public static double GammaQ(double a, double x)
    {
        if (x <= 0)
            return 1;
        if (double.IsPositiveInfinity(x))
            return 0;
        var factor = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        return x < a + 1 ? 1 - (factor * Series(a, x)) : factor * Fraction(a, x);
    }

    /// <summary>The chance that a standard normal value lies further from 0 than <paramref name="z"/>.</summary>
    public static double NormalTwoSided(double z) => GammaQ(0.5, z * z / 2);

    /// <summary>The z with <see cref="NormalTwoSided"/>(z) = <paramref name="chance"/>, by halving; 1.96 for 0.05.</summary>
    public static double NormalQuantileTwoSided(double chance)
    {
        var (low, high) = (0.0, 40.0);
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            if (NormalTwoSided(middle) > chance)
                low = middle;
            else
                high = middle;
        }

        return (low + high) / 2;
    }

    private static double Series(double a, double x)
    {
        var term = 1 / a;
        var sum = term;
        for (var n = 1; n < 10_000 && term > sum * 1e-16; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return sum;
    }

    private static double Fraction(double a, double x)
    {
        const double Tiny = 1e-300;
        var b = x + 1 - a;
        var c = 1 / Tiny;
        var d = 1 / b;
        var result = d;
        for (var n = 1; n < 10_000; n++)
        {
            var factor = -n * (n - a);
            b += 2;
            d = (factor * d) + b;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = b + (factor / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            result *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-16)
                break;
        }

        return result;
    }
}
